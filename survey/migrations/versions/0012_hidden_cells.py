"""the pattern of hidden cells beside results, and the tables a wave publishes

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

EVERY = '["unit,field", "unit,item", "field,item", "item,fact"]'


def upgrade() -> None:
    op.add_column("result_set", sa.Column("pattern", sa.LargeBinary(), nullable=True))
    op.add_column("wave", sa.Column("tables", sa.JSON(), server_default=EVERY, nullable=False))


def downgrade() -> None:
    op.drop_column("wave", "tables")
    op.drop_column("result_set", "pattern")
