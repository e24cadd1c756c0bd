"""Signing in and out, the one-time links, and one's own account."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from survey.accounts import blueprint
from survey.accounts.forms import (
    CodeForm,
    FirstPasswordForm,
    NewSecondStepForm,
    OwnPasswordForm,
    SignInForm,
)
from survey.accounts.pages import CodePage, EnrolPage, LinkPage, MinePage, OwnPasswordPage, SignInPage, qr_svg
from survey.errors import SurveyError
from survey.permissions import PUBLIC, SIGNED_IN, access
from survey.queries.people import accounts as queries
from survey.services.people import invitations, own_account, signin
from survey.services.people.credentials import enrolment, new_secret
from survey.web import staff, unsaved_input
from survey.web.application import runtime
from survey.web.staff_forms import Button

View = str | Response
SECRET_SECONDS = 15 * 60


@blueprint.route("/dang-nhap", methods=["GET", "POST"])
@access(PUBLIC)
def sign_in() -> View:
    """First step: name and password."""
    if staff.signed_in():
        return redirect(unsaved_input.safe_next(request.args.get("next", "")), 303)
    form = SignInForm(data={"next": request.args.get("next", "")})
    if form.validate_on_submit():
        try:
            proof = signin.check_password(
                runtime().database, staff.passwords(), form.username.data, form.password.data, now=staff.now()
            )
        except SurveyError as error:
            form.refuse(error)
        else:
            session["pending"] = {
                "account": proof.account_id,
                "stamp": proof.stamp,
                "at": int(staff.now().timestamp()),
            }
            return _code_page(CodeForm(formdata=None, data={"kept": form.kept.data, "next": form.next.data}))
    return render_template("accounts/sign_in.html", page=SignInPage(form=form))


def sign_in_with_work(kept: str) -> View:
    """The sign-in page in place of an answer to a form whose session has ended. It carries the typed work along."""
    form = SignInForm(formdata=None, data={"kept": kept})
    return render_template("accounts/sign_in.html", page=SignInPage(form=form))


@blueprint.route("/dang-nhap/ma-xac-thuc", methods=["GET", "POST"])
@access(PUBLIC)
def second_step() -> View:
    """Second step: the code of the phone."""
    pending = session.get("pending")
    if pending is None or staff.now().timestamp() - pending["at"] > signin.PENDING_SECONDS:
        session.pop("pending", None)
        flash(gettext("Please begin again with your name and password."), "warn")
        return redirect(url_for("accounts.sign_in"), 303)
    form = CodeForm()
    if form.validate_on_submit():
        proof = signin.PasswordProof(pending["account"], pending["stamp"])
        try:
            opened = signin.confirm_code(
                runtime().database,
                staff.vault(),
                proof,
                form.code.data,
                now=staff.now(),
                idle_days=staff.settings().idle_account_days,
                language=session.get("language"),
            )
        except SurveyError as error:
            form.refuse(error)
        else:
            staff.begin_session(opened)
            return unsaved_input.resume(
                staff.vault(), form.kept.data, account_id=opened.account_id, otherwise=form.next.data
            )
    return _code_page(form)


def _code_page(form: CodeForm) -> View:
    return render_template("accounts/second_step.html", page=CodePage(form=form))


@blueprint.post("/dang-xuat")
@access(SIGNED_IN)
def sign_out() -> View:
    staff.end_session()
    flash(gettext("You have signed out."))
    return redirect(url_for("accounts.sign_in"), 303)


# One-time links


@blueprint.route("/loi-moi/<token>", methods=["GET", "POST"])
@access(PUBLIC)
def link(token: str) -> View:
    """First step of a link: choose a password."""
    found = invitations.open_link(runtime().database, token, now=staff.now())
    form = FirstPasswordForm()
    if not found.asks_name:
        del form.full_name
    if form.validate_on_submit():
        with form.problems():
            invitations.choose_password(
                runtime().database,
                staff.passwords(),
                token,
                form.password.data,
                full_name=form.full_name.data if found.asks_name else "",
                now=staff.now(),
            )
            return redirect(url_for("accounts.link_second_step", token=token), 303)
    return render_template("accounts/link.html", page=LinkPage(form=form, link=found))


@blueprint.route("/loi-moi/<token>/xac-thuc", methods=["GET", "POST"])
@access(PUBLIC)
def link_second_step(token: str) -> View:
    """Second step of a link: the phone's app, proven by its first code."""
    found = invitations.open_link(runtime().database, token, now=staff.now())
    if not found.has_password:
        return redirect(url_for("accounts.link", token=token), 303)
    form = CodeForm()
    if form.validate_on_submit():
        with form.problems():
            opened = invitations.finish_link(
                runtime().database,
                staff.vault(),
                token,
                form.code.data,
                now=staff.now(),
                language=session.get("language"),
            )
            staff.begin_session(opened)
            return staff.done(gettext("Welcome. Your account is ready."), "site.home")
    shown = invitations.link_enrolment(staff.vault(), found, token)
    return render_template("accounts/enrol.html", page=EnrolPage(form=form, enrolment=shown, qr=qr_svg(shown.uri)))


