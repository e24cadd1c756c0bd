"""What the account templates are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import qrcode
from markupsafe import Markup

from survey.accounts.forms import (
    CodeForm,
    FirstPasswordForm,
    GrantForm,
    InviteForm,
    NewSecondStepForm,
    OwnPasswordForm,
    SignInForm,
)
from survey.queries.paging import Paged
from survey.queries.people.accounts import AccountRow, InvitationRow, OpenSession
from survey.services.people.credentials import Enrolment
from survey.services.people.invitations import Invited, OpenLink
from survey.web.staff_forms import Button


@dataclass(frozen=True)
class SignInPage:
    form: SignInForm


@dataclass(frozen=True)
class CodePage:
    form: CodeForm


@dataclass(frozen=True)
class LinkPage:
    form: FirstPasswordForm
    link: OpenLink


@dataclass(frozen=True)
class EnrolPage:
    form: CodeForm | NewSecondStepForm
    enrolment: Enrolment
    qr: Markup


@dataclass(frozen=True)
class MinePage:
    account: AccountRow
    sessions: tuple[OpenSession, ...]
    button: Button


@dataclass(frozen=True)
class OwnPasswordPage:
    form: OwnPasswordForm


@dataclass(frozen=True)
class AccountsPage:
    listing: Paged[AccountRow]
    invitations: tuple[InvitationRow, ...]
    text: str
    now: datetime

    @property
    def asked(self) -> dict[str, str]:
        return {"q": self.text} if self.text else {}


@dataclass(frozen=True)
class AccountPage:
    account: AccountRow
    form: GrantForm
    button: Button
    is_own: bool
    idle_days: int
    now: datetime

    @property
    def waits(self) -> bool:
        return self.account.wait_until is not None and self.account.wait_until > self.now


@dataclass(frozen=True)
class InvitePage:
    form: InviteForm


@dataclass(frozen=True)
class LinkMadePage:
    """Shown once: the link is not kept anywhere."""

    invited: Invited
    address: str
    is_reset: bool


def qr_svg(text: str) -> Markup:
    """A QR as inline SVG, black on white with a quiet zone of four modules, for an authenticator app."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, box_size=10, border=4)
    code.add_data(text)
    code.make(fit=True)
    path = "".join(
        f"M{x + 4} {y + 4}h1v1h-1z" for y, row in enumerate(code.modules) for x, dark in enumerate(row) if dark
    )
    size = len(code.modules) + 8
    return Markup(
        f'<svg viewBox="0 0 {size} {size}" class="qr" shape-rendering="crispEdges" aria-hidden="true">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{path}"/></svg>'
    )
