"""What every staff page shares: who is asking, whether they may, and the frame around the page.

A face brings its part by `home_and_menu`. Its views are declared twice, by `@access(...)` and in `permissions.ROUTES`;
a route in only one of them is a 404. In a view: `staff.actor()`, `staff.now()`, `staff.reading()`; after a change
`return staff.done(message, endpoint, …)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import Flask, abort, current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext
from flask_login import LoginManager, UserMixin
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from survey import __version__, clock
from survey.csv_dialects import CsvDialect
from survey.errors import Forbidden, SurveyError
from survey.i18n import language
from survey.permissions import PUBLIC, ROUTES, Actor
from survey.queries.people import accounts as account_queries
from survey.services.people import own_account, signin
from survey.services.people.credentials import Passwords, Vault
from survey.services.province import settings as setting_service
from survey.services.province.settings import ProvinceSettings
from survey.web import home_and_menu, staff_session, unsaved_input
from survey.web.application import Runtime, runtime, runtime_of
from survey.web.code_words import capital_words, rule_words, words, words_of
from survey.web.staff_session import PREFIX, StaffSession, StaffSessions
from survey.words.figures import plain

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SETTINGS_SECONDS = 10.0


@dataclass
class StaffRequest:
    """The request at hand: who asks (None: a visitor), and whose session has just ended."""

    actor: Actor | None = None
    ended_account: int | None = None


class StaffUser(UserMixin):
    """The actor in the form that Flask-Login keeps for a request."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor

    def get_id(self) -> str:
        return str(self.actor.account_id)


# What a face calls


def actor() -> Actor:
    """Who is signed in. Only in views whose access is not public."""
    found: Actor | None = g.staff.actor
    if found is None:
        abort(404)
    return found


def now() -> datetime:
    """This moment. Tests set `CLOCK` in the app's configuration."""
    ask: Callable[[], datetime] = current_app.config.get("CLOCK", clock.now)
    return ask()


def reading() -> AbstractContextManager[Session]:
    return runtime().database.reading()


def signed_in() -> bool:
    return g.staff.actor is not None


def session_digest() -> bytes:
    """The session at hand, as the record knows it."""
    held = _session()
    assert held.digest is not None
    return held.digest


def begin_session(opened: signin.OpenedSession) -> None:
    """Sign the browser in under a new token."""
    _session().begin(opened)


def end_session() -> None:
    """Sign the browser out; it keeps its language."""
    held = _session()
    kept = {"language": held["language"]} if "language" in held else {}
    if held.digest is not None:
        signin.end_session(runtime().database, held.digest, now=now())
    held.forget(**kept)
    g.staff.actor = None


def _session() -> StaffSession:
    held = session._get_current_object()  # type: ignore[attr-defined]  # Flask's own name, hidden from types by its proxy
    assert isinstance(held, StaffSession)
    return held


def passwords() -> Passwords:
    found: Passwords = current_app.extensions["staff.passwords"]
    return found


def vault() -> Vault:
    found: Vault = current_app.extensions["staff.vault"]
    return found


def settings() -> ProvinceSettings:
    """The province's settings, at most ten seconds old."""
    kept: _Settings = current_app.extensions["staff.settings"]
    return kept.now()


def csv_dialect() -> CsvDialect:
    """How the person signed in last wanted CSV files."""
    with reading() as record:
        return account_queries.csv_dialect(record, actor())


def chosen_csv_dialect() -> CsvDialect:
    """What was chosen at the button that was pressed, kept for the next time; without a choice what was kept."""
    wanted = request.form.get("csv", "")
    if wanted not in set(CsvDialect):
        return csv_dialect()
    own_account.remember_csv_dialect(runtime().database, actor(), CsvDialect(wanted))
    return CsvDialect(wanted)


def done(message: str, endpoint: str, **values: Any) -> AnyResponse:
    """After a change: say so and show a page (303, so that going back does not send again)."""
    flash(message)
    return redirect(url_for(endpoint, **values), 303)


