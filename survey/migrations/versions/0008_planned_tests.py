"""tests fixed before a wave opens

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "planned_tests",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("margin", sa.Double(), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("margin > 0 AND margin < 1", name=op.f("ck_planned_tests_margin_is_a_share")),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_planned_tests_wave_id_wave")),
        sa.PrimaryKeyConstraint("wave_id", name=op.f("pk_planned_tests")),
    )


def downgrade() -> None:
    op.drop_table("planned_tests")