# One's own account


@blueprint.get("/tai-khoan-cua-toi")
@access(SIGNED_IN)
def mine() -> View:
    with staff.reading() as record:
        account = queries.own(record, staff.actor())
        sessions = queries.open_sessions(
            record, staff.actor().account_id or 0, this=staff.session_digest(), now=staff.now()
        )
    assert account is not None
    return render_template("accounts/mine.html", page=MinePage(account=account, sessions=sessions, button=Button()))


@blueprint.route("/tai-khoan-cua-toi/mat-khau", methods=["GET", "POST"])
@access(SIGNED_IN)
def change_password() -> View:
    form = OwnPasswordForm()
    if form.validate_on_submit():
        with form.problems():
            own_account.change_password(
                runtime().database,
                staff.passwords(),
                staff.actor(),
                current=form.current.data,
                new=form.password.data,
                session_digest=staff.session_digest(),
                now=staff.now(),
            )
            return staff.done(gettext("Your password is changed. Other browsers were signed out."), "accounts.mine")
    return render_template("accounts/change_password.html", page=OwnPasswordPage(form))


@blueprint.route("/tai-khoan-cua-toi/xac-thuc", methods=["GET", "POST"])
@access(SIGNED_IN)
def change_second_step() -> View:
    form = NewSecondStepForm()
    opened = staff.vault().unwrap(form.sealed.data or "", seconds=SECRET_SECONDS)
    secret = opened.decode() if opened else new_secret()
    if form.validate_on_submit() and opened:
        with form.problems():
            own_account.replace_second_step(
                runtime().database,
                staff.passwords(),
                staff.vault(),
                staff.actor(),
                current=form.current.data,
                secret=secret,
                code=form.code.data,
                session_digest=staff.session_digest(),
                now=staff.now(),
            )
            return staff.done(gettext("Your second step is changed. Other browsers were signed out."), "accounts.mine")
    form.sealed.data = staff.vault().wrap(secret.encode())
    shown = enrolment(secret, staff.actor().username)
    return render_template("accounts/change_second_step.html", page=EnrolPage(form, shown, qr_svg(shown.uri)))


@blueprint.post("/tai-khoan-cua-toi/csv")
@access(SIGNED_IN)
def take_csv() -> View:
    """Keep how CSV files are wanted, and go on to the file whose button was pressed."""
    staff.chosen_csv_dialect()
    return redirect(unsaved_input.safe_next(request.form.get("next", "")), 303)


@blueprint.post("/tai-khoan-cua-toi/dang-xuat-moi-noi")
@access(SIGNED_IN)
def sign_out_everywhere() -> View:
    signin.end_everywhere(runtime().database, staff.actor(), now=staff.now())
    staff.end_session()
    flash(gettext("You are signed out of every browser."))
    return redirect(url_for("accounts.sign_in"), 303)
