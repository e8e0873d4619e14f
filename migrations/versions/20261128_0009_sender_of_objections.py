"""What stands for the client's address is kept with an objection, so that floods can be refused."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("objections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("sender", sa.String(length=64), nullable=False, server_default=""))
    with op.batch_alter_table("objections", schema=None) as batch_op:
        batch_op.alter_column("sender", server_default=None)  # only the rows of before needed one
        batch_op.create_index(batch_op.f("ix_objections_sender"), ["sender"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("objections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_objections_sender"))
        batch_op.drop_column("sender")
