"""What the project says of itself is complete and true: settings, commands, dependencies, links."""

import re
import tomllib

import click
import pytest

from matcher.cli import main
from matcher.settings import Settings
from tests.databases import ROOT
from tools.settings_table import BETWEEN_MARKS, EXAMPLE, OPERATIONS, example, rows, table

TELL = "run `.venv/bin/python -m tools.settings_table`"
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt"))
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[a-z,]+\])?==(?P<version>\d[\w.]*)$")


def required():
    """Yield file and line of every requirement."""
    for path in REQUIREMENTS:
        for line in path.read_text("utf-8").splitlines():
            if line.strip() and not line.startswith(("#", "-r ")):
                yield pytest.param(line, id=f"{path.name}-{line}")


def test_every_setting_says_what_it_does():
    for name, field in Settings.model_fields.items():
        assert len((field.description or "").split()) >= 3, name


def test_the_table_of_settings_is_that_of_the_program():
    written = BETWEEN_MARKS.search(OPERATIONS.read_text("utf-8"))
    assert written, f"docs/operations.md has lost its marks; {TELL}"
    assert written[0] == table(), TELL


def test_the_example_of_an_env_file_is_that_of_the_program():
    assert EXAMPLE.read_text("utf-8") == example(), TELL


def test_a_setting_can_be_given_under_the_name_that_is_documented(monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://somewhere/x")
    monkeypatch.setenv("MATCHER_PORT", "8123")
    monkeypatch.setenv("MATCHER_LOG_LEVEL", "")  # as in an .env file that was not filled in
    given = Settings(_env_file=None)
    assert (given.url, given.port, given.log_level) == ("postgresql+psycopg://somewhere/x", 8123, "INFO")
    documented = {variable for variable, _, _ in rows()}
    assert {"DATABASE_URL", "MATCHER_PORT", "MATCHER_LOG_LEVEL", "MATCHER_DATA"} <= documented
    copied = tmp_path / ".env"
    copied.write_text(re.sub(r"(?m)^#(?=[A-Z_]+=)", "", example()), "utf-8")
    monkeypatch.undo()
    assert Settings(_env_file=copied) == Settings(_env_file=None)


def commands(group=main, above=""):
    """Yield name and command of everything that can be called."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")
        else:
            yield pytest.param(f"{above}{name}", command, id=f"{above}{name}")


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_says_what_it_does_and_so_does_every_option(name, command):
    assert (command.help or "").strip().endswith("."), name
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[0]}"


@pytest.mark.parametrize("line", list(required()))
def test_every_requirement_has_one_exact_version_and_a_reason(line):
    found = PIN.match(line)
    assert found, f"{line}: write name==version"
    first_columns = [
        row.split("|")[1] for row in (ROOT / "docs" / "dependencies.md").read_text("utf-8").splitlines() if "|" in row
    ]
    explained = {name.strip() for column in first_columns for name in column.split(",")}
    assert found["name"] in explained, "docs/dependencies.md says what for"


def test_no_dependency_is_explained_that_is_not_required():
    text = "\n".join(path.read_text("utf-8") for path in REQUIREMENTS)
    names = {found["name"] for line in text.splitlines() if (found := PIN.match(line))}
    table_rows = (ROOT / "docs" / "dependencies.md").read_text("utf-8").split("|---|---|")[1].strip().splitlines()
    explained = {name.strip() for row in table_rows for name in row.split("|")[1].split(",")}
    assert explained == names


def test_the_version_of_the_changes_is_that_of_the_project():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_inside_the_documents_leads_somewhere(document):
    targets = re.findall(r"\]\(([^)#\s]+)", document.read_text("utf-8"))
    lost = [t for t in targets if "://" not in t and not t.startswith("mailto:") and not (document.parent / t).exists()]
    assert lost == []


def test_the_guide_shows_every_picture_that_is_taken():
    scenes = re.findall(r'Scene\("([a-z-]+)"', (ROOT / "tools" / "screenshots.py").read_text("utf-8"))
    guide = ROOT / "docs" / "guide"
    shown = set(re.findall(r"images/([a-z-]+)-\d+\.png", "".join(p.read_text("utf-8") for p in guide.glob("*.md"))))
    assert shown == set(scenes)
    assert {path.name for path in (guide / "images").iterdir()} == {f"{s}-{w}.png" for s in scenes for w in (1440, 390)}


def test_every_decision_says_why_what_and_what_follows_and_is_listed():
    folder = ROOT / "docs" / "decisions"
    listed = (folder / "README.md").read_text("utf-8")
    records = sorted(folder.glob("0*.md"))
    assert records
    for record in records:
        headings = [line for line in record.read_text("utf-8").splitlines() if line.startswith("## ")]
        assert headings == ["## Context", "## Decision", "## Consequences"], record.name
        assert f"({record.name})" in listed
