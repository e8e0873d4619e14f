"""rounds of bids

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-28 11:40:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('bids', schema=None) as batch_op:
        batch_op.add_column(sa.Column('round', sa.Integer(), nullable=False, server_default='1'))
        batch_op.drop_constraint(batch_op.f('uq_bids_project_id_organisation_id'), type_='unique')
        batch_op.create_unique_constraint(
            batch_op.f('uq_bids_project_id_organisation_id_round'), ['project_id', 'organisation_id', 'round']
        )


def downgrade() -> None:
    with op.batch_alter_table('bids', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_bids_project_id_organisation_id_round'), type_='unique')
        batch_op.create_unique_constraint(
            batch_op.f('uq_bids_project_id_organisation_id'), ['project_id', 'organisation_id']
        )
        batch_op.drop_column('round')
