"""Write seeds/workbooks/ from the seeds: the demo's needs and results as the lists that an office would import."""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from matcher.accounts.fields import ORGANISATION_FIELDS
from matcher.core.fields import Field, read_answers
from matcher.exchange.columns import OWNER, columns_of
from matcher.exchange.exporting import cells_of, record_of, sheet_of
from matcher.exchange.sides import NEEDS, OFFERS, Side
from matcher.exchange.writing import Line, write_list
from matcher.seeding import SEEDS, read_seeds

WORKBOOKS = SEEDS / "workbooks"
FILES = {NEEDS.what: (NEEDS, "needs.xlsx"), OFFERS.what: (OFFERS, "results.xlsx")}


def read_values(fields: tuple[Field, ...], given: dict[str, Any]) -> dict[str, Any]:
    """Read one seed; a seed with a mistake ends the program."""
    answers = read_answers(fields, given)
    if answers.problems:
        sys.exit(f"{given.get('ref') or given.get('key')}: {answers.problems}")
    return answers.values


def seed_values(side: Side) -> list[dict[str, Any]]:
    """Return what the seeds of one side say, with their owners, by key of the column."""
    owners = {
        entry["key"]: {OWNER + name: value for name, value in read_values(ORGANISATION_FIELDS, entry).items()}
        for entry in read_seeds("organisations", "organisation")
    }
    entries = read_seeds(side.what, side.entity)
    rows = {"indicators": "indicator", "ip": "ip"}
    return [
        read_values(tuple(side.fields), entry | {name: entry.get(key, []) for name, key in rows.items()})
        | owners[entry["organisation"]]
        for entry in entries
    ]


def write(side: Side, path: Path) -> int:
    """Write one workbook and return the number of its rows."""
    columns = columns_of(side)

    def line(values: dict[str, Any]) -> Line:
        return Line(lambda: cells_of(columns, values, "zh"), lambda: record_of(columns, values))

    return write_list(path, sheet_of(side, columns, "zh", information=False), map(line, seed_values(side)))


if __name__ == "__main__":
    WORKBOOKS.mkdir(exist_ok=True)
    for side, name in FILES.values():
        sys.stdout.write(f"{write(side, WORKBOOKS / name)} rows -> seeds/workbooks/{name}\n")