@dataclass
class ButtonAnswer:
    """The result of pressing a button: the page to show, and the sentence to show on it."""

    response: AnyResponse
    _message: str = ""

    def done(self, message: str) -> None:
        self._message = message


@contextmanager
def said_on(endpoint: str, **values: Any) -> Iterator[ButtonAnswer]:
    """For a button without fields: say on the page what was done, or in a sentence why it could not be done.

    with staff.said_on("fieldwork.wave", wave_id=wave_id) as answer:
        waves.close(...)
        answer.done(gettext("The wave is closed."))
    return answer.response
    """
    answer = ButtonAnswer(redirect(url_for(endpoint, **values), 303))
    try:
        yield answer
    except SurveyError as error:
        if error.status in (403, 404) or error.status >= 500:
            raise
        flash(sentence(error), "error")
    else:
        flash(answer._message)


def sentence(error: SurveyError) -> str:
    """The sentence of a service's error in the language of the page."""
    said = {n: plain(v, language()) if isinstance(v, Decimal) else v for n, v in error.values.items()}
    return str(gettext(error.message, **said) if said else gettext(error.message))


def page_number() -> int:
    """Which page of a list is asked for."""
    text = request.args.get("page", "1")
    return int(text) if text.isdecimal() and len(text) < 8 else 1


def version() -> str:
    return __version__


def panels(record: Session) -> list[home_and_menu.Panel]:
    """The panels of the home page for whoever asks, in order."""
    makers = sorted(home_and_menu.registry(current_app).panels, key=lambda entry: entry[0])
    made = (maker(record, actor(), now()) for _, maker in makers)
    return [panel for panel in made if panel is not None]


# Installed once, by the face that is always there


def install(app: Flask) -> None:
    shared = runtime_of(app)
    app.extensions["staff.passwords"] = app.config.get("PASSWORDS") or Passwords()
    app.extensions["staff.vault"] = Vault(shared.config.secret_keys)
    app.extensions["staff.settings"] = _Settings(shared, 0.0 if shared.config.testing else SETTINGS_SECONDS)
    app.session_interface = StaffSessions(shared.database, secure=shared.config.secure)
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # `_guard` asks: citizens' forms carry a signed key instead
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session
        WTF_CSRF_SSL_STRICT=False,  # our pages send no Referer; the token and SameSite protect
    )
    app.extensions["staff.csrf"] = CSRFProtect(app)
    login = LoginManager()
    login.session_protection = None  # would keep a hash of address and browser
    login.init_app(app)
    login.request_loader(lambda _request: StaffUser(g.staff.actor) if g.get("staff") and g.staff.actor else None)
    app.jinja_env.globals.update(
        csrf_field=_csrf_field,
        may_open=may_open,
        words=words,
        capital_words=capital_words,
        rule_words=rule_words,
        words_of=words_of,
        say=_say,
        csv_dialect=csv_dialect,
    )
    app.before_request(_guard)
    app.context_processor(_context)


def _guard() -> AnyResponse | str | None:
    """Refuse a staff request that its route does not allow. Routes that `ROUTES` does not have are 404."""
    if not request.path.startswith(PREFIX + "/") or request.endpoint == "static":
        return None
    g.staff = StaffRequest()
    held = _session()
    found = staff_session.load(runtime().database, held, now=now(), idle_minutes=settings().idle_minutes)
    if found is not None and found.actor is not None:
        g.staff.actor = found.actor
    elif held.token is not None:
        g.staff.ended_account = found.account_id if found else None
        held.forget()
    if request.endpoint is None:
        return None  # no such page, or no such method: the error page says which
    rule = ROUTES.get(request.endpoint)
    if rule is None or getattr(current_app.view_functions[request.endpoint], "access", None) != rule:
        abort(404)
    if g.staff.actor is None and rule != PUBLIC:
        return _ask_to_sign_in()
    if not rule.admits(g.staff.actor):
        raise Forbidden("Your account does not have the right to open this page. Ask an administrator of the province.")
    if request.method not in SAFE_METHODS:
        return _check_form()
    return None


