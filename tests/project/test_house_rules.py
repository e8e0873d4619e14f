"""Rules of the house that no linter knows."""

import ast
import re

import pytest

from tests.databases import ROOT

CODE = [
    *sorted((ROOT / "matcher").rglob("*.py")),
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "tools").rglob("*.py")),
    ROOT / "migrations" / "env.py",
]
TEMPLATES = sorted((ROOT / "matcher" / "web" / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "matcher" / "web" / "static").rglob("*.css"))

#: Longer than the rule allows, and why.
LONG_FUNCTIONS: dict[str, str] = {}
LONG_FILES: dict[str, str] = {}


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def functions(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_function_is_longer_than_forty_lines_without_a_reason():
    long = {
        f"{name_of(path)}:{node.name}"
        for path in CODE
        for node in functions(path)
        if node.end_lineno - node.lineno + 1 > 40
    }
    assert long == set(LONG_FUNCTIONS)


def test_most_functions_of_the_program_are_short():
    lengths = sorted(
        node.end_lineno - node.lineno + 1 for path in CODE if "tests" not in path.parts for node in functions(path)
    )
    assert lengths[len(lengths) // 2] <= 15


def test_no_file_is_longer_than_four_hundred_lines_without_a_reason():
    texts = [*CODE, *TEMPLATES, *STYLES, *sorted((ROOT / "matcher" / "web" / "static").rglob("*.js"))]
    long = {name_of(path) for path in texts if path.read_text("utf-8").count("\n") > 400}
    assert long == set(LONG_FILES)


def test_nothing_is_left_to_be_done_later():
    marks = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "HA" + "CK")))
    found = [name_of(path) for path in [*CODE, *TEMPLATES, *STYLES] if marks.search(path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_pages_load_nothing_from_other_servers(path):
    text = path.read_text("utf-8")
    loading = re.findall(r"<(?:script|img|link|iframe|source|video|audio|object|use)\b[^>]*>", text)
    assert [tag for tag in loading if re.search(r"""=\s*["'](?:https?:)?//""", tag)] == []
    assert "@import" not in text


@pytest.mark.parametrize("path", STYLES, ids=name_of)
def test_styles_load_nothing_from_other_servers(path):
    assert not re.search(r"""(?:url\(\s*["']?|@import\s+["'])(?:https?:)?//""", path.read_text("utf-8"))


def test_only_the_unit_of_work_and_those_who_batch_under_a_lease_commit():
    """Services leave the commit to whoever opened the unit of work."""
    services = [
        path
        for path in CODE
        if path.parts[-1] in {"service.py", "review.py", "queries.py", "profile.py", "audit.py", "outbox.py"}
        and "matcher" in path.parts
    ]
    assert len(services) > 5
    assert [name_of(path) for path in services if re.search(r"\.commit\(\)", path.read_text("utf-8"))] == []


def test_states_are_changed_by_lifecycles_only():
    """`thing.state = …` stands in core/lifecycle.py, and where something is made."""
    writing = [
        name_of(path)
        for path in CODE
        if "tests" not in path.parts and re.search(r"^\s+\w+\.state\s*=[^=]", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert writing == ["matcher/core/lifecycle.py"]
