"""A list (榜单) as a Word document: an overview, then a table for each project."""

from decimal import Decimal

from matcher.core.labels import Label
from matcher.exchange import word
from matcher.exchange.call_rows import COLUMNS, heading
from matcher.projects.setup.public import ShownCall

OVERVIEW = Label("项目一览", "Overview")
NUMBER = Label("序号", "No.")
UNIT = Label("（万元）", " (10,000 yuan)")


def call_document(shown: ShownCall, language: str) -> bytes:
    """Return the list as a .docx file."""
    document = word.new_document()
    word.title(document, shown.call.title, shown.call.number)
    word.facts(document, heading(shown.call, language))
    word.paragraphs(document, shown.call.intro)
    document.add_heading(OVERVIEW.text(language), 1)
    headers = [NUMBER.text(language), COLUMNS[0].label.text(language), COLUMNS[1].label.text(language)]
    rows = [[str(place), one.number, one.title] for place, one in enumerate(shown.projects, 1)]
    word.grid(document, headers, rows, (1.4, 3, 11.4))
    for place, project in enumerate(shown.projects, 1):
        document.add_heading(f"{place}. {word.clean(project.title)}", 1)
        values = [(column.label.text(language), column.value(project, language)) for column in COLUMNS]
        word.facts(document, [(_name(name, value, language), _text(value)) for name, value in values])
    return word.as_bytes(document)


def _name(name: str, value: str | Decimal, language: str) -> str:
    return name + UNIT.text(language) if isinstance(value, Decimal) else name


def _text(value: str | Decimal) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
