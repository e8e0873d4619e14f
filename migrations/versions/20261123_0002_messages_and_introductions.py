"""Messages, deliveries, introductions, deals, saved searches."""

import sqlalchemy as sa
from alembic import op
from matcher.core.db import Money, UTCDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('deliveries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.Enum('email', 'webhook', name='channel', native_enum=False, length=32), nullable=False),
    sa.Column('key', sa.String(length=160), nullable=False),
    sa.Column('uid', sa.String(length=120), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('kinds', sa.JSON(), nullable=False),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('address', sa.String(length=254), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('pending', 'claimed', 'handed', 'sent', 'unclear', 'failed', name='deliverystate', native_enum=False, length=32), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('due_at', UTCDateTime(), nullable=False),
    sa.Column('claimed_until', UTCDateTime(), nullable=True),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.Column('sent_at', UTCDateTime(), nullable=True),
    sa.Column('error', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_deliveries_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deliveries')),
    sa.UniqueConstraint('key', name=op.f('uq_deliveries_key')),
    sa.UniqueConstraint('uid', name=op.f('uq_deliveries_uid'))
    )
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deliveries_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deliveries_state_due_at'), ['state', 'due_at'], unique=False)

    op.create_table('message_preferences',
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('introduction', 'progress', 'reminder', 'new_pairings', 'saved_search', 'desk', name='messagekind', native_enum=False, length=32), nullable=False),
    sa.Column('rhythm', sa.Enum('at_once', 'daily', 'weekly', 'never', name='rhythm', native_enum=False, length=32), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_message_preferences_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', 'kind', name=op.f('pk_message_preferences'))
    )
    op.create_table('saved_searches',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('what', sa.String(length=10), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('choices', sa.JSON(), nullable=False),
    sa.Column('rhythm', sa.Enum('at_once', 'daily', 'weekly', 'never', name='rhythm', native_enum=False, length=32), nullable=False),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.Column('checked_at', UTCDateTime(), nullable=False),
    sa.Column('told', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_saved_searches_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_searches')),
    sa.UniqueConstraint('person_id', 'name', name=op.f('uq_saved_searches_person_id_name'))
    )
    with op.batch_alter_table('saved_searches', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_saved_searches_person_id'), ['person_id'], unique=False)

    op.create_table('messages',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('introduction', 'progress', 'reminder', 'new_pairings', 'saved_search', 'desk', name='messagekind', native_enum=False, length=32), nullable=False),
    sa.Column('key', sa.String(length=120), nullable=False),
    sa.Column('title_zh', sa.String(length=300), nullable=False),
    sa.Column('title_en', sa.String(length=300), nullable=False),
    sa.Column('body_zh', sa.Text(), nullable=False),
    sa.Column('body_en', sa.Text(), nullable=False),
    sa.Column('link', sa.String(length=300), nullable=False),
    sa.Column('rhythm', sa.Enum('at_once', 'daily', 'weekly', 'never', name='rhythm', native_enum=False, length=32), nullable=False),
    sa.Column('delivery_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.Column('read_at', UTCDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['delivery_id'], ['deliveries.id'], name=op.f('fk_messages_delivery_id_deliveries')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_messages_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_messages')),
    sa.UniqueConstraint('person_id', 'key', name=op.f('uq_messages_person_id_key'))
    )
    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_messages_delivery_id'), ['delivery_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_messages_person_id_read_at'), ['person_id', 'read_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_messages_rhythm'), ['rhythm'], unique=False)

    op.create_table('need_disclosures',
    sa.Column('need_id', sa.Integer(), nullable=False),
    sa.Column('organisation_id', sa.Integer(), nullable=False),
    sa.Column('disclosed_at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['need_id'], ['needs.id'], name=op.f('fk_need_disclosures_need_id_needs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_need_disclosures_organisation_id_organisations')),
    sa.PrimaryKeyConstraint('need_id', 'organisation_id', name=op.f('pk_need_disclosures'))
    )
    with op.batch_alter_table('need_disclosures', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_need_disclosures_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('told_pairs',
    sa.Column('need_id', sa.Integer(), nullable=False),
    sa.Column('offer_id', sa.Integer(), nullable=False),
    sa.Column('party', sa.Enum('need', 'offer', name='party', native_enum=False, length=32), nullable=False),
    sa.Column('told_at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['need_id'], ['needs.id'], name=op.f('fk_told_pairs_need_id_needs'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['offer_id'], ['offers.id'], name=op.f('fk_told_pairs_offer_id_offers'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('need_id', 'offer_id', 'party', name=op.f('pk_told_pairs'))
    )
    op.create_table('deals',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pairing_id', sa.Integer(), nullable=True),
    sa.Column('buyer_id', sa.Integer(), nullable=False),
    sa.Column('seller_id', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('contract_type', sa.String(length=20), nullable=False),
    sa.Column('amount', Money(), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('created_at', UTCDateTime(), nullable=False),
    sa.Column('changed_at', UTCDateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['buyer_id'], ['organisations.id'], name=op.f('fk_deals_buyer_id_organisations')),
    sa.ForeignKeyConstraint(['created_by'], ['people.id'], name=op.f('fk_deals_created_by_people')),
    sa.ForeignKeyConstraint(['pairing_id'], ['pairings.id'], name=op.f('fk_deals_pairing_id_pairings')),
    sa.ForeignKeyConstraint(['seller_id'], ['organisations.id'], name=op.f('fk_deals_seller_id_organisations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deals')),
    sa.UniqueConstraint('pairing_id', name=op.f('uq_deals_pairing_id'))
    )
    with op.batch_alter_table('deals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deals_buyer_id'), ['buyer_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deals_seller_id'), ['seller_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deals_signed_on'), ['signed_on'], unique=False)

    op.create_table('introductions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pairing_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('open', 'agreed', 'declined', 'expired', 'closed', name='introductionstate', native_enum=False, length=32), nullable=False),
    sa.Column('opened_by', sa.Integer(), nullable=True),
    sa.Column('opened_at', UTCDateTime(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('reminders', sa.Integer(), nullable=False),
    sa.Column('changed_at', UTCDateTime(), nullable=False),
    sa.Column('closed_at', UTCDateTime(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['opened_by'], ['people.id'], name=op.f('fk_introductions_opened_by_people')),
    sa.ForeignKeyConstraint(['pairing_id'], ['pairings.id'], name=op.f('fk_introductions_pairing_id_pairings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_introductions'))
    )
    with op.batch_alter_table('introductions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_introductions_pairing_id'), ['pairing_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_introductions_state_opened_at'), ['state', 'opened_at'], unique=False)

    op.create_table('meeting_notes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('pairing_id', sa.Integer(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('who', sa.String(length=300), nullable=False),
    sa.Column('agreed', sa.Text(), nullable=False),
    sa.Column('for_desk', sa.Boolean(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('party', sa.Enum('need', 'offer', name='party', native_enum=False, length=32), nullable=True),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['pairing_id'], ['pairings.id'], name=op.f('fk_meeting_notes_pairing_id_pairings')),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_meeting_notes_person_id_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting_notes'))
    )
    with op.batch_alter_table('meeting_notes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_meeting_notes_pairing_id'), ['pairing_id'], unique=False)

    op.create_table('introduction_answers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('introduction_id', sa.Integer(), nullable=False),
    sa.Column('party', sa.Enum('need', 'offer', name='party', native_enum=False, length=32), nullable=False),
    sa.Column('is_interested', sa.Boolean(), nullable=False),
    sa.Column('cooperation', sa.Text(), nullable=False),
    sa.Column('unclear', sa.Text(), nullable=False),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('reason', sa.String(length=30), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.Column('by_desk', sa.Boolean(), nullable=False),
    sa.Column('at', UTCDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['introduction_id'], ['introductions.id'], name=op.f('fk_introduction_answers_introduction_id_introductions'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_introduction_answers_person_id_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_introduction_answers')),
    sa.UniqueConstraint('introduction_id', 'party', name=op.f('uq_introduction_answers_introduction_id_party'))
    )


def downgrade() -> None:
    op.drop_table('introduction_answers')
    with op.batch_alter_table('meeting_notes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_meeting_notes_pairing_id'))

    op.drop_table('meeting_notes')
    with op.batch_alter_table('introductions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_introductions_state_opened_at'))
        batch_op.drop_index(batch_op.f('ix_introductions_pairing_id'))

    op.drop_table('introductions')
    with op.batch_alter_table('deals', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deals_signed_on'))
        batch_op.drop_index(batch_op.f('ix_deals_seller_id'))
        batch_op.drop_index(batch_op.f('ix_deals_buyer_id'))

    op.drop_table('deals')
    op.drop_table('told_pairs')
    with op.batch_alter_table('need_disclosures', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_need_disclosures_organisation_id'))

    op.drop_table('need_disclosures')
    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_messages_rhythm'))
        batch_op.drop_index(batch_op.f('ix_messages_person_id_read_at'))
        batch_op.drop_index(batch_op.f('ix_messages_delivery_id'))

    op.drop_table('messages')
    with op.batch_alter_table('saved_searches', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_saved_searches_person_id'))

    op.drop_table('saved_searches')
    op.drop_table('message_preferences')
    with op.batch_alter_table('deliveries', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deliveries_state_due_at'))
        batch_op.drop_index(batch_op.f('ix_deliveries_person_id'))

    op.drop_table('deliveries')
