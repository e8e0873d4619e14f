"""Each side of a meeting keeps its note to itself."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NOTES = ("demand_note", "supply_note")


def upgrade() -> None:
    with op.batch_alter_table("event_meetings", schema=None) as batch_op:
        for name in NOTES:
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("event_meetings", schema=None) as batch_op:
        for name in NOTES:
            batch_op.alter_column(name, server_default=None)  # only the rows of before needed one
    # Where one side alone has spoken the note is theirs; otherwise nobody knows whose it is, and the organisers keep it.
    for own, other in (("demand", "supply"), ("supply", "demand")):
        op.execute(
            f"UPDATE event_meetings SET {own}_note = outcome_note, outcome_note = '' "  # noqa: S608  (two fixed names)
            f"WHERE {own}_outcome IS NOT NULL AND {other}_outcome IS NULL AND outcome_note != ''"
        )


def downgrade() -> None:
    op.execute(
        "UPDATE event_meetings SET outcome_note = trim(outcome_note || ' ' || demand_note || ' ' || supply_note)"
    )
    with op.batch_alter_table("event_meetings", schema=None) as batch_op:
        for name in NOTES:
            batch_op.drop_column(name)
