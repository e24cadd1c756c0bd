"""the editor's desk"""

from alembic import op
import sqlalchemy as sa


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('draft_revision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('content_hash', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('act', sa.String(length=40), nullable=False),
    sa.Column('place', sa.String(length=80), nullable=False),
    sa.Column('undo_to', sa.Integer(), nullable=True),
    sa.Column('redo_to', sa.Integer(), nullable=True),
    sa.CheckConstraint('number >= 0', name=op.f('ck_draft_revision_number_not_negative')),
    sa.ForeignKeyConstraint(['made_by'], ['account.id'], name=op.f('fk_draft_revision_made_by_account')),
    sa.ForeignKeyConstraint(['version_id'], ['instrument_version.id'], name=op.f('fk_draft_revision_version_id_instrument_version'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draft_revision')),
    sa.UniqueConstraint('version_id', 'number', name=op.f('uq_draft_revision_version_id_number'))
    )
    op.create_table('draft_presence',
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_draft_presence_account_id_account'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['version_id'], ['instrument_version.id'], name=op.f('fk_draft_presence_version_id_instrument_version'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('version_id', 'account_id', name=op.f('pk_draft_presence'))
    )
    op.create_table('draft_comment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version_id', sa.Integer(), nullable=False),
    sa.Column('element', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('made_by', sa.Integer(), nullable=True),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_by', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['made_by'], ['account.id'], name=op.f('fk_draft_comment_made_by_account')),
    sa.ForeignKeyConstraint(['settled_by'], ['account.id'], name=op.f('fk_draft_comment_settled_by_account')),
    sa.ForeignKeyConstraint(['version_id'], ['instrument_version.id'], name=op.f('fk_draft_comment_version_id_instrument_version'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draft_comment'))
    )
    with op.batch_alter_table('draft_comment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_draft_comment_version_id'), ['version_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('draft_comment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_draft_comment_version_id'))

    op.drop_table('draft_comment')
    op.drop_table('draft_presence')
    op.drop_table('draft_revision')
