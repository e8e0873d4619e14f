"""Changes to tables of the first migration."""

import sqlalchemy as sa
from alembic import op
from matcher.core.db import UTCDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('wrong_tries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wrong_tries'))
    )
    with op.batch_alter_table('wrong_tries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_wrong_tries_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_wrong_tries_key_at'), ['key', 'at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('wrong_tries', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_wrong_tries_key_at'))
        batch_op.drop_index(batch_op.f('ix_wrong_tries_at'))

    op.drop_table('wrong_tries')
