"""The home page's own panels: what a new installation still needs, work in the background, the state of the system."""

from __future__ import annotations

from datetime import datetime

from flask import url_for
from flask_babel import gettext, ngettext

from survey.i18n import language
from survey.permissions import Actor, Role
from survey.queries import installation as queries
from survey.queries.people import accounts as account_queries
from survey.web import staff
from survey.web.application import runtime
from survey.web.home_and_menu import Panel, PanelItem, Record
from survey.words.figures import grouped

LEVEL_2_PEOPLE = 100_000  # people with basic data from which a system is level 3 (Nghị định 331/2026)
WARN_SHARE = 0.8


def setting_up(record: Record, actor: Actor, now: datetime) -> Panel | None:
    """What an administrator of the province does first; gone once it is done."""
    if not actor.governs_province:
        return None
    settings, state = staff.settings(), queries.setup(record)
    steps = [
        (settings.province_name and settings.hotline, gettext("Set the province's name and hotline"), "site.settings"),
        (settings.domain, gettext("Set the address citizens type"), "site.settings"),
        (state.units > 1, gettext("Import the units"), "site.import_units"),
        (state.fields, gettext("Enter the fields of procedures"), "site.fields"),
        (state.plans, gettext("Enter a target plan"), "site.plans"),
        (state.accounts > 1, gettext("Invite the people who will work with it"), "accounts.invite"),
    ]
    open_steps = [(text, endpoint) for is_done, text, endpoint in steps if not is_done]
    if not open_steps:
        return None
    return Panel(
        gettext("Setting up"),
        tuple(PanelItem(text, url_for(endpoint), state="warn") for text, endpoint in open_steps),
    )


def work_in_background(record: Record, actor: Actor, now: datetime) -> Panel | None:
    everybody = actor.has(Role.ADMINISTRATOR)
    counts = queries.jobs(record, None if everybody else actor.account_id)
    items = [
        (counts.running, ngettext("%(num)s file is being made", "%(num)s files are being made", counts.running), ""),
        (counts.waiting, ngettext("%(num)s file waits", "%(num)s files wait", counts.waiting), ""),
        (counts.failed, ngettext("%(num)s file failed", "%(num)s files failed", counts.failed), "bad"),
    ]
    shown = tuple(PanelItem(text, state=state) for number, text, state in items if number)
    return Panel(gettext("Work in the background"), shown, gettext("Nothing is being made, nothing has failed."))


def state_of_the_system(record: Record, actor: Actor, now: datetime) -> Panel | None:
    if not actor.governs_province:
        return None
    people = account_queries.count(record)
    engine = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[runtime().database.dialect]
    items = [
        PanelItem(
            gettext("%(people)s people with personal data", people=grouped(people, language())),
            detail=gettext(
                "Staff accounts only; answers name nobody. From %(limit)s people on the system would be level 3.",
                limit=grouped(LEVEL_2_PEOPLE, language()),
            ),
            state="warn" if people >= WARN_SHARE * LEVEL_2_PEOPLE else "good",
        ),
        PanelItem(
            gettext("The record answers"),
            detail=gettext("%(engine)s, version %(version)s of the program", engine=engine, version=staff.version()),
            state="good",
        ),
    ]
    if not runtime().config.secure:
        items.append(
            PanelItem(
                gettext("Pages are served without https"),
                detail=gettext("Fine for a trial on one machine; set PUBLIC_URL to an https address before a wave."),
                state="warn",
            )
        )
    return Panel(gettext("State of the system"), tuple(items))
