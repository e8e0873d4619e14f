"""Versions of the learned ranker, and which pairings are shown to learn from."""

import sqlalchemy as sa
from alembic import op
from matcher.core.db import UTCDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('rankers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('state', sa.Enum('tried', 'adopted', 'rejected', 'retired', name='rankerstate', native_enum=False, length=32), nullable=False),
    sa.Column('encoder', sa.String(length=200), nullable=False),
    sa.Column('decisions', sa.Integer(), nullable=False),
    sa.Column('compared_with', sa.Integer(), nullable=True),
    sa.Column('figures', sa.JSON(), nullable=False),
    sa.Column('effects', sa.JSON(), nullable=False),
    sa.Column('model', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['compared_with'], ['rankers.id'], name=op.f('fk_rankers_compared_with_rankers')),
    sa.ForeignKeyConstraint(['created_by'], ['people.id'], name=op.f('fk_rankers_created_by_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rankers'))
    )
    with op.batch_alter_table('rankers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rankers_state'), ['state'], unique=False)

    op.add_column('pairings', sa.Column('explored', sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column('pairings', 'explored')
    with op.batch_alter_table('rankers', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_rankers_state'))

    op.drop_table('rankers')
