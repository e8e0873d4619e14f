"""What is exported can be imported and is unchanged; nobody gets a file with more than they may see."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from matcher.core.audit import AuditRow
from matcher.core.errors import InvalidInput, NotAllowed
from matcher.core.people import SYSTEM
from matcher.core.rows import IndicatorRow, IpRow
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange import exporting
from matcher.exchange.exporting import export
from matcher.exchange.importing import check_list, save_list
from matcher.exchange.verdict import Action
from matcher.matching.model import Verdict
from matcher.matching.review import decide
from matcher.needs.model import Need, NeedState
from tests.conftest import Actors, MovableClock
from tests.factories import NeedFactory, OfferFactory, OrganisationFactory, PairingFactory, day

ENDINGS = pytest.mark.parametrize("ending", [".xlsx", ".csv", ".jsonl"])
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])
FORMULA = "=HYPERLINK(\"http://example.org\")"  # fmt: skip


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Return the rows of an exported file by header."""
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    header, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return [dict(zip(header, row, strict=True)) for row in rows]


@pytest.fixture
def awkward(uow: UnitOfWork) -> None:
    """Write items with all that is hard to carry through a file."""
    owner = OrganisationFactory(
        name="=1+1 有限公司",
        registered_capital=Decimal("12345678901.23"),
        honours=["high_tech", "listed"],
        products="一\n二",
    )
    OrganisationFactory(name="甲；乙")
    common = {"organisation": owner, "keywords": ["a;b", "农、林", "[x]", "'=1", "@home"]}
    text = '  一行\n\n- 二行 _x0041_ "引号"; 😀\t末尾'.strip()
    NeedFactory(
        title="-2+3", ref="+1", background=text, budget=Decimal("0.01"), deadline=day(400), valid_until=day(-3),
        tech_fields=("aerospace", "safety"), emerging=["1", "9"], disclosure="targeted", targets=["甲；乙"],
        expected_trl="7", long_cooperation=["transfer"],
        indicators=(IndicatorRow("A ≤ 3; B", "pm", 0.1, 1e-7, "1/h"), IndicatorRow("外观", "text", None, None, "", "好：很好")),
        **common,
    )  # fmt: skip
    NeedFactory.create_batch(2, title="同名", ref=None, organisation=owner)
    NeedFactory(title="", ref=None, state=NeedState.DRAFT, difficulties="", budget=None, organisation=owner)
    OfferFactory(
        title=FORMULA, summary=text, price_low=Decimal("9999999999999.99"), price_high=None, industries=["A", "C37"],
        ipc=["B22F10/28", "C22C 1/04"], year=2024, language="ja", maturity="lab_scale",
        ip=(IpRow("pct", "PCT/CN2024/1; 2", "pending"), IpRow("invention", "已授权", "lapsed")), **common,
    )  # fmt: skip
    uow.commit()


@ENDINGS
@LANGUAGES
@pytest.mark.parametrize("what", ["needs", "offers"])
@pytest.mark.usefixtures("awkward")
def test_what_is_exported_is_unchanged_when_it_is_imported(
    what: str, ending: str, language: str, uow: UnitOfWork, actors: Actors, tmp_path: Path
) -> None:
    path = tmp_path / f"list{ending}"
    count = export(uow, actors.desk, what, path, language=language)
    verdict = check_list(uow, actors.desk, what, path.name, path.read_bytes(), max_rows=5000)
    assert count == len(verdict.rows) == (4 if what == "needs" else 1)
    assert [(row.action, row.problems, row.warnings) for row in verdict.rows] == [(Action.UNCHANGED, (), ())] * count
    assert verdict.warnings == ()


@ENDINGS
@pytest.mark.parametrize("what", ["needs", "offers"])
@pytest.mark.usefixtures("awkward")
def test_an_export_fills_an_empty_database_with_the_same(
    what: str, ending: str, uow: UnitOfWork, clock: MovableClock, tmp_path: Path, sqlite_databases: Any
) -> None:
    from matcher.core.db import make_engine, make_session_factory

    for need in uow.session.query(Need).filter(Need.title.in_(["", "同名"])):
        uow.session.delete(need)
    uow.session.query(Need).update({Need.valid_until: day(3)})
    uow.commit()
    path, again = tmp_path / f"list{ending}", tmp_path / f"again{ending}"
    export(uow, SYSTEM, what, path, language="zh")
    folder = tmp_path / "other"
    folder.mkdir()
    engine = make_engine(sqlite_databases.new(folder))
    sessions = make_session_factory(engine)
    other = UnitOfWork(sessions, clock=clock)
    verdict = check_list(other, SYSTEM, what, path.name, path.read_bytes(), max_rows=5000)
    assert [row.problems for row in verdict.rows] == [()]
    save_list(lambda: UnitOfWork(sessions, clock=clock), SYSTEM, verdict)
    export(other, SYSTEM, what, again, language="zh")
    other.close()
    engine.dispose()
    told = ("number", "平台编号", "published_at", "发布时间")
    before, after = ([{k: v for k, v in row.items() if k not in told} for row in rows_of(p)] for p in (path, again))
    assert before == after


