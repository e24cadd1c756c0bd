"""how each person wants CSV files

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("account", sa.Column("csv_dialect", sa.String(length=20), server_default="comma", nullable=False))


def downgrade() -> None:
    op.drop_column("account", "csv_dialect")
