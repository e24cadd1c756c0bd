"""questions read aloud, and answers of a trial

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sound_file",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kept_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("milliseconds > 0", name=op.f("ck_sound_file_milliseconds_positive")),
        sa.ForeignKeyConstraint(["kept_by"], ["account.id"], name=op.f("fk_sound_file_kept_by_account")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sound_file")),
    )
    op.create_table(
        "trial_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("texts", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["instrument_version.id"],
            name=op.f("fk_trial_answer_version_id_instrument_version"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_answer")),
    )
    op.create_index(op.f("ix_trial_answer_version_id"), "trial_answer", ["version_id"])
    op.create_index(op.f("ix_trial_answer_tried_at"), "trial_answer", ["tried_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_trial_answer_tried_at"), table_name="trial_answer")
    op.drop_index(op.f("ix_trial_answer_version_id"), table_name="trial_answer")
    op.drop_table("trial_answer")
    op.drop_table("sound_file")
