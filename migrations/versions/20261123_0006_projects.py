"""Common problems, the weights of the demand index, projects."""

import sqlalchemy as sa
from alembic import op
from matcher.core.db import UTCDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('demand_weights',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('weights', sa.JSON(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('set_by', sa.Integer(), nullable=True),
    sa.Column('set_at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['set_by'], ['people.id'], name=op.f('fk_demand_weights_set_by_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_demand_weights'))
    )
    op.create_table('topics',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('named_by', sa.Integer(), nullable=True),
    sa.Column('named_after', sa.Integer(), nullable=True),
    sa.Column('merged_into', sa.Integer(), nullable=True),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.Column('changed_at', UTCDateTime(), nullable=False),
    sa.Column('closed_at', UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['merged_into'], ['topics.id'], name=op.f('fk_topics_merged_into_topics')),
    sa.ForeignKeyConstraint(['named_after'], ['needs.id'], name=op.f('fk_topics_named_after_needs')),
    sa.ForeignKeyConstraint(['named_by'], ['people.id'], name=op.f('fk_topics_named_by_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_topics'))
    )
    op.create_table('topic_members',
    sa.Column('need_id', sa.Integer(), nullable=False),
    sa.Column('topic_id', sa.Integer(), nullable=False),
    sa.Column('likeness', sa.Float(), nullable=True),
    sa.Column('placed_by', sa.Integer(), nullable=True),
    sa.Column('placed_at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['need_id'], ['needs.id'], name=op.f('fk_topic_members_need_id_needs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['placed_by'], ['people.id'], name=op.f('fk_topic_members_placed_by_people')),
    sa.ForeignKeyConstraint(['topic_id'], ['topics.id'], name=op.f('fk_topic_members_topic_id_topics')),
    sa.PrimaryKeyConstraint('need_id', name=op.f('pk_topic_members'))
    )
    with op.batch_alter_table('topic_members', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_topic_members_topic_id'), ['topic_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('topic_members', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_topic_members_topic_id'))

    op.drop_table('topic_members')
    op.drop_table('topics')
    op.drop_table('demand_weights')
