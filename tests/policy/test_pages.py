"""What every answer carries, whatever it is: headers, valid HTML, no foreign host; errors as pages that help."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from flask import Flask

from survey import create_app
from survey.config import ROOT, Config
from survey.database import Database
from survey.permissions import Role
from tests.conftest import NOW
from tests.factories.people import cheap
from tests.policy.world import SignIn, World, methods, staff_rules, whom
from tests.staff_client import StaffClient, page_problems, parse

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ROOMS = "default-src 'none'", "base-uri 'none'", "form-action 'self'"
FRAMED = frozenset({"designer.preview_page"})  # what our own pages show inside a frame: the form as on a phone


def looked_at(response: object, *, what: str) -> None:
    """Headers of one answer, and its page where it is one."""
    headers = response.headers  # type: ignore[attr-defined]
    framed = what in FRAMED and response.status_code == 200  # type: ignore[attr-defined]
    for name, value in (ALWAYS | {"X-Frame-Options": "SAMEORIGIN" if framed else "DENY"}).items():
        assert headers.get(name) == value, (what, name)
    policy = headers["Content-Security-Policy"]
    assert all(room in policy for room in ROOMS), what
    assert ("frame-ancestors 'self'" if framed else "frame-ancestors 'none'") in policy, what
    assert "http:" not in policy, what
    assert "https:" not in policy, what
    assert "unsafe" not in policy, what
    assert headers["Cache-Control"] == "no-store", what
    if response.mimetype == "text/html" and response.status_code not in (301, 302, 303, 308):  # type: ignore[attr-defined]
        text = response.get_data(as_text=True)  # type: ignore[attr-defined]
        assert page_problems(text, parse(text)) == [], what


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.DESIGNER, Role.FIELD_OFFICER, Role.ANALYST])
def test_every_staff_page_is_sound(staff_app: Flask, sign_in: SignIn, province: World, role: Role) -> None:
    browser = sign_in(province.everywhere[role])
    seen = 0
    for rule in staff_rules(staff_app):
        if "GET" in methods(rule):
            path = province.path(staff_app, rule, province.here, account=province.everywhere[role])
            with browser.browser.get(path) as response:
                looked_at(response, what=rule.endpoint)
                seen += response.status_code == 200
    assert seen >= 10


def test_every_staff_page_is_sound_in_english_too(staff_app: Flask, sign_in: SignIn, province: World) -> None:
    browsers = {role: sign_in(province.everywhere[role]) for role in Role}
    for browser in browsers.values():
        switch = next(f for f in browser.get("/quan-tri/").forms() if f.action.endswith("/ngon-ngu"))
        switch.fields["language"] = "en"
        switch.send()
    for rule in staff_rules(staff_app):
        if "GET" in methods(rule) and rule.endpoint not in FRAMED:
            role = whom(rule)
            path = province.path(staff_app, rule, province.here, account=province.everywhere[role])
            page = browsers[role].get(path)
            if page.document is not None:
                assert page.language == "en", rule.endpoint
                assert "Main" in [e.get("aria-label") for e in page.document.iter()], rule.endpoint


def errors(app: Flask, browser: StaffClient) -> list[tuple[int, object]]:
    """One answer of each kind of error, as staff meet it."""
    big = {"content": "x" * (3 * 1024 * 1024)}
    client = browser.browser
    return [
        (400, client.get("/quan-tri/", headers={"Host": "example.org"})),
        (400, client.post("/quan-tri/dang-xuat", headers={"Sec-Fetch-Site": "cross-site"})),
        (403, client.get("/quan-tri/thiet-lap")),
        (404, client.get("/quan-tri/khong-co")),
        (404, client.get("/quan-tri/loi-moi/khong-co")),
        (404, client.get("/quan-tri/static/khong-co.css")),
        (405, client.post("/quan-tri/")),
        (413, client.post("/quan-tri/ngon-ngu", data=big)),
    ]


def test_errors_are_pages_with_the_same_protection(
    staff_app: Flask, whole_app: Flask, sign_in: SignIn, province: World
) -> None:
    signed_in = sign_in(province.everywhere[Role.DESIGNER])
    for browser in (signed_in, StaffClient(staff_app)):
        for status, response in errors(staff_app, browser):
            if browser is not signed_in and status in (403,):
                continue
            assert response.status_code == status, status  # type: ignore[attr-defined]
            looked_at(response, what=str(status))


def test_citizens_errors_carry_the_same_protection(whole_app: Flask) -> None:
    client = whole_app.test_client()
    for status, response in [
        (400, client.get("/", headers={"Host": "example.org"})),
        (404, client.get("/khong/co")),
        (405, client.put("/rieng-tu")),
        (413, client.post("/ma-phieu", data={"code": "x" * (3 * 1024 * 1024)})),
    ]:
        assert response.status_code == status
        looked_at(response, what=str(status))


def test_mistake_of_ours_is_a_page_without_its_details(
    staff_app: Flask, sign_in: SignIn, province: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        raise ZeroDivisionError("secret detail")

    fail.access = staff_app.view_functions["site.fields"].access  # type: ignore[attr-defined]
    browser = sign_in(province.everywhere[Role.ADMINISTRATOR])
    monkeypatch.setitem(staff_app.view_functions, "site.fields", fail)
    response = browser.browser.get("/quan-tri/linh-vuc")
    assert response.status_code == 500
    looked_at(response, what="500")
    assert "secret detail" not in response.get_data(as_text=True)


def test_record_that_is_away_is_a_page_that_asks_to_try_again(
    staff_app: Flask, sign_in: SignIn, province: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from survey.errors import RecordUnavailable

    def away(*_: object, **__: object) -> None:
        raise RecordUnavailable("The database cannot take this just now. Please try again in a moment.")

    browser = sign_in(province.everywhere[Role.ADMINISTRATOR])
    monkeypatch.setattr(staff_app.extensions["hailong"].database, "reading", away)
    monkeypatch.setattr(staff_app.extensions["hailong"].database, "view", away)
    response = browser.browser.get("/quan-tri/linh-vuc")
    assert response.status_code == 503
    assert response.headers["Retry-After"]
    looked_at(response, what="503")


def test_each_answer_has_a_nonce_of_its_own(visitor: StaffClient) -> None:
    found = {
        re.search(r"nonce-([\w-]+)", visitor.browser.get("/quan-tri/dang-nhap").headers["Content-Security-Policy"])[1]  # type: ignore[index]
        for _ in range(3)
    }
    assert len(found) == 3


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_hsts_and_secure_cookies_belong_to_https(config: Config, database: Database, scheme: str) -> None:
    settings = replace(config, faces=frozenset({"staff"}), public_url=f"{scheme}://localhost")
    client = create_app(settings, database, clock=lambda: NOW, passwords=cheap()).test_client()
    response = client.get("/quan-tri/dang-nhap")
    assert ("Strict-Transport-Security" in response.headers) is (scheme == "https")
    assert ("Secure" in response.headers["Set-Cookie"]) is (scheme == "https")
    assert "HttpOnly" in response.headers["Set-Cookie"]
    assert "Path=/quan-tri" in response.headers["Set-Cookie"]


def test_static_files_may_be_kept_only_under_an_address_that_names_their_content(visitor: StaffClient) -> None:
    page = visitor.get("/quan-tri/dang-nhap").response.get_data(as_text=True)
    address = re.search(r'href="(/quan-tri/static/css/staff.css\?v=\w+)"', page)
    assert address is not None
    for path, kept in ((address[1], "immutable"), ("/quan-tri/static/css/staff.css", "no-store")):
        with visitor.browser.get(path) as response:
            assert kept in response.headers["Cache-Control"]


def test_no_template_or_style_names_a_foreign_host() -> None:
    files = [p for folder in ("templates", "static") for p in (ROOT / folder).rglob("*")]
    found = {
        f"{path.relative_to(ROOT)}: {address}"
        for path in files
        if path.suffix in (".html", ".css", ".js", ".svg")
        for address in re.findall(r"(?:https?:)?//[\w.-]+\.\w+", path.read_text(encoding="utf-8"))
        if "www.w3.org" not in address  # names of XML vocabularies are no addresses
    }
    assert found == set()


def test_autoescape_is_never_off() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        marked = re.findall(r"(\w+)\|safe", text.replace(" ", ""))
        assert set(marked) <= {"citizen_css"}, path  # our own stylesheet, inlined
        assert "autoescape" not in text, path
