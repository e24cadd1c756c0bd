"""What the faces bring along for the frame of every staff page: entries of the navigation, panels of the home page,
kinds of files.

A face is registered like this:

    def register(app):
        app.register_blueprint(blueprint)
        home_and_menu.add_nav(app, NavEntry(20, lazy_gettext("Waves"), "fieldwork.waves"))
        home_and_menu.add_panel(app, 20, waves_today)  # on the home page: (session, actor, now) -> Panel | None
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey.permissions import Actor


@dataclass(frozen=True)
class NavEntry:
    """One entry of the main navigation; shown to whom its route admits."""

    order: int
    label: Any  # a lazy text
    endpoint: str
    owns: tuple[str, ...] = ()  # beginnings of other addresses on which this entry is the current one


@dataclass(frozen=True)
class PanelItem:
    """One line of the home page: what there is to do or to know. `state`: good, warn, bad or nothing."""

    text: str
    url: str | None = None
    detail: str = ""
    state: str = ""


@dataclass(frozen=True)
class Panel:
    title: str
    items: tuple[PanelItem, ...] = ()
    empty: str = ""


Record = Session  # what `reading()` gives and queries take; faces do not know SQLAlchemy
# `staff.reading()` gives and queries take; faces do not know SQLAlchemy
PanelMaker = Callable[[Record, Actor, datetime], Panel | None]


@dataclass(frozen=True)
class FileKind:
    """A kind of job that ends in a file: where its page leads back to, from the parameters of the job."""

    back: Callable[[Mapping[str, Any]], str]
    label: Any  # a lazy text


@dataclass
class Registry:
    """What the faces have brought along."""

    nav: list[NavEntry] = field(default_factory=list)
    panels: list[tuple[int, PanelMaker]] = field(default_factory=list)
    files: dict[str, FileKind] = field(default_factory=dict)
    sign_in_page: Callable[[str], AnyResponse | str] | None = None


def registry(app: Flask) -> Registry:
    found: Registry = app.extensions.setdefault("staff.registry", Registry())
    return found


def add_nav(app: Flask, entry: NavEntry) -> None:
    registry(app).nav.append(entry)


def add_panel(app: Flask, order: int, maker: PanelMaker) -> None:
    registry(app).panels.append((order, maker))


def add_file_kind(app: Flask, job_kind: str, entry: FileKind) -> None:
    registry(app).files[job_kind] = entry
