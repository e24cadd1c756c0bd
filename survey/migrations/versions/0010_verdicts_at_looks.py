"""what planned looks at running waves proved

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

FIXED = "what a look proved is written down once"


def upgrade() -> None:
    op.create_table(
        "look_verdict",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("responses", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_look_verdict_channel_id_channel")),
        sa.PrimaryKeyConstraint("channel_id", "number", name=op.f("pk_look_verdict")),
    )
    for event in ("UPDATE", "DELETE"):
        name, row = f"guard_look_verdict_{event.lower()}", "OLD" if event == "DELETE" else "NEW"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON look_verdict BEGIN SELECT RAISE(ABORT, '{FIXED}'); END")
        else:
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                f" RAISE EXCEPTION '{FIXED}' USING ERRCODE = 'integrity_constraint_violation'; RETURN {row}; END $$"
            )
            op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON look_verdict FOR EACH ROW EXECUTE FUNCTION {name}()")


def downgrade() -> None:
    for event in ("update", "delete"):
        name = f"guard_look_verdict_{event}"
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER {name}")
        else:
            op.execute(f"DROP TRIGGER {name} ON look_verdict")
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("look_verdict")
