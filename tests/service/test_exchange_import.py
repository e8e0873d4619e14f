"""A list gets a verdict on every row before anything is saved; then the good rows are saved once, whatever happens."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from matcher.accounts.model import Organisation
from matcher.app import Platform
from matcher.core.audit import AuditRow
from matcher.core.errors import InvalidInput, NotAllowed
from matcher.core.people import SYSTEM, Actor
from matcher.core.unit_of_work import UnitOfWork
from matcher.exchange.importing import check_list, save_list
from matcher.exchange.verdict import Action, ListVerdict, RowVerdict
from matcher.matching.own import OwnFilter, own_items
from matcher.needs import service as needs
from matcher.needs.model import Need, NeedState
from matcher.offers.model import Offer
from tests import factories
from tests.conftest import Actors, MovableClock
from tests.factories import NeedFactory, OrganisationFactory, day, need_answers, offer_answers

NEW_OWNER = {
    "name": "蓉城新材料有限公司",
    "kind": "企业",
    "uscc": factories.code(900_000),
    "region": "510107 武侯区",
    "contact_phone": "028-8555-0101",
}


@pytest.fixture
def open_uow(platform: Platform, clock: MovableClock) -> Callable[[], UnitOfWork]:
    return lambda: UnitOfWork(platform.sessions, clock=clock)


def lines(*records: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records).encode()


def check(uow: UnitOfWork, actor: Actor, *records: dict[str, Any], what: str = "needs") -> ListVerdict:
    return check_list(uow, actor, what, "list.jsonl", lines(*records), max_rows=5000)


def need(owner: Any = None, **changes: Any) -> dict[str, Any]:
    """Return one record of a list; `owner` is an organisation's name or what is known of it."""
    record = need_answers(**changes)
    if owner is not None:
        record["organisation"] = {"name": owner} if isinstance(owner, str) else owner
    return record


def told(row: RowVerdict) -> str:
    return " ".join(f"{problem.column.zh}: {problem.message.zh}" for problem in row.problems)


def count(uow: UnitOfWork, model: Any) -> int:
    return uow.session.scalar(select(func.count()).select_from(model)) or 0


def mine(uow: UnitOfWork, actor: Actor) -> list[Any]:
    return [row.item for row in own_items(uow, actor, Need, OwnFilter()).rows]


