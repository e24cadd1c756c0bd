"""How the tests press the buttons of the editor, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from instruments import codec
from instruments.model.document import InstrumentVersion as Document
from survey.database import Database
from survey.models.questionnaires.instruments import InstrumentVersion
from tests.staff_client import Form, Page, StaffClient

LIST = "/quan-tri/bo-cau-hoi"
Who = Callable[..., StaffClient]


def begun(browser: StaffClient, title: str = "Phiếu mới", *, english: bool = False) -> Page:
    entered: dict[str, Any] = {"title": title, "service": "admin", "issuer": "Sở Nội vụ", "code": "phieu-moi"}
    if english:
        entered["english"] = "y"
    return browser.get(f"{LIST}/moi/phieu").form(**entered).send()


def now_of(database: Database, code: str = "phieu-moi", number: int = 1) -> Document:
    with database.reading() as session:
        text = session.scalar(
            select(InstrumentVersion.document).where(
                InstrumentVersion.number == number, InstrumentVersion.document.contains(f'"code":"{code}"')
            )
        )
        assert text is not None
        return codec.loads_draft(text)


def do(page: Page, act: str, **fields: Any) -> Page:
    """Press a button of the open page: the act with the fields of its own form, and these on top."""
    form = page.form("lam/hoan-tac")
    form.action = form.action.replace("hoan-tac", act)
    if act == "them-cau":
        fields = {"answers": "scale:sat5", **fields}
    for name, value in fields.items():
        form.fields.setlist(name.replace("__", "-"), value if isinstance(value, list) else [value])
    return form.send()


def question(page: Page, **entered: Any) -> Form:
    """The form of the question that is open."""
    action = next(form.action for form in page.forms() if form.action.endswith("/lam/cau"))
    return page.form(action, **entered)
