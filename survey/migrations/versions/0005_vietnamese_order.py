"""names in Vietnamese order

Units, fields, collection points and people keep a sort key beside the name: the rule of ICU's `vi` collation as plain
ASCII. The rule is written out here as it was when this step was made, so that the step never changes.

Revision ID: 0005
Revises: 0004
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAMES = {"unit": "name", "field": "name", "collection_point": "name", "account": "full_name"}
AT_ONCE = 1000


def upgrade() -> None:
    connection = op.get_bind()
    kind = sa.Text(collation="C") if connection.dialect.name == "postgresql" else sa.Text()
    for table, column in NAMES.items():
        op.add_column(table, sa.Column("sort_key", kind, nullable=False, server_default=""))
        rows = sa.table(table, sa.column("id"), sa.column(column), sa.column("sort_key"))
        fill = sa.update(rows).where(rows.c.id == sa.bindparam("row")).values(sort_key=sa.bindparam("key"))
        held = connection.execute(sa.select(rows.c.id, rows.c[column])).all()
        for start in range(0, len(held), AT_ONCE):
            part = held[start : start + AT_ONCE]
            connection.execute(fill, [{"row": number, "key": sort_key(name)} for number, name in part])


def downgrade() -> None:
    for table in NAMES:
        op.drop_column(table, "sort_key")


LETTERS = {
    ("a", "\u0306"): "a~", ("a", "\u0302"): "a~~", ("e", "\u0302"): "e~",
    ("o", "\u0302"): "o~", ("o", "\u031b"): "o~~", ("u", "\u031b"): "u~",
}
TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}
SIGNS = "_-\u2013\u2014,;:!?.'\u2018\u2019\"\u201c\u201d()[]{}\u00a7@*/\\&#%`^+<=>|~$"


def sort_key(name: str) -> str:
    """Letters, then tones from the left, then small letters before capitals."""
    letters: list[str] = []
    tones: list[str] = []
    capitals: list[str] = []
    base = ""
    for character in unicodedata.normalize("NFKD", " ".join(name.split())):
        small = character.lower()
        if not unicodedata.combining(character) or not letters:
            letters.append(first_weight(small))
            tones.append("0")
            capitals.append("1" if small != character else "0")
            base = small
        elif (base, character) in LETTERS:
            letters[-1] = LETTERS[base, character]
        else:
            tones[-1] = max(tones[-1], TONES.get(character, "6"))
    levels = ("".join(letters), "".join(tones).rstrip("0"), "".join(capitals).rstrip("0"))
    return " ".join(levels).rstrip(" ")


def first_weight(small: str) -> str:
    if small.isascii() and small.isalnum():
        return small
    if small == "\u0111":
        return "d~"
    if small.isspace():
        return "!"
    if small in SIGNS:
        return f'"{SIGNS.index(small):02d}'
    if small[:1].isalpha():
        return "".join(f"{{{ord(c):06x}" for c in small)
    return "".join(f'"~{ord(c):06x}' for c in small)