def test_an_enterprise_imports_its_own_needs_which_then_wait_for_the_desk(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    verdict = check(uow, actors.enterprise, need(ref="1"), need(ref="2", title="另一条需求"))
    assert [row.action for row in verdict.rows] == [Action.NEW, Action.NEW]
    assert count(uow, Need) == 0
    progress: list[tuple[int, int]] = []
    saved = save_list(open_uow, actors.enterprise, verdict, lambda done, total: progress.append((done, total)))
    found = mine(uow, actors.enterprise)
    assert {one.state for one in found} == {NeedState.SUBMITTED}
    assert {row.item_id for row in saved.rows} == {one.id for one in found}
    assert progress[-1] == (2, 2)
    assert "新增 2" in saved.summary(saved=True).zh


def test_the_desk_publishes_at_once_and_creates_organisations_that_are_complete(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    known = OrganisationFactory(name="已知企业")
    uow.commit()
    before = count(uow, Organisation)
    verdict = check(
        uow,
        actors.desk,
        need({"name": NEW_OWNER["name"]}, ref="1"),  # described by a later row
        need(NEW_OWNER, ref="2"),
        need({"uscc": known.uscc}, ref="3"),
        need("已知企业", ref="4"),
        need("谁也不认识的企业", ref="5"),
        need("", ref="6"),
    )
    assert [row.action for row in verdict.rows] == [Action.NEW] * 4 + [Action.WRONG] * 2
    assert "没有机构“谁也不认识的企业”" in told(verdict.rows[4])
    assert "机构类型" in told(verdict.rows[4])
    saved = save_list(open_uow, actors.desk, ListVerdict.from_json(json.loads(json.dumps(verdict.to_json()))))
    assert saved.count(Action.NEW) == 4
    assert count(uow, Organisation) == before + 1
    assert set(uow.session.scalars(select(Need.state))) == {NeedState.PUBLISHED}
    owners = dict(uow.session.execute(select(Need.ref, Organisation.name).join(Organisation)).all())
    assert owners == {"1": NEW_OWNER["name"], "2": NEW_OWNER["name"], "3": "已知企业", "4": "已知企业"}


def test_an_organisation_of_china_is_not_created_without_its_code(uow: UnitOfWork, actors: Actors) -> None:
    verdict = check(uow, actors.desk, need({**NEW_OWNER, "uscc": ""}), need({**NEW_OWNER, "uscc": "123"}, ref="2"))
    assert "统一社会信用代码" in told(verdict.rows[0])
    assert "123" in told(verdict.rows[1])


def test_one_name_with_two_codes_must_be_told_apart(uow: UnitOfWork, actors: Actors) -> None:
    OrganisationFactory.create_batch(2, name="同名企业")
    uow.commit()
    verdict = check(uow, actors.desk, need("同名企业"))
    assert "多个机构" in told(verdict.rows[0])


def test_what_a_list_says_differently_of_a_known_organisation_is_told_and_left(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    known = OrganisationFactory(name="已知企业")
    uow.commit()
    verdict = check(uow, actors.desk, need({"name": "别名企业", "uscc": known.uscc, "region": "510700"}))
    warnings = " ".join(warning.message.zh for warning in verdict.rows[0].warnings)
    assert "已知企业" in warnings
    assert "行政区划" in warnings
    save_list(open_uow, actors.desk, verdict)
    uow.session.refresh(known)
    assert (known.name, known.region) == ("已知企业", "510107")


def test_an_enterprise_imports_for_nobody_else(uow: UnitOfWork, actors: Actors) -> None:
    own = uow.session.get_one(Organisation, actors.enterprise.organisation_id)
    other = uow.session.get_one(Organisation, actors.other_enterprise.organisation_id)
    verdict = check(
        uow,
        actors.enterprise,
        need(own.name, ref="1"),
        need(other.name, ref="2"),
        need({"uscc": other.uscc}, ref="3"),
    )
    assert [row.action for row in verdict.rows] == [Action.NEW, Action.WRONG, Action.WRONG]
    assert own.name in told(verdict.rows[1])


@pytest.mark.parametrize(
    ("role", "what"),
    [("university", "needs"), ("government", "offers"), ("admin", "needs"), ("admin", "offers"), ("visitor", "needs")],
)
def test_who_may_not_import_is_refused_before_the_file_is_looked_at(
    role: str, what: str, uow: UnitOfWork, actors: Actors
) -> None:
    with pytest.raises(NotAllowed):
        check_list(uow, getattr(actors, role), what, "a.xlsx", b"", max_rows=10)


def test_a_verdict_of_somebody_else_does_not_help(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    OrganisationFactory(name="已知企业")
    uow.commit()
    verdict = check(uow, actors.desk, need("已知企业"))
    with pytest.raises(NotAllowed):
        save_list(open_uow, actors.university, verdict)
    saved = save_list(open_uow, actors.enterprise, verdict)
    assert [row.action for row in saved.rows] == [Action.WRONG]
    assert count(uow, Need) == 0


def test_the_same_number_is_an_update_and_the_same_words_are_unchanged(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    save_list(open_uow, actors.enterprise, check(uow, actors.enterprise, need(ref="1"), need(ref="2", title="二")))
    second = check(uow, actors.enterprise, need(ref="1", budget="500"), need(ref="2", title="二"))
    assert [row.action for row in second.rows] == [Action.UPDATE, Action.UNCHANGED]
    save_list(open_uow, actors.enterprise, second)
    uow.session.expire_all()
    found = {one.ref: one for one in mine(uow, actors.enterprise)}
    assert len(found) == 2
    assert found["1"].budget == 5_000_000
    assert len(found["1"].versions) == 2
    assert len(found["2"].versions) == 1


def test_without_a_number_the_title_tells_which_item_is_meant(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    save_list(open_uow, actors.enterprise, check(uow, actors.enterprise, need(ref=None)))
    again = check(uow, actors.enterprise, need(ref=None), need(ref=None, title="另一条"))
    assert [row.action for row in again.rows] == [Action.UNCHANGED, Action.NEW]


def test_two_stored_items_of_one_title_must_be_told_apart(uow: UnitOfWork, actors: Actors) -> None:
    own = uow.session.get_one(Organisation, actors.enterprise.organisation_id)
    first, _ = NeedFactory.create_batch(2, organisation=own, title="同名需求", ref=None)
    uow.commit()
    verdict = check(uow, actors.enterprise, need(ref=None, title="同名需求"))
    assert "多个名为" in told(verdict.rows[0])
    numbered = need(ref=None, title="同名需求") | {"number": first.number}
    assert check(uow, actors.enterprise, numbered).rows[0].item_id == first.id


def test_columns_that_a_list_lacks_leave_what_is_stored(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    save_list(open_uow, actors.enterprise, check(uow, actors.enterprise, need(ref="1")))
    save_list(open_uow, actors.enterprise, check(uow, actors.enterprise, need(ref="1", budget=None, payment="")))
    found = mine(uow, actors.enterprise)[0]
    uow.session.refresh(found)
    assert (found.budget, found.payment) == (3_000_000, "")


def test_rows_that_mean_the_same_are_told_with_the_number_of_the_first(uow: UnitOfWork, actors: Actors) -> None:
    verdict = check(
        uow,
        actors.enterprise,
        need(ref="1"),
        need(ref="1", title="二"),
        need(ref=None, title="三"),
        need(ref=None, title="三"),
        need(ref="4", title="四"),
        need(ref="5", title="四"),
    )
    wrong = [row.number for row in verdict.rows if row.action is Action.WRONG]
    assert wrong == [2, 4]
    assert "第 1 行" in told(verdict.rows[1])
    assert "第 3 行" in told(verdict.rows[3])


def test_a_wrong_row_is_told_by_column_and_the_others_are_saved(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    verdict = check(
        uow,
        actors.enterprise,
        need(ref="1", title="一"),
        need(ref="2", title="二", valid_until="2020-01-01", deadline="昨天", budget="-5"),
        need(ref="3", title="三", disclosure="大概", tech_fields="炼金术", indicators="孔隙率 ≤ 0,5 %"),
        need(ref="4", title="四" * 81, difficulties=""),
        need(ref="5", title="五", background="长" * 100_000),
        need(ref="6", title="<script>alert(1)</script> 🛩️"),
    )
    assert [row.action for row in verdict.rows] == [Action.NEW, *[Action.WRONG] * 4, Action.NEW]
    for number, columns in {1: ["有效期至", "期望完成时限", "预期投入"], 2: ["公开方式", "技术领域", "主要技术指标"],
                            3: ["需求名称", "主要技术难点"], 4: ["背景与现状"]}.items():  # fmt: skip
        assert all(column in told(verdict.rows[number]) for column in columns)
    assert verdict.has_problems
    assert "有误 4" in verdict.summary(saved=False).zh
    saved = save_list(open_uow, actors.enterprise, verdict)
    assert saved.count(Action.NEW) == 2
    assert sorted(uow.session.scalars(select(Need.ref))) == ["1", "6"]


def solve(uow: UnitOfWork, actors: Actors) -> None:
    """Publish the only need of the enterprise, and mark it as solved."""
    found = mine(uow, actors.enterprise)[0]
    needs.publish(uow, actors.desk, found.id)
    needs.solve(uow, actors.enterprise, found.id)
    uow.commit()


def test_a_closed_item_is_not_changed_by_a_list(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    save_list(open_uow, actors.enterprise, check(uow, actors.enterprise, need(ref="1")))
    solve(uow, actors)
    assert check(uow, actors.enterprise, need(ref="1")).rows[0].action is Action.UNCHANGED
    changed = check(uow, actors.enterprise, need(ref="1", budget="1")).rows[0]
    assert "已解决" in told(changed)


def test_a_withdrawn_item_comes_back_only_with_a_warning(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    save_list(open_uow, actors.enterprise, check(uow, actors.enterprise, need(ref="1")))
    needs.withdraw(uow, actors.enterprise, mine(uow, actors.enterprise)[0].id)
    uow.commit()
    assert check(uow, actors.enterprise, need(ref="1")).rows[0].action is Action.UNCHANGED
    verdict = check(uow, actors.enterprise, need(ref="1", budget="1"))
    assert "已撤回" in verdict.rows[0].warnings[0].message.zh
    save_list(open_uow, actors.enterprise, verdict)
    uow.session.expire_all()
    assert mine(uow, actors.enterprise)[0].state is NeedState.SUBMITTED


def test_what_expired_since_it_was_written_is_unchanged(
    uow: UnitOfWork, actors: Actors, clock: MovableClock, open_uow: Callable[[], UnitOfWork]
) -> None:
    record = need(ref="1", valid_until=day(2).isoformat())
    save_list(open_uow, actors.enterprise, check(uow, actors.enterprise, record))
    clock.move(days=10)
    assert check(uow, actors.enterprise, record).rows[0].action is Action.UNCHANGED


def test_what_somebody_changed_between_verdict_and_saving_is_looked_at_again(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    save_list(open_uow, actors.enterprise, check(uow, actors.enterprise, need(ref="1")))
    late = check(uow, actors.enterprise, need(ref="1", budget="1"))
    solve(uow, actors)
    saved = save_list(open_uow, actors.enterprise, late)
    assert [row.action for row in saved.rows] == [Action.WRONG]
    assert "已解决" in told(saved.rows[0])


def test_one_verdict_saved_twice_doubles_nothing(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    verdict = check(uow, actors.desk, need(NEW_OWNER, ref="1"), need(NEW_OWNER, ref=None, title="没有编号"))
    save_list(open_uow, actors.desk, verdict)
    before = count(uow, Organisation)
    again = save_list(open_uow, actors.desk, verdict)
    assert {row.action for row in again.rows} == {Action.UNCHANGED}
    assert (count(uow, Need), count(uow, Organisation)) == (2, before)


def test_results_are_imported_with_indicators_rights_and_prices(
    uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]
) -> None:
    verdict = check(uow, actors.university, offer_answers(), offer_answers(ref="2", price_low="200"), what="offers")
    assert [row.action for row in verdict.rows] == [Action.NEW, Action.WRONG]
    assert "价格下限" in told(verdict.rows[1])
    save_list(open_uow, actors.university, verdict)
    offer = uow.session.scalars(select(Offer)).one()
    assert (offer.price_low, offer.ip_rows[0].number) == (800_000, "ZL202110000001.2")
    assert check(uow, actors.university, offer_answers(), what="offers").rows[0].action is Action.UNCHANGED


def test_an_import_is_in_the_audit_log(uow: UnitOfWork, actors: Actors, open_uow: Callable[[], UnitOfWork]) -> None:
    save_list(open_uow, actors.enterprise, check(uow, actors.enterprise, need()))
    row = uow.session.scalars(select(AuditRow).where(AuditRow.action == "need.import")).one()
    assert row.person_id == actors.enterprise.person_id
    assert row.detail["new"] == 1


def test_an_unknown_kind_of_list_is_refused(uow: UnitOfWork) -> None:
    with pytest.raises(InvalidInput):
        check_list(uow, SYSTEM, "people", "a.csv", b"x", max_rows=10)


def test_a_list_of_five_thousand_rows_is_checked_whole(uow: UnitOfWork, actors: Actors) -> None:
    owners = [{**NEW_OWNER, "name": f"企业{n}", "uscc": factories.code(800_000 + n)} for n in range(100)]
    records = [need(owners[n % 100], ref=str(n), background="现状" * 500) for n in range(5000)]
    verdict = check(uow, actors.desk, *records)
    assert verdict.count(Action.NEW) == 5000
