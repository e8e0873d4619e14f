"""Panels of a round that failed judge nothing of the next."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("panels", schema=None) as batch_op:
        batch_op.add_column(sa.Column("is_former", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("panels", schema=None) as batch_op:
        batch_op.alter_column("is_former", server_default=None)  # only the rows of before needed one


def downgrade() -> None:
    with op.batch_alter_table("panels", schema=None) as batch_op:
        batch_op.drop_column("is_former")