def _ask_to_sign_in() -> AnyResponse | str:
    if g.staff.ended_account is not None:
        flash(gettext("Your session has ended. Please sign in again; what you typed is kept."), "warn")
    page = home_and_menu.registry(current_app).sign_in_page
    if request.method in SAFE_METHODS or page is None:
        return redirect(url_for("accounts.sign_in", next=unsaved_input.here()), 303)
    _refuse_other_sites()
    return page(unsaved_input.sealed_work(vault(), g.staff.ended_account) or "")


def _check_form() -> AnyResponse | None:
    """The form was made by us, for this session."""
    _refuse_other_sites()
    try:
        current_app.extensions["staff.csrf"].protect()
    except CSRFError:
        if g.staff.actor is not None and (work := unsaved_input.typed()):
            session["work"] = work
        flash(gettext("This page was out of date. Please check what is entered and send it again."), "error")
        return redirect(unsaved_input.here() if unsaved_input.can_be_shown() else url_for("site.home"), 303)
    if session.get("work", {}).get("path") == unsaved_input.here():
        del session["work"]
    return None


def _refuse_other_sites() -> None:
    """Refuse a form that, as the browser says, was sent from a page of another site."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(400)


# The frame


@dataclass(frozen=True)
class ShownEntry:
    label: str
    url: str
    current: bool


def _context() -> dict[str, Any]:
    if "staff" not in g:
        return {}
    who = g.staff.actor
    return {
        "staff": who,
        "staff_nav": _nav() if who else [],
        "province": _province_name(),
        "today": now(),
        "here": unsaved_input.here()
        if request.method == "GET"
        else request.path
        if unsaved_input.can_be_shown()
        else "",
    }


def _nav() -> list[ShownEntry]:
    entries = [
        e for e in sorted(home_and_menu.registry(current_app).nav, key=lambda e: e.order) if may_open(e.endpoint)
    ]
    addresses = [(e, (url_for(e.endpoint), *e.owns)) for e in entries]
    home = url_for("site.home")
    here = max((u for _, urls in addresses for u in urls if _is_here(u, home)), key=len, default=None)
    return [ShownEntry(str(e.label), urls[0], here in urls) for e, urls in addresses]


def may_open(endpoint: str) -> bool:
    """Whether whoever asks may reach this route; templates show links and buttons by it."""
    return endpoint in ROUTES and ROUTES[endpoint].admits(g.staff.actor)


def _is_here(url: str, home: str) -> bool:
    return request.path == url if url == home else request.path == url or request.path.startswith(url + "/")


def _province_name() -> str:
    try:
        return settings().province_name
    except Exception:  # an error page must not fail because the record is away
        return ""


def _say(message: str, values: Mapping[str, Any]) -> str:
    """A sentence of a service, with its values, in the language of the page."""
    return str(gettext(message, **values) if values else gettext(message))


def _csrf_field() -> Markup:
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


class _Settings:
    """The settings as last read, so that not every request asks the record."""

    def __init__(self, shared: Runtime, seconds: float) -> None:
        self._shared, self._seconds = shared, seconds
        self._kept: tuple[float, ProvinceSettings] | None = None

    def now(self) -> ProvinceSettings:
        import time

        at = time.monotonic()
        if self._kept is None or at - self._kept[0] >= self._seconds:
            with self._shared.database.view() as connection:
                self._kept = (at, setting_service.read(connection))
        return self._kept[1]

    def forget(self) -> None:
        self._kept = None


def forget_settings() -> None:
    """Read the settings anew at the next request, because they were changed in this process."""
    current_app.extensions["staff.settings"].forget()
