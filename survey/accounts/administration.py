"""Accounts of others: the list, inviting, rights, disabling and letting in again."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from survey import clock
from survey.accounts import blueprint
from survey.accounts.forms import GrantForm, InviteForm
from survey.accounts.pages import AccountPage, AccountsPage, InvitePage, LinkMadePage
from survey.errors import NotFound
from survey.permissions import Role, access, roles
from survey.queries.people import accounts as queries
from survey.queries.people.accounts import AccountRow
from survey.queries.province import units as unit_queries
from survey.services.people import accounts, invitations
from survey.services.people.grants import GrantInput
from survey.services.people.invitations import Invited
from survey.web import staff
from survey.web.application import runtime
from survey.web.code_words import words
from survey.web.staff_forms import Button

View = str | Response
ADMINISTRATORS = roles(Role.ADMINISTRATOR)


@blueprint.get("/tai-khoan")
@access(ADMINISTRATORS)
def index() -> View:
    text = request.args.get("q", "")[:100].strip()
    with staff.reading() as record:
        page = AccountsPage(
            listing=queries.listing(record, staff.actor(), text=text, number=staff.page_number()),
            invitations=queries.open_invitations(record, staff.actor(), staff.now()),
            text=text,
            now=staff.now(),
        )
    return render_template("accounts/index.html", page=page)


@blueprint.route("/tai-khoan/moi", methods=["GET", "POST"])
@access(ADMINISTRATORS)
def invite() -> View:
    """A one-time link for a new person, with a first right. It is shown once."""
    form = InviteForm()
    form.unit.offer(_units())
    if form.validate_on_submit():
        with form.problems():
            invited = invitations.invite(
                runtime().database,
                staff.actor(),
                username=form.username.data,
                full_name=form.full_name.data,
                grants=(_grant(form),),
                now=staff.now(),
            )
            return _link_made(invited, is_reset=False)
    return render_template("accounts/invite.html", page=InvitePage(form=form))


@blueprint.get("/tai-khoan/<int:account_id>")
@access(ADMINISTRATORS)
def account(account_id: int) -> View:
    return _show(_found(account_id), _grant_form())


@blueprint.post("/tai-khoan/<int:account_id>")
@access(ADMINISTRATORS)
def add_grant(account_id: int) -> View:
    """Give an account one more right."""
    found, form = _found(account_id), _grant_form()
    if form.validate_on_submit():
        with form.problems():
            accounts.add_grant(runtime().database, staff.actor(), account_id, _grant(form), now=staff.now())
            return staff.done(gettext("The right is given."), "accounts.account", account_id=account_id)
    return _show(found, form)


@blueprint.post("/tai-khoan/<int:account_id>/quyen/<int:grant_id>/ket-thuc")
@access(ADMINISTRATORS)
def end_grant(account_id: int, grant_id: int) -> View:
    with staff.said_on("accounts.account", account_id=account_id) as answer:
        accounts.end_grant(runtime().database, staff.actor(), account_id, grant_id, now=staff.now())
        answer.done(gettext("The right has ended."))
    return answer.response


@blueprint.post("/tai-khoan/<int:account_id>/ngung")
@access(ADMINISTRATORS)
def disable(account_id: int) -> View:
    with staff.said_on("accounts.account", account_id=account_id) as answer:
        accounts.disable(runtime().database, staff.actor(), account_id, now=staff.now())
        answer.done(gettext("The account is disabled and signed out everywhere."))
    return answer.response


@blueprint.post("/tai-khoan/<int:account_id>/mo-lai")
@access(ADMINISTRATORS)
def enable(account_id: int) -> View:
    with staff.said_on("accounts.account", account_id=account_id) as answer:
        accounts.enable(runtime().database, staff.actor(), account_id, now=staff.now())
        answer.done(gettext("The account may sign in."))
    return answer.response


@blueprint.post("/tai-khoan/<int:account_id>/dat-lai")
@access(ADMINISTRATORS)
def reset(account_id: int) -> View:
    """A new link for a lost phone or password. It is shown once."""
    with staff.said_on("accounts.account", account_id=account_id) as answer:
        invited = invitations.reset(runtime().database, staff.actor(), account_id, now=staff.now())
        return _link_made(invited, is_reset=True)
    return answer.response


@blueprint.post("/tai-khoan/loi-moi/<int:invitation_id>/huy")
@access(ADMINISTRATORS)
def cancel_invitation(invitation_id: int) -> View:
    with staff.said_on("accounts.index") as answer:
        invitations.cancel_invitation(runtime().database, staff.actor(), invitation_id, now=staff.now())
        answer.done(gettext("The invitation is taken back; its link no longer works."))
    return answer.response


def _found(account_id: int) -> AccountRow:
    with staff.reading() as record:
        found = queries.one(record, staff.actor(), account_id)
    if found is None:
        raise NotFound("There is no such account, or it lies outside your units and services.")
    return found


def _show(found: AccountRow, form: GrantForm) -> View:
    page = AccountPage(
        account=found,
        form=form,
        button=Button(),
        is_own=found.id == staff.actor().account_id,
        idle_days=staff.settings().idle_account_days,
        now=staff.now(),
    )
    return render_template("accounts/account.html", page=page)


def _link_made(invited: Invited, *, is_reset: bool) -> View:
    address = runtime().config.public_url + invited.path
    page = LinkMadePage(invited=invited, address=address, is_reset=is_reset)
    return render_template("accounts/link_made.html", page=page)


def _grant_form() -> GrantForm:
    form = GrantForm()
    form.unit.offer(_units())
    return form


def _units() -> dict[str, list[tuple[int, str]]]:
    """Units the administrator may give rights on, by kind."""
    today = clock.local_day(staff.now())
    with staff.reading() as record:
        found = unit_queries.choices(record, staff.actor(), Role.ADMINISTRATOR, on=today)
    return {words("unit_kind", kind): list(units) for kind, units in found.items()}


def _grant(form: Any) -> GrantInput:
    return GrantInput(
        role=Role(form.role.data),
        unit_id=form.unit.data,
        domains=frozenset(form.domains.data),
        row_data=form.row_data.data,
        comments=form.comments.data,
    )
