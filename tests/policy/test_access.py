"""Who may reach what: the table equals the application, and every route keeps to it, for every role and object."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from survey.database import Database
from survey.models.registry import metadata
from survey.permissions import PUBLIC, ROUTES, SIGNED_IN, Access, Role
from tests.policy.world import NOT_SCOPED, SignIn, World, methods, staff_rules, whom
from tests.staff_client import StaffClient

# Pages that show or change what holds for the whole province: an administrator of a part gets 403 there.
OF_THE_PROVINCE = frozenset({"site.settings", "site.audit_trail", "site.audit_file"})


def everything(database: Database) -> dict[str, list[Any]]:
    """The whole record but sessions, whose last use is noted."""
    with database.reading() as session:
        return {
            table.name: sorted(map(str, session.execute(select(table)).all()))
            for table in metadata.sorted_tables
            if table.name != "staff_session"
        }


def test_table_of_routes_is_the_application(whole_app: Flask) -> None:
    endpoints = {r.endpoint for r in whole_app.url_map.iter_rules()}
    assert set(ROUTES) == endpoints


def test_every_staff_view_declares_what_the_table_says(whole_app: Flask) -> None:
    for rule in staff_rules(whole_app):
        assert getattr(whole_app.view_functions[rule.endpoint], "access", None) == ROUTES[rule.endpoint], rule.endpoint


def test_public_staff_routes_are_only_those_of_signing_in(whole_app: Flask) -> None:
    public = {r.endpoint for r in staff_rules(whole_app) if ROUTES[r.endpoint] == PUBLIC}
    assert public == {
        "accounts.sign_in",
        "accounts.second_step",
        "accounts.link",
        "accounts.link_second_step",
        "site.change_language",
    }


def test_route_that_only_the_view_or_only_the_table_declares_is_not_there(
    staff_app: Flask, sign_in: SignIn, province: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = sign_in(province.everywhere[Role.ADMINISTRATOR])
    assert browser.get("/quan-tri/don-vi").status == 200
    monkeypatch.delitem(ROUTES, "site.units_index")
    assert browser.get("/quan-tri/don-vi").status == 404
    monkeypatch.setitem(ROUTES, "site.units_index", PUBLIC)
    assert browser.get("/quan-tri/don-vi").status == 404
    assert StaffClient(staff_app).get("/quan-tri/don-vi").status == 404


def test_visitors_reach_only_public_routes(staff_app: Flask, visitor: StaffClient, province: World) -> None:
    for rule in staff_rules(staff_app):
        path = province.path(staff_app, rule, province.here)
        if ROUTES[rule.endpoint] == PUBLIC:
            continue
        if "GET" in methods(rule):
            response = visitor.open(path, method="GET", follow=False).response
            assert response.status_code == 303, rule.endpoint
            assert response.headers["Location"].startswith("/quan-tri/dang-nhap"), rule.endpoint
        if "POST" in methods(rule):
            page = visitor.open(path, method="POST", data={"name": "x"}, follow=False)
            assert page.h1 == "Đăng nhập", rule.endpoint


@pytest.mark.parametrize("role", list(Role))
def test_roles_reach_the_routes_of_the_table_and_no_others(
    staff_app: Flask, sign_in: SignIn, province: World, role: Role
) -> None:
    browser = sign_in(province.everywhere[role])
    for rule in staff_rules(staff_app):
        access: Access = ROUTES[rule.endpoint]
        if access == PUBLIC:
            continue
        path = province.path(staff_app, rule, province.here, account=province.everywhere[role])
        allowed = access == SIGNED_IN or role in access.roles
        for method in sorted(methods(rule)):
            if allowed and method == "POST":
                continue  # without its form's protection: see below
            page = browser.open(path, method=method, follow=False)
            assert page.status == (200 if allowed else 403), (rule.endpoint, method, page.status)


@pytest.mark.parametrize("role", list(Role))
def test_foreign_objects_are_not_found(staff_app: Flask, sign_in: SignIn, province: World, role: Role) -> None:
    """Whoever holds a role for one part of the province finds nothing of the other part, on any route."""
    browser = sign_in(province.scoped[role])
    token = _form_protection(browser)
    before = everything(province.record.database)
    for rule in staff_rules(staff_app):
        access = ROUTES[rule.endpoint]
        if rule.arguments <= NOT_SCOPED or access == PUBLIC or (access != SIGNED_IN and role not in access.roles):
            continue
        path = province.path(staff_app, rule, province.there)
        for method in sorted(methods(rule)):
            data = {"csrf_token": token} if method == "POST" else None
            page = browser.open(path, method=method, data=data, follow=False)
            assert page.status in (403, 404), (rule.endpoint, method, page.status)
    assert everything(province.record.database) == before


def test_objects_of_the_own_part_are_found(staff_app: Flask, sign_in: SignIn, province: World) -> None:
    """So that the test above does not pass because nothing is ever found."""
    for rule in staff_rules(staff_app):
        if "GET" in methods(rule) and ROUTES[rule.endpoint] != PUBLIC and not rule.arguments <= NOT_SCOPED:
            who = province.scoped[whom(rule)]
            path = province.path(staff_app, rule, province.here, account=who)
            assert sign_in(who).get(path).status == 200, rule.endpoint


def test_administrator_of_a_part_has_no_say_in_what_holds_for_the_province(
    staff_app: Flask, sign_in: SignIn, province: World
) -> None:
    browser = sign_in(province.scoped[Role.ADMINISTRATOR])
    token = _form_protection(browser)
    before = everything(province.record.database)
    for rule in staff_rules(staff_app):
        path = province.path(staff_app, rule, province.here)
        if rule.endpoint in OF_THE_PROVINCE:
            assert browser.open(path, method="GET", follow=False).status == 403, rule.endpoint
        elif rule.arguments & NOT_SCOPED - {"token"} and "POST" in methods(rule):
            browser.browser.post(path, data={"csrf_token": token, **_filled_in(browser, path, rule)})
    assert everything(province.record.database) == before


def test_form_without_protection_changes_nothing(staff_app: Flask, sign_in: SignIn, province: World) -> None:
    browsers = {role: sign_in(account) for role, account in province.everywhere.items()}
    before = everything(province.record.database)
    posts = [r for r in staff_rules(staff_app) if "POST" in methods(r)]
    for rule in posts:
        browser, path = browsers[whom(rule)], province.path(staff_app, rule, province.here)
        for token in ("", "made-up"):
            response = browser.browser.post(path, data={"csrf_token": token, "name": "x"})
            assert response.status_code == 303, rule.endpoint
        cross = browser.browser.post(path, headers={"Sec-Fetch-Site": "cross-site"})
        assert cross.status_code == 400, rule.endpoint
    assert len(posts) > 20
    assert everything(province.record.database) == before


@pytest.mark.parametrize("role", list(Role))
def test_no_get_changes_the_record(staff_app: Flask, sign_in: SignIn, province: World, role: Role) -> None:
    browser = sign_in(province.everywhere[role])
    before = everything(province.record.database)
    for rule in staff_rules(staff_app):
        if "GET" in methods(rule):
            path = province.path(staff_app, rule, province.here, account=province.everywhere[role])
            browser.open(path, method="GET", follow=False)
    assert everything(province.record.database) == before


def test_saving_a_form_as_it_stands_changes_nothing(staff_app: Flask, sign_in: SignIn, province: World) -> None:
    """Every field shows what is recorded, in the unit in which it is read back."""
    browsers = {role: sign_in(province.everywhere[role]) for role in Role}
    before = everything(province.record.database)
    forms = [r for r in staff_rules(staff_app) if r.endpoint.split(".")[1].startswith(("change_", "settings"))]
    saved = 0
    for rule in forms:
        if methods(rule) != {"GET", "POST"} or rule.endpoint.startswith("accounts."):
            continue
        page = browsers[whom(rule)].get(province.path(staff_app, rule, province.here)).form().send()
        assert not page.problems, (rule.endpoint, page.problems)
        saved += 1
    assert saved >= 8
    assert everything(province.record.database) == before


def test_citizens_pages_have_no_session(whole_app: Flask, province: World) -> None:
    client = whole_app.test_client()
    for path in ("/", "/rieng-tu", "/ma-phieu", "/A7K2M9"):
        response = client.get(path)
        assert "Set-Cookie" not in response.headers, path
        assert "Cookie" not in response.headers.get("Vary", ""), path


def _form_protection(browser: StaffClient) -> str:
    return next(browser.get("/quan-tri/").forms()).fields["csrf_token"]


def _filled_in(browser: StaffClient, path: str, rule: Any) -> dict[str, Any]:
    """What the page of this form would send, with something changed."""
    if "GET" not in methods(rule):
        return {}
    page = browser.get(path)
    if page.status != 200:
        return {}
    values = dict(page.form().fields)
    words = ("name", "title", "indicator")
    return {name: f"{value} khác" if name in words else value for name, value in values.items()}
