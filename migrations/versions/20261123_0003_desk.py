"""Claims, assignments, saved filters, tasks, notes and files of the desk."""

import sqlalchemy as sa
from alembic import op
from matcher.core.db import UTCDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('desk_visits',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('before', UTCDateTime(), nullable=True),
    sa.Column('seen_at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_desk_visits_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_desk_visits'))
    )
    op.create_table('saved_filters',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('wanted', sa.JSON(), nullable=False),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_saved_filters_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_filters')),
    sa.UniqueConstraint('person_id', 'name', name=op.f('uq_saved_filters_person_id_name'))
    )
    op.create_table('assignments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pairing_id', sa.Integer(), nullable=True),
    sa.Column('need_id', sa.Integer(), nullable=True),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('by_id', sa.Integer(), nullable=True),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.CheckConstraint('(pairing_id IS NULL) <> (need_id IS NULL)', name=op.f('ck_assignments_one_thing')),
    sa.ForeignKeyConstraint(['by_id'], ['people.id'], name=op.f('fk_assignments_by_id_people')),
    sa.ForeignKeyConstraint(['need_id'], ['needs.id'], name=op.f('fk_assignments_need_id_needs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['pairing_id'], ['pairings.id'], name=op.f('fk_assignments_pairing_id_pairings'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_assignments_person_id_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assignments')),
    sa.UniqueConstraint('need_id', name=op.f('uq_assignments_need_id')),
    sa.UniqueConstraint('pairing_id', name=op.f('uq_assignments_pairing_id'))
    )
    with op.batch_alter_table('assignments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_assignments_person_id'), ['person_id'], unique=False)

    op.create_table('claims',
    sa.Column('pairing_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('since', UTCDateTime(), nullable=False),
    sa.Column('until', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['pairing_id'], ['pairings.id'], name=op.f('fk_claims_pairing_id_pairings'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_claims_person_id_people')),
    sa.PrimaryKeyConstraint('pairing_id', name=op.f('pk_claims'))
    )
    with op.batch_alter_table('claims', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_claims_person_id'), ['person_id'], unique=False)

    op.create_table('kept_pairings',
    sa.Column('pairing_id', sa.Integer(), nullable=False),
    sa.Column('made_by_id', sa.Integer(), nullable=True),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['made_by_id'], ['people.id'], name=op.f('fk_kept_pairings_made_by_id_people')),
    sa.ForeignKeyConstraint(['pairing_id'], ['pairings.id'], name=op.f('fk_kept_pairings_pairing_id_pairings'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('pairing_id', name=op.f('pk_kept_pairings'))
    )
    op.create_table('pairing_files',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pairing_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=160), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('for_sides', sa.Boolean(), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.Column('removed_at', UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['pairing_id'], ['pairings.id'], name=op.f('fk_pairing_files_pairing_id_pairings')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_pairing_files_person_id_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pairing_files'))
    )
    with op.batch_alter_table('pairing_files', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pairing_files_content_hash'), ['content_hash'], unique=False)
        batch_op.create_index(batch_op.f('ix_pairing_files_pairing_id'), ['pairing_id'], unique=False)

    op.create_table('pairing_notes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pairing_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('for_sides', sa.Boolean(), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.Column('removed_at', UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['pairing_id'], ['pairings.id'], name=op.f('fk_pairing_notes_pairing_id_pairings')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_pairing_notes_person_id_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pairing_notes'))
    )
    with op.batch_alter_table('pairing_notes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_pairing_notes_pairing_id'), ['pairing_id'], unique=False)

    op.create_table('tasks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('due', sa.Date(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('pairing_id', sa.Integer(), nullable=True),
    sa.Column('need_id', sa.Integer(), nullable=True),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.Column('done_at', UTCDateTime(), nullable=True),
    sa.Column('done_by', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['created_by'], ['people.id'], name=op.f('fk_tasks_created_by_people')),
    sa.ForeignKeyConstraint(['done_by'], ['people.id'], name=op.f('fk_tasks_done_by_people')),
    sa.ForeignKeyConstraint(['need_id'], ['needs.id'], name=op.f('fk_tasks_need_id_needs')),
    sa.ForeignKeyConstraint(['pairing_id'], ['pairings.id'], name=op.f('fk_tasks_pairing_id_pairings')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_tasks_person_id_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tasks'))
    )
    with op.batch_alter_table('tasks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_tasks_need_id'), ['need_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_tasks_pairing_id'), ['pairing_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_tasks_person_id_done_at_due'), ['person_id', 'done_at', 'due'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('tasks', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_tasks_person_id_done_at_due'))
        batch_op.drop_index(batch_op.f('ix_tasks_pairing_id'))
        batch_op.drop_index(batch_op.f('ix_tasks_need_id'))

    op.drop_table('tasks')
    with op.batch_alter_table('pairing_notes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_pairing_notes_pairing_id'))

    op.drop_table('pairing_notes')
    with op.batch_alter_table('pairing_files', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_pairing_files_pairing_id'))
        batch_op.drop_index(batch_op.f('ix_pairing_files_content_hash'))

    op.drop_table('pairing_files')
    op.drop_table('kept_pairings')
    with op.batch_alter_table('claims', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_claims_person_id'))

    op.drop_table('claims')
    with op.batch_alter_table('assignments', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_assignments_person_id'))

    op.drop_table('assignments')
    op.drop_table('saved_filters')
    op.drop_table('desk_visits')
