"""`make test` leaves no test out."""

from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_folder_of_tests_is_named_in_the_run() -> None:
    named = (ROOT / "tools" / "test.sh").read_text("utf-8").split()
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    tops = {"/".join(path.relative_to(ROOT).parts[:2]) for path in folders}
    assert len(tops) > 5
    assert {top for top in tops if top not in named} == set()
