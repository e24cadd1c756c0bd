"""forms that a channel gave out

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "issued_forms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("field_id", sa.Integer(), nullable=True),
        sa.Column("field_key", sa.Integer(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.CheckConstraint("issued >= 0", name=op.f("ck_issued_forms_issued_not_negative")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_issued_forms_channel_id_channel")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_issued_forms_unit_id_unit")),
        sa.ForeignKeyConstraint(["field_id"], ["field.id"], name=op.f("fk_issued_forms_field_id_field")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issued_forms")),
    )
    op.create_index("uq_issued_forms_place", "issued_forms", ["channel_id", "unit_id", "field_key"], unique=True)
    op.create_index(op.f("ix_issued_forms_unit_id"), "issued_forms", ["unit_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_issued_forms_unit_id"), table_name="issued_forms")
    op.drop_index("uq_issued_forms_place", table_name="issued_forms")
    op.drop_table("issued_forms")
