"""analyses of result sets

The column that was to hold mergeable totals was never written; what a result set keeps beside its estimates are the
further analyses made with them.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE result_set RENAME COLUMN totals TO analyses")


def downgrade() -> None:
    op.execute("ALTER TABLE result_set RENAME COLUMN analyses TO totals")
