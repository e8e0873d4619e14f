"""An import that is killed in the middle and run again loses nothing and doubles nothing."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from matcher.accounts.model import Organisation
from matcher.app import Platform
from matcher.core.outbox import OutboxRow
from matcher.core.people import SYSTEM
from matcher.exchange.importing import check_list, save_list
from matcher.exchange.verdict import Action
from matcher.needs.model import Need, NeedIndicator, NeedVersion
from tests import factories
from tests.databases import ROOT
from tests.factories import need_answers

ROWS = 600
#: The import, as the command line runs it; each batch is told, so that the test knows when to kill.
PROGRAM = """
import sys
from pathlib import Path
from matcher.app import open_platform
from matcher.core.people import SYSTEM
from matcher.exchange.importing import check_list, save_list

platform, file = open_platform(), Path(sys.argv[1])
uow = platform.uow()
verdict = check_list(uow, SYSTEM, "needs", file.name, file.read_bytes(), max_rows=5000)
uow.close()
save_list(platform.uow, SYSTEM, verdict, lambda done, total: print(done, flush=True))
"""


def records() -> list[dict[str, Any]]:
    owners = [
        {"name": f"企业{n}", "kind": "enterprise", "uscc": factories.code(700_000 + n), "region": "510107"}
        for n in range(20)
    ]
    # Half of them without own numbers: these are found again by their titles.
    return [
        need_answers(ref=str(n) if n % 2 else None, title=f"需求 {n}") | {"organisation": owners[n % len(owners)]}
        for n in range(ROWS)
    ]


def kill_after(batches: int, file: Path, platform: Platform) -> None:
    """Run the import in a process of its own and kill it while it writes the batch after `batches`."""
    environment = os.environ | {"MATCHER_DATA": str(platform.settings.data), "DATABASE_URL": platform.settings.url}
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(file)], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for _ in range(batches + 1):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def counts(platform: Platform) -> dict[str, int]:
    with platform.sessions() as session:
        tables = (Need, NeedIndicator, NeedVersion, Organisation, OutboxRow)
        return {t.__tablename__: session.scalar(select(func.count()).select_from(t)) or 0 for t in tables}


def test_an_import_killed_again_and_again_ends_as_if_it_had_run_once(
    platform: Platform, tmp_path: Path, uow: Any
) -> None:
    file = tmp_path / "list.jsonl"
    file.write_text("\n".join(json.dumps(record) for record in records()), "utf-8")
    for batches in (1, 1, 2):
        kill_after(batches, file, platform)
        found = counts(platform)
        assert 0 < found["needs"] < ROWS, "it was killed in the middle"
        assert found["needs"] == found["need_versions"] == found["outbox"], "what is there is there whole"
        assert found["need_indicators"] == 2 * found["needs"]
    second = check_list(uow, SYSTEM, "needs", file.name, file.read_bytes(), max_rows=5000)
    assert not second.has_problems
    assert second.count(Action.UNCHANGED) == counts(platform)["needs"]
    save_list(platform.uow, SYSTEM, second)
    whole = {"needs": ROWS, "need_indicators": 2 * ROWS, "need_versions": ROWS, "organisations": 20, "outbox": ROWS}
    assert counts(platform) == whole
    with platform.sessions() as session:
        assert set(session.scalars(select(Need.title))) == {f"需求 {n}" for n in range(ROWS)}
