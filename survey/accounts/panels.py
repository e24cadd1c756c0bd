"""What an administrator should know about accounts today."""

from __future__ import annotations

from datetime import datetime

from flask import url_for
from flask_babel import gettext, ngettext

from survey.permissions import Actor, Role
from survey.queries.people import accounts as queries
from survey.web import staff
from survey.web.home_and_menu import Panel, PanelItem, Record
from survey.words.figures import moment

SOON_DAYS = 7


def accounts_today(record: Record, actor: Actor, now: datetime) -> Panel | None:
    if not actor.has(Role.ADMINISTRATOR):
        return None
    found = queries.attention(record, actor, now=now, idle_days=staff.settings().idle_account_days, soon_days=SOON_DAYS)
    items = [
        PanelItem(
            gettext("%(name)s waits after %(count)s wrong tries", name=w.full_name, count=w.failures),
            url_for("accounts.account", account_id=w.id),
            gettext("until %(when)s. If it was not this person, someone is guessing.", when=moment(w.wait_until)),
            "bad",
        )
        for w in found.waiting
    ]
    if found.idle_soon:
        text = ngettext(
            "%(num)s account will be disabled within a week",
            "%(num)s accounts will be disabled within a week",
            found.idle_soon,
        )
        items.append(PanelItem(text, url_for("accounts.index"), gettext("nobody has signed in to it for long"), "warn"))
    if found.invitations:
        text = ngettext("%(num)s invitation is open", "%(num)s invitations are open", found.invitations)
        items.append(PanelItem(text, url_for("accounts.index")))
    return Panel(gettext("Accounts"), tuple(items), gettext("Nobody waits, no account is about to be disabled."))
