"""Teams report values against indicators at gates."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("gate_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reported", sa.JSON(), nullable=False, server_default="[]"))
    with op.batch_alter_table("gate_entries", schema=None) as batch_op:
        batch_op.alter_column("reported", server_default=None)  # only the rows of before needed one


def downgrade() -> None:
    with op.batch_alter_table("gate_entries", schema=None) as batch_op:
        batch_op.drop_column("reported")
