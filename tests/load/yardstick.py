"""The yardstick: the least a Flask and SQLAlchemy program can do for a citizen, under gunicorn with two sync workers.

One yardstick citizen is a GET of a page of 1 kB and a POST that inserts one row durably (SQLite, WAL, synchronous
FULL).
Everything measured of Hài Lòng is stated in yardsticks of the same run, since machines differ and are noisy.

    YARDSTICK_DB=/path/to.db gunicorn -w 2 -b 127.0.0.1:8000 tests.load.yardstick:app
"""

from __future__ import annotations

import os
import secrets

from flask import Flask, request
from sqlalchemy import LargeBinary, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from werkzeug.wrappers import Response

PAGE = "<!doctype html><title>yardstick</title><form method=post><input name=answer><button>Send</button></form>"
PAGE += "<!--" + "x" * (1024 - len(PAGE) - 7) + "-->"


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "row"
    key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    answer: Mapped[str] = mapped_column(String(200))


engine = create_engine(f"sqlite:///{os.environ.get('YARDSTICK_DB', '/tmp/yardstick.db')}", connect_args={"timeout": 15})


@event.listens_for(engine, "connect")
def durable(raw: object, _record: object) -> None:
    raw.isolation_level = None  # type: ignore[attr-defined]
    raw.execute("PRAGMA journal_mode=WAL")  # type: ignore[attr-defined]
    raw.execute("PRAGMA synchronous=FULL")  # type: ignore[attr-defined]


@event.listens_for(engine, "begin")
def begin(connection: object) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]


app = Flask(__name__)


@app.get("/")
def page() -> str:
    return PAGE


@app.post("/")
def insert() -> Response:
    with Session(engine) as session, session.begin():
        session.add(Row(key=secrets.token_bytes(16), answer=request.form.get("answer", "")[:200]))
    return Response("thank you\n", mimetype="text/plain")


Base.metadata.create_all(engine)
