"""the first record"""

from alembic import op
import sqlalchemy as sa


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('username', sa.String(length=60), nullable=False),
    sa.Column('full_name', sa.String(length=200), nullable=False),
    sa.Column('folded_name', sa.String(length=200), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('totp_secret', sa.LargeBinary(), nullable=True),
    sa.Column('totp_step', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('active', 'disabled', name='status', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('wait_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_seen_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('username = lower(username)', name=op.f('ck_account_username_lower')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('username', name=op.f('uq_account_username'))
    )
    op.create_table('artifact',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('media_type', sa.String(length=120), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('stored_as', sa.String(length=100), nullable=False),
    sa.Column('row_data', sa.Boolean(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_artifact'))
    )
    op.create_table('campaign',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('service_domain', sa.Enum('admin', 'health', 'education', name='service_domain', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign')),
    sa.UniqueConstraint('code', name=op.f('uq_campaign_code'))
    )
    op.create_table('field',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('field_group', sa.Enum('land', 'construction', 'investment', 'health', 'education', 'other', name='field_group', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_field')),
    sa.UniqueConstraint('code', name=op.f('uq_field_code'))
    )
    op.create_table('instrument',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=60), nullable=False),
    sa.Column('service_domain', sa.Enum('admin', 'health', 'education', name='service_domain', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_instrument')),
    sa.UniqueConstraint('code', name=op.f('uq_instrument_code'))
    )
    op.create_table('setting',
    sa.Column('key', sa.String(length=60), nullable=False),
    sa.Column('value', sa.JSON(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_setting'))
    )
    op.create_table('unit',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('folded_name', sa.String(length=300), nullable=False),
    sa.Column('kind', sa.Enum('province', 'ward', 'commune', 'special_zone', 'department', 'central_agency', 'one_stop_centre', 'land_office', 'hospital', 'health_station', 'vaccination_point', 'preschool', 'primary_school', 'lower_secondary_school', 'upper_secondary_school', 'other_school', 'former_province', 'former_district', 'former_commune', 'other', name='kind', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('parent_id', sa.Integer(), nullable=True),
    sa.Column('path', sa.String(length=200), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('is_sample', sa.Boolean(), nullable=False),
    sa.Column('source', sa.String(length=300), nullable=False),
    sa.Column('grade', sa.String(length=20), nullable=False),
    sa.CheckConstraint("path LIKE '/%/'", name=op.f('ck_unit_path_form')),
    sa.CheckConstraint('valid_to IS NULL OR valid_from IS NULL OR valid_from <= valid_to', name=op.f('ck_unit_dates_in_order')),
    sa.ForeignKeyConstraint(['parent_id'], ['unit.id'], name=op.f('fk_unit_parent_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit')),
    sa.UniqueConstraint('code', name=op.f('uq_unit_code'))
    )
    with op.batch_alter_table('unit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_unit_parent_id'), ['parent_id'], unique=False)
        batch_op.create_index('ix_unit_path', ['path'], unique=False)

    op.create_table('account_grant',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('role', sa.Enum('administrator', 'designer', 'approver', 'field_officer', 'analyst', 'unit_viewer', name='role', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('domains', sa.JSON(), nullable=False),
    sa.Column('row_data', sa.Boolean(), nullable=False),
    sa.Column('comments', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_account_grant_account_id_account')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_account_grant_unit_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_grant'))
    )
    with op.batch_alter_table('account_grant', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_account_grant_account_id'), ['account_id'], unique=False)

    op.create_table('audit_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.Integer(), nullable=True),
    sa.Column('actor', sa.String(length=100), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['account.id'], name=op.f('fk_audit_event_actor_id_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_event'))
    )
    with op.batch_alter_table('audit_event', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_event_at'), ['at'], unique=False)

    op.create_table('instrument_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('instrument_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('core_hash', sa.String(length=64), nullable=False),
    sa.Column('lowest_grade', sa.String(length=20), nullable=False),
    sa.Column('status', sa.Enum('draft', 'in_review', 'published', 'retired', name='status', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('number > 0', name=op.f('ck_instrument_version_number_positive')),
    sa.ForeignKeyConstraint(['created_by'], ['account.id'], name=op.f('fk_instrument_version_created_by_account')),
    sa.ForeignKeyConstraint(['instrument_id'], ['instrument.id'], name=op.f('fk_instrument_version_instrument_id_instrument')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_instrument_version')),
    sa.UniqueConstraint('instrument_id', 'number', name=op.f('uq_instrument_version_instrument_id_number'))
    )
    with op.batch_alter_table('instrument_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_instrument_version_instrument_id'), ['instrument_id'], unique=False)

    op.create_table('invitation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.Enum('new_account', 'reset', name='purpose', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('token_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('username', sa.String(length=60), nullable=False),
    sa.Column('full_name', sa.String(length=200), nullable=False),
    sa.Column('grants', sa.JSON(), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by', sa.Integer(), nullable=True),
    sa.CheckConstraint("(purpose = 'reset') = (account_id IS NOT NULL)", name=op.f('ck_invitation_reset_has_account')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_invitation_account_id_account')),
    sa.ForeignKeyConstraint(['created_by'], ['account.id'], name=op.f('fk_invitation_created_by_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitation')),
    sa.UniqueConstraint('token_digest', name=op.f('uq_invitation_token_digest'))
    )
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_invitation_account_id'), ['account_id'], unique=False)

    op.create_table('job',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('params', sa.JSON(), nullable=False),
    sa.Column('status', sa.Enum('queued', 'running', 'done', 'failed', name='status', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('message', sa.String(length=500), nullable=False),
    sa.Column('requested_by', sa.Integer(), nullable=True),
    sa.Column('artifact_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('beat_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['artifact_id'], ['artifact.id'], name=op.f('fk_job_artifact_id_artifact')),
    sa.ForeignKeyConstraint(['requested_by'], ['account.id'], name=op.f('fk_job_requested_by_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job'))
    )
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_job_requested_by'), ['requested_by'], unique=False)
        batch_op.create_index(batch_op.f('ix_job_status'), ['status'], unique=False)

    op.create_table('procedure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('field_id', sa.Integer(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=True),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('replaced_by', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['field_id'], ['field.id'], name=op.f('fk_procedure_field_id_field')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_procedure')),
    sa.UniqueConstraint('code', name=op.f('uq_procedure_code'))
    )
    with op.batch_alter_table('procedure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_procedure_field_id'), ['field_id'], unique=False)

    op.create_table('staff_session',
    sa.Column('token_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('renew', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_staff_session_account_id_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token_digest', name=op.f('pk_staff_session')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('staff_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_staff_session_account_id'), ['account_id'], unique=False)

    op.create_table('target_plan',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=300), nullable=False),
    sa.Column('document', sa.String(length=300), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=True),
    sa.Column('issuer', sa.String(length=200), nullable=False),
    sa.Column('scope', sa.String(length=200), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=True),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=False),
    sa.Column('grade', sa.String(length=20), nullable=False),
    sa.CheckConstraint('valid_from <= valid_to', name=op.f('ck_target_plan_dates_in_order')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_target_plan_unit_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_target_plan')),
    sa.UniqueConstraint('code', name=op.f('uq_target_plan_code'))
    )
    op.create_table('unit_succession',
    sa.Column('old_id', sa.Integer(), nullable=False),
    sa.Column('new_id', sa.Integer(), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('share', sa.Numeric(precision=9, scale=8), nullable=True),
    sa.CheckConstraint('share IS NULL OR (share > 0 AND share <= 1)', name=op.f('ck_unit_succession_share_range')),
    sa.ForeignKeyConstraint(['new_id'], ['unit.id'], name=op.f('fk_unit_succession_new_id_unit')),
    sa.ForeignKeyConstraint(['old_id'], ['unit.id'], name=op.f('fk_unit_succession_old_id_unit')),
    sa.PrimaryKeyConstraint('old_id', 'new_id', name=op.f('pk_unit_succession'))
    )
    with op.batch_alter_table('unit_succession', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_unit_succession_new_id'), ['new_id'], unique=False)

    op.create_table('plan_extension',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('until', sa.Date(), nullable=False),
    sa.Column('decision', sa.String(length=300), nullable=False),
    sa.Column('decided_on', sa.Date(), nullable=False),
    sa.Column('recorded_by', sa.Integer(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['plan_id'], ['target_plan.id'], name=op.f('fk_plan_extension_plan_id_target_plan')),
    sa.ForeignKeyConstraint(['recorded_by'], ['account.id'], name=op.f('fk_plan_extension_recorded_by_account')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_extension'))
    )
    with op.batch_alter_table('plan_extension', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plan_extension_plan_id'), ['plan_id'], unique=False)

    op.create_table('target',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('service_domains', sa.JSON(), nullable=False),
    sa.Column('field_groups', sa.JSON(), nullable=False),
    sa.Column('indicator', sa.String(length=300), nullable=False),
    sa.Column('among', sa.String(length=200), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('comparison', sa.String(length=2), nullable=False),
    sa.Column('threshold', sa.Numeric(precision=9, scale=6), nullable=True),
    sa.Column('unit', sa.Enum('percent', 'rank', name='unit', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('apply_to', sa.Enum('each', 'group', 'both', name='apply_to', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('wording', sa.Text(), nullable=False),
    sa.CheckConstraint("comparison IN ('>=', '>', '<=')", name=op.f('ck_target_comparison')),
    sa.ForeignKeyConstraint(['plan_id'], ['target_plan.id'], name=op.f('fk_target_plan_id_target_plan')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_target')),
    sa.UniqueConstraint('plan_id', 'code', name=op.f('uq_target_plan_id_code'))
    )
    with op.batch_alter_table('target', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_target_plan_id'), ['plan_id'], unique=False)

    op.create_table('wave',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('campaign_id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=True),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('planned', 'open', 'closed', name='status', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('opens_on', sa.Date(), nullable=False),
    sa.Column('closes_on', sa.Date(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('is_synthetic', sa.Boolean(), nullable=False),
    sa.Column('asked_by', sa.String(length=200), nullable=False),
    sa.Column('legal_note', sa.String(length=300), nullable=False),
    sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name=op.f('ck_wave_closed_when_closed')),
    sa.CheckConstraint("(status = 'planned') = (opened_at IS NULL)", name=op.f('ck_wave_opened_when_open')),
    sa.CheckConstraint('opens_on <= closes_on', name=op.f('ck_wave_dates_in_order')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_wave_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['plan_id'], ['target_plan.id'], name=op.f('fk_wave_plan_id_target_plan')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_wave_unit_id_unit')),
    sa.ForeignKeyConstraint(['version_id'], ['instrument_version.id'], name=op.f('fk_wave_version_id_instrument_version')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_wave')),
    sa.UniqueConstraint('code', name=op.f('uq_wave_code'))
    )
    with op.batch_alter_table('wave', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_wave_campaign_id'), ['campaign_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_wave_version_id'), ['version_id'], unique=False)

    op.create_table('channel',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('wave_id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('selection', sa.Enum('drawn', 'census', 'opt_in', name='selection', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('removals', sa.Integer(), server_default='0', nullable=False),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_channel_wave_id_wave')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channel')),
    sa.UniqueConstraint('wave_id', 'code', name=op.f('uq_channel_wave_id_code'))
    )
    with op.batch_alter_table('channel', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_channel_wave_id'), ['wave_id'], unique=False)

    op.create_table('frame_cell',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('wave_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('field_id', sa.Integer(), nullable=True),
    sa.Column('field_key', sa.Integer(), nullable=False),
    sa.Column('transactions', sa.Integer(), nullable=False),
    sa.Column('planned', sa.Integer(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=True),
    sa.Column('source', sa.String(length=200), nullable=False),
    sa.CheckConstraint('planned >= 0', name=op.f('ck_frame_cell_planned_not_negative')),
    sa.CheckConstraint('transactions >= 0', name=op.f('ck_frame_cell_transactions_not_negative')),
    sa.ForeignKeyConstraint(['field_id'], ['field.id'], name=op.f('fk_frame_cell_field_id_field')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_frame_cell_unit_id_unit')),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_frame_cell_wave_id_wave')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_frame_cell'))
    )
    with op.batch_alter_table('frame_cell', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_frame_cell_unit_id'), ['unit_id'], unique=False)
        batch_op.create_index('uq_frame_cell_place', ['wave_id', 'unit_id', 'field_key'], unique=True)

    op.create_table('collection_point',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=False),
    sa.Column('unit_received_id', sa.Integer(), nullable=False),
    sa.Column('unit_deciding_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_collection_point_channel_id_channel')),
    sa.ForeignKeyConstraint(['unit_deciding_id'], ['unit.id'], name=op.f('fk_collection_point_unit_deciding_id_unit')),
    sa.ForeignKeyConstraint(['unit_received_id'], ['unit.id'], name=op.f('fk_collection_point_unit_received_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_collection_point'))
    )
    with op.batch_alter_table('collection_point', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_collection_point_channel_id'), ['channel_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_collection_point_unit_deciding_id'), ['unit_deciding_id'], unique=False)

    op.create_table('weight_set',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('wave_id', sa.Integer(), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=False),
    sa.Column('scheme', sa.String(length=60), nullable=False),
    sa.Column('stages', sa.JSON(), nullable=False),
    sa.Column('data_hash', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_weight_set_channel_id_channel')),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_weight_set_wave_id_wave')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_weight_set'))
    )
    with op.batch_alter_table('weight_set', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_weight_set_wave_id'), ['wave_id'], unique=False)

    op.create_table('entry_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=6), nullable=False),
    sa.Column('point_id', sa.Integer(), nullable=False),
    sa.Column('field_id', sa.Integer(), nullable=True),
    sa.Column('mode', sa.Enum('qr_on_site', 'qr_later', 'kiosk', 'interviewer', 'paper', 'phone', 'post', name='mode', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('tier', sa.Enum('A', 'B', 'C', 'D', name='tier', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('status', sa.Enum('active', 'retired', name='status', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.CheckConstraint('length(code) = 6', name=op.f('ck_entry_code_six_characters')),
    sa.ForeignKeyConstraint(['field_id'], ['field.id'], name=op.f('fk_entry_code_field_id_field')),
    sa.ForeignKeyConstraint(['point_id'], ['collection_point.id'], name=op.f('fk_entry_code_point_id_collection_point')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_entry_code')),
    sa.UniqueConstraint('code', name=op.f('uq_entry_code_code'))
    )
    with op.batch_alter_table('entry_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_entry_code_point_id'), ['point_id'], unique=False)

    op.create_table('one_time_code',
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('issued', 'redeemed', 'void', name='status', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('point_id', sa.Integer(), nullable=True),
    sa.Column('field_id', sa.Integer(), nullable=True),
    sa.CheckConstraint("(status = 'issued') = (point_id IS NOT NULL)", name=op.f('ck_one_time_code_link_dropped')),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_one_time_code_channel_id_channel')),
    sa.ForeignKeyConstraint(['field_id'], ['field.id'], name=op.f('fk_one_time_code_field_id_field')),
    sa.ForeignKeyConstraint(['point_id'], ['collection_point.id'], name=op.f('fk_one_time_code_point_id_collection_point')),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_one_time_code')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('one_time_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_one_time_code_channel_id'), ['channel_id'], unique=False)

    op.create_table('response',
    sa.Column('key_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('wave_id', sa.Integer(), nullable=True),
    sa.Column('channel_id', sa.Integer(), nullable=True),
    sa.Column('point_id', sa.Integer(), nullable=True),
    sa.Column('unit_received_id', sa.Integer(), nullable=True),
    sa.Column('unit_deciding_id', sa.Integer(), nullable=True),
    sa.Column('field_id', sa.Integer(), nullable=True),
    sa.Column('version_id', sa.Integer(), nullable=True),
    sa.Column('answers', sa.Text(), nullable=True),
    sa.Column('answers_digest', sa.LargeBinary(length=32), nullable=True),
    sa.Column('receipt_digest', sa.LargeBinary(length=32), nullable=True),
    sa.Column('day', sa.Date(), nullable=True),
    sa.Column('half_day', sa.SmallInteger(), nullable=True),
    sa.Column('mode', sa.Enum('qr_on_site', 'qr_later', 'kiosk', 'interviewer', 'paper', 'phone', 'post', name='mode', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('tier', sa.Enum('A', 'B', 'C', 'D', name='tier', native_enum=False, create_constraint=True, length=32), nullable=True),
    sa.Column('pace', sa.SmallInteger(), nullable=True),
    sa.Column('disposition', sa.Enum('complete', 'partial', 'excluded', 'deleted', name='disposition', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('exclusion_reason', sa.String(length=200), nullable=True),
    sa.CheckConstraint("(disposition = 'deleted') = (answers IS NULL) AND (disposition = 'deleted') = (wave_id IS NULL) AND (disposition = 'deleted') = (answers_digest IS NULL)", name=op.f('ck_response_deleted_is_empty')),
    sa.CheckConstraint("(disposition = 'excluded') = (exclusion_reason IS NOT NULL)", name=op.f('ck_response_exclusion_has_reason')),
    sa.CheckConstraint('half_day IN (0, 1)', name=op.f('ck_response_half_day')),
    sa.CheckConstraint('pace BETWEEN 0 AND 3', name=op.f('ck_response_pace')),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_response_channel_id_channel')),
    sa.ForeignKeyConstraint(['field_id'], ['field.id'], name=op.f('fk_response_field_id_field')),
    sa.ForeignKeyConstraint(['point_id'], ['collection_point.id'], name=op.f('fk_response_point_id_collection_point')),
    sa.ForeignKeyConstraint(['unit_deciding_id'], ['unit.id'], name=op.f('fk_response_unit_deciding_id_unit')),
    sa.ForeignKeyConstraint(['unit_received_id'], ['unit.id'], name=op.f('fk_response_unit_received_id_unit')),
    sa.ForeignKeyConstraint(['version_id'], ['instrument_version.id'], name=op.f('fk_response_version_id_instrument_version')),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_response_wave_id_wave')),
    sa.PrimaryKeyConstraint('key_digest', name=op.f('pk_response')),
    sa.UniqueConstraint('receipt_digest', name=op.f('uq_response_receipt_digest')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('response', schema=None) as batch_op:
        batch_op.create_index('ix_response_counts', ['wave_id', 'channel_id', 'disposition', 'late'], unique=False)

    op.create_table('result_set',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('wave_id', sa.Integer(), nullable=False),
    sa.Column('channel_id', sa.Integer(), nullable=False),
    sa.Column('weight_set_id', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('provisional', 'final', name='status', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.Column('data_hash', sa.String(length=64), nullable=False),
    sa.Column('software', sa.String(length=40), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('responses', sa.Integer(), nullable=False),
    sa.Column('estimates', sa.LargeBinary(), nullable=False),
    sa.Column('totals', sa.LargeBinary(), nullable=True),
    sa.Column('deleted_since', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_result_set_channel_id_channel')),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_result_set_wave_id_wave')),
    sa.ForeignKeyConstraint(['weight_set_id'], ['weight_set.id'], name=op.f('fk_result_set_weight_set_id_weight_set')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_result_set'))
    )
    with op.batch_alter_table('result_set', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_result_set_wave_id'), ['wave_id'], unique=False)

    op.create_table('submission_count',
    sa.Column('point_id', sa.Integer(), nullable=False),
    sa.Column('quarter', sa.Integer(), nullable=False),
    sa.Column('accepted', sa.Integer(), nullable=False),
    sa.Column('repeated', sa.Integer(), nullable=False),
    sa.Column('conflicting', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['point_id'], ['collection_point.id'], name=op.f('fk_submission_count_point_id_collection_point')),
    sa.PrimaryKeyConstraint('point_id', 'quarter', name=op.f('pk_submission_count')),
    sqlite_with_rowid=False
    )
    op.create_table('comment',
    sa.Column('key_digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('item', sa.String(length=60), nullable=False),
    sa.Column('wave_id', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('status', sa.Enum('new', 'cleared', 'hidden', name='status', native_enum=False, create_constraint=True, length=32), nullable=False),
    sa.ForeignKeyConstraint(['key_digest'], ['response.key_digest'], name=op.f('fk_comment_key_digest_response'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_comment_unit_id_unit')),
    sa.ForeignKeyConstraint(['wave_id'], ['wave.id'], name=op.f('fk_comment_wave_id_wave')),
    sa.PrimaryKeyConstraint('key_digest', 'item', name=op.f('pk_comment')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_comment_wave_id'), ['wave_id'], unique=False)
    guard(op.get_bind().dialect.name)


def downgrade() -> None:
    unguard(op.get_bind().dialect.name)
    with op.batch_alter_table('comment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_comment_wave_id'))

    op.drop_table('comment')
    op.drop_table('submission_count')
    with op.batch_alter_table('result_set', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_result_set_wave_id'))

    op.drop_table('result_set')
    with op.batch_alter_table('response', schema=None) as batch_op:
        batch_op.drop_index('ix_response_counts')

    op.drop_table('response')
    with op.batch_alter_table('one_time_code', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_one_time_code_channel_id'))

    op.drop_table('one_time_code')
    with op.batch_alter_table('entry_code', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_entry_code_point_id'))

    op.drop_table('entry_code')
    with op.batch_alter_table('weight_set', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_weight_set_wave_id'))

    op.drop_table('weight_set')
    with op.batch_alter_table('collection_point', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_collection_point_unit_deciding_id'))
        batch_op.drop_index(batch_op.f('ix_collection_point_channel_id'))

    op.drop_table('collection_point')
    with op.batch_alter_table('frame_cell', schema=None) as batch_op:
        batch_op.drop_index('uq_frame_cell_place')
        batch_op.drop_index(batch_op.f('ix_frame_cell_unit_id'))

    op.drop_table('frame_cell')
    with op.batch_alter_table('channel', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_channel_wave_id'))

    op.drop_table('channel')
    with op.batch_alter_table('wave', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_wave_version_id'))
        batch_op.drop_index(batch_op.f('ix_wave_campaign_id'))

    op.drop_table('wave')
    with op.batch_alter_table('target', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_target_plan_id'))

    op.drop_table('target')
    with op.batch_alter_table('plan_extension', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_plan_extension_plan_id'))

    op.drop_table('plan_extension')
    with op.batch_alter_table('unit_succession', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_unit_succession_new_id'))

    op.drop_table('unit_succession')
    op.drop_table('target_plan')
    with op.batch_alter_table('staff_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_staff_session_account_id'))

    op.drop_table('staff_session')
    with op.batch_alter_table('procedure', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_procedure_field_id'))

    op.drop_table('procedure')
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_job_status'))
        batch_op.drop_index(batch_op.f('ix_job_requested_by'))

    op.drop_table('job')
    with op.batch_alter_table('invitation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_invitation_account_id'))

    op.drop_table('invitation')
    with op.batch_alter_table('instrument_version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_instrument_version_instrument_id'))

    op.drop_table('instrument_version')
    with op.batch_alter_table('audit_event', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_event_at'))

    op.drop_table('audit_event')
    with op.batch_alter_table('account_grant', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_account_grant_account_id'))

    op.drop_table('account_grant')
    with op.batch_alter_table('unit', schema=None) as batch_op:
        batch_op.drop_index('ix_unit_path')
        batch_op.drop_index(batch_op.f('ix_unit_parent_id'))

    op.drop_table('unit')
    op.drop_table('setting')
    op.drop_table('instrument')
    op.drop_table('field')
    op.drop_table('campaign')
    op.drop_table('artifact')
    op.drop_table('account')


# What the database itself refuses, whoever asks: (table, event, columns watched, condition on OLD/NEW, message).
GUARDS = [
    ("instrument_version", "UPDATE", "OLD.status IN ('published', 'retired') AND (NEW.document <> OLD.document"
     " OR NEW.number <> OLD.number OR NEW.instrument_id <> OLD.instrument_id OR NEW.content_hash <> OLD.content_hash"
     " OR NEW.core_hash <> OLD.core_hash OR NEW.status NOT IN ('published', 'retired')"
     " OR (OLD.status = 'retired' AND NEW.status <> 'retired'))", "a published questionnaire version cannot be changed"),
    ("instrument_version", "DELETE", "OLD.status IN ('published', 'retired')", "a published questionnaire version cannot be deleted"),
    ("wave", "UPDATE", "OLD.status <> 'planned' AND (NEW.version_id <> OLD.version_id"
     " OR COALESCE(NEW.plan_id, 0) <> COALESCE(OLD.plan_id, 0) OR NEW.code <> OLD.code"
     " OR (OLD.status = 'closed' AND NEW.status <> 'closed') OR NEW.status = 'planned')",
     "a wave keeps its questionnaire version and target plan once it is open"),
    ("wave", "DELETE", "OLD.status <> 'planned'", "a wave that was opened cannot be deleted"),
    ("weight_set", "UPDATE", "1 = 1", "a weight set is never overwritten"),
    ("result_set", "UPDATE", "NEW.estimates <> OLD.estimates OR NEW.data_hash <> OLD.data_hash OR NEW.status <> OLD.status"
     " OR NEW.made_at <> OLD.made_at OR NEW.weight_set_id <> OLD.weight_set_id OR NEW.responses <> OLD.responses",
     "a result set is frozen"),
    ("result_set", "DELETE", "OLD.status = 'final'", "a final result set cannot be deleted"),
    ("audit_event", "UPDATE", "1 = 1", "audit events are append-only"),
    ("audit_event", "DELETE", {"sqlite": "OLD.at > datetime('now', '-12 months')", "postgresql": "OLD.at > now() - interval '12 months'"},
     "audit events are kept 12 months"),
]


def guard(dialect: str) -> None:
    for table, event, condition, message in GUARDS:
        name = f"guard_{table}_{event.lower()}"
        when = condition[dialect] if isinstance(condition, dict) else condition
        if dialect == "sqlite":
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{message}'); END")
        else:
            row = "OLD" if event == "DELETE" else "NEW"
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" IF {when} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF;"
                f" RETURN {row}; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")


def unguard(dialect: str) -> None:
    for table, event, _condition, _message in GUARDS:
        name = f"guard_{table}_{event.lower()}"
        if dialect == "sqlite":
            op.execute(f"DROP TRIGGER {name}")
        else:
            op.execute(f"DROP TRIGGER {name} ON {table}")
            op.execute(f"DROP FUNCTION {name}()")
