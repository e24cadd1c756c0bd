"""looks at a running wave, fixed before it opens

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("planned_tests", sa.Column("spending", sa.String(length=40), server_default="", nullable=False))
    op.add_column("planned_tests", sa.Column("looks", sa.JSON(), server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("planned_tests", "looks")
    op.drop_column("planned_tests", "spending")