@pytest.mark.usefixtures("awkward")
def test_no_cell_is_computed_by_a_spreadsheet(uow: UnitOfWork, actors: Actors, tmp_path: Path) -> None:
    export(uow, actors.desk, "offers", tmp_path / "a.csv", language="zh")
    assert rows_of(tmp_path / "a.csv")[0]["成果名称"] == "'" + FORMULA
    export(uow, actors.desk, "needs", tmp_path / "a.csv", language="zh")
    for row in rows_of(tmp_path / "a.csv"):
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())
    export(uow, actors.desk, "offers", tmp_path / "a.xlsx", language="zh")
    assert rows_of(tmp_path / "a.xlsx")[0]["成果名称"] == FORMULA, (
        "text, which is not computed: else there were no value"
    )


@pytest.mark.parametrize(
    ("role", "what"),
    [(r, w) for w in ("needs", "offers", "pairings") for r in ("enterprise", "university", "visitor")]
    + [("government", "pairings")],
)
def test_who_may_not_export_gets_no_file(role: str, what: str, uow: UnitOfWork, actors: Actors, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        export(uow, getattr(actors, role), what, tmp_path / "a.csv", language="zh")
    assert list(tmp_path.glob("a*")) == []


@pytest.fixture
def disclosed(uow: UnitOfWork) -> None:
    """Write a need of every disclosure, and one that is not published, with an owner whose contacts are known."""
    for disclosure in ("open", "redacted", "targeted", "closed"):
        owner = OrganisationFactory(
            name=f"{disclosure} 企业",
            contact_name="张三",
            contact_phone="13800138000",
            revenue=Decimal(1_000_000),
            staff=80,
        )
        NeedFactory(organisation=owner, title=f"{disclosure} 需求", disclosure=disclosure, payment="按节点")
    NeedFactory(title="草稿", state=NeedState.DRAFT)
    OfferFactory(title="未发布成果", state="draft")
    uow.commit()


@ENDINGS
@pytest.mark.parametrize("role", ["government", "admin"])
@pytest.mark.usefixtures("disclosed")
def test_government_and_administrators_get_what_is_disclosed_to_them(
    role: str, ending: str, uow: UnitOfWork, actors: Actors, tmp_path: Path
) -> None:
    path = tmp_path / f"a{ending}"
    count = export(uow, getattr(actors, role), "needs", path, language="zh")
    text = json.dumps(rows_of(path), ensure_ascii=False, default=str)
    assert count == 2
    assert "open 需求" in text
    for hidden in ("redacted 需求", "redacted 企业", "targeted", "closed", "草稿", "按节点"):
        assert hidden not in text
    assert ("张三" in text) == (role == "admin"), "contacts are for those who may have them"
    assert export(uow, getattr(actors, role), "offers", path, language="zh") == 0


@pytest.mark.usefixtures("disclosed")
def test_of_a_redacted_need_only_kind_industry_region_and_size_of_the_owner_are_told(
    uow: UnitOfWork, actors: Actors, tmp_path: Path
) -> None:
    export(uow, actors.admin, "needs", tmp_path / "a.jsonl", language="zh")
    redacted = next(row for row in rows_of(tmp_path / "a.jsonl") if row["disclosure"] == "redacted")
    assert set(redacted["organisation"]) == {"kind", "industry", "region", "staff"}
    assert redacted["organisation"]["staff"] == 80


@pytest.mark.usefixtures("disclosed")
def test_the_desk_gets_everything(uow: UnitOfWork, actors: Actors, tmp_path: Path) -> None:
    assert export(uow, actors.desk, "needs", tmp_path / "a.xlsx", language="zh") == 5
    assert "13800138000" in str(rows_of(tmp_path / "a.xlsx"))
    assert uow.session.query(AuditRow).filter_by(action="need.export").one().detail == {"count": 5}


@ENDINGS
@LANGUAGES
def test_pairings_are_exported_with_both_sides_and_the_last_decision(
    ending: str, language: str, uow: UnitOfWork, actors: Actors, tmp_path: Path
) -> None:
    pairing = PairingFactory(score=0.91234)
    PairingFactory(score=0.5, need=NeedFactory(disclosure="closed", title="保密需求"))
    uow.commit()
    decide(uow, actors.desk, pairing.id, Verdict.DECLINE, reason="too_early", note="=cmd")
    uow.commit()
    path = tmp_path / f"a{ending}"
    assert export(uow, actors.desk, "pairings", path, language=language) == 2
    first = list(rows_of(path)[0].values())
    assert first[:2] == [pairing.need.number, pairing.need.title]
    assert float(first[6]) == pytest.approx(0.9123)
    shown = {".jsonl": ["declined", "decline", "too_early"]}.get(
        ending, ["不合适", "不合适", "成熟度不足"] if language == "zh" else ["Declined", "Declined", "Too early"]
    )
    assert first[7:10] == shown
    assert export(uow, actors.admin, "pairings", path, language=language) == 1
    assert "保密需求" not in str(rows_of(path))


def test_a_failed_export_leaves_the_earlier_file_as_it_was(
    uow: UnitOfWork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    NeedFactory()
    uow.commit()
    path = tmp_path / "a.csv"
    path.write_text("earlier")

    def fail(*args: Any) -> Any:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(exporting, "cells_of", fail)
    with pytest.raises(RuntimeError):
        export(uow, SYSTEM, "needs", path, language="zh")
    assert path.read_text() == "earlier"
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith((".a", "a"))] == ["a.csv"]


@pytest.mark.parametrize("name", ["a.pdf", "a", "missing/a.csv"])
def test_a_file_that_cannot_be_written_is_refused(name: str, uow: UnitOfWork, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        export(uow, SYSTEM, "needs", tmp_path / name, language="zh")
