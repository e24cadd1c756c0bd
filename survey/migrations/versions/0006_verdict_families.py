"""families of verdicts, and versions of result sets

Which figures are judged together is written down when a wave is opened. Waves that are open now get it from the record
as it stands: `hailong db upgrade` writes it after this step.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FIXED = "which figures are judged together is fixed when a wave is opened"


def upgrade() -> None:
    op.create_table(
        "verdict_families",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("families", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_verdict_families_channel_id_channel")),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_verdict_families")),
    )
    op.add_column("result_set", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.create_index("uq_result_set_version", "result_set", ["channel_id", "version"], unique=True)
    for event in ("UPDATE", "DELETE"):
        name, row = f"guard_verdict_families_{event.lower()}", "OLD" if event == "DELETE" else "NEW"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON verdict_families BEGIN SELECT RAISE(ABORT, '{FIXED}'); END"
            )
        else:
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" RAISE EXCEPTION '{FIXED}' USING ERRCODE = 'integrity_constraint_violation'; RETURN {row}; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {event} ON verdict_families FOR EACH ROW EXECUTE FUNCTION {name}()"
            )


def downgrade() -> None:
    for event in ("update", "delete"):
        name = f"guard_verdict_families_{event}"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {name}")
        else:
            op.execute(f"DROP TRIGGER {name} ON verdict_families")
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_index("uq_result_set_version", table_name="result_set")
    op.drop_column("result_set", "version")
    op.drop_table("verdict_families")
