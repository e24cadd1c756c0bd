"""What proves that a person is who they say: the password, the second step, and how both are kept.

Passwords: argon2id with the library's RFC 9106 parameters. Twelve characters at least, no rules of composition, but not
one that everybody tries first. Second step: TOTP (RFC 6238), one step either side for slow clocks, each step once.
Secrets of the second step are sealed (Fernet) with a key derived from the installation's keys.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from survey.config import ROOT
from survey.errors import N_, ConfigurationError, Invalid
from survey.tokens import derive

MIN_LENGTH = 12
MAX_LENGTH = 256  # characters; argon2 would take more, but a form should not carry a novel
STEP_SECONDS = 30
TOLERATED_STEPS = 1
ISSUER = "Hài Lòng"
COMMON_PASSWORDS = ROOT / "survey" / "fixtures" / "common_passwords.txt"
_KEYBOARD_ROWS = (
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "1q2w3e4r5t6y7u8i9o0p",
)


class Passwords:
    """Hash and verify. `verify` takes as long for a name nobody has as for one somebody has."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    def hash(self, password: str) -> str:
        return self._hasher.hash(_normal(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one of `stored`; with no stored hash the same work is done for nothing."""
        try:
            right = self._hasher.verify(stored or self._nobody, _normal(password)[:MAX_LENGTH])
        except InvalidHashError:  # an account whose password was taken away
            self.verify(None, password)
            return False
        except VerificationError:
            return False
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        return self._hasher.check_needs_rehash(stored)


def password_problem(password: str, *, username: str, full_name: str = "") -> str | None:
    """Why this cannot be the password, in one sentence; None when it can."""
    text = _normal(password)
    if len(text) < MIN_LENGTH:
        return N_("A password has at least 12 characters. A short sentence is easy to remember.")
    if len(text) > MAX_LENGTH:
        return N_("A password has at most 256 characters.")
    folded = _folded(text)
    names = {_folded(username), _folded(full_name), "hailong"} - {""}
    left = folded
    for name in sorted(names, key=len, reverse=True):
        left = left.replace(name, "")
    if len(set(folded)) < 5 or _is_repeated(folded) or _is_run(folded) or folded in common_passwords():
        return N_("This password is one of the first that anyone would try. Please choose another.")
    if len(left) < MIN_LENGTH // 2:
        return N_("A password must not be built from your own name. Please choose another.")
    return None


@cache
def common_passwords() -> frozenset[str]:
    lines = COMMON_PASSWORDS.read_text(encoding="utf-8").splitlines()
    return frozenset(_folded(line) for line in lines if line and not line.startswith("#"))


def _normal(password: str) -> str:
    """A phone may type decomposed letters where a desk types composed ones."""
    return unicodedata.normalize("NFC", password)


def _folded(text: str) -> str:
    """Lower case letters without marks or spaces, as a guesser would write them."""
    plain = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(c for c in plain if not unicodedata.combining(c) and not c.isspace() and c not in "-_.,!@#")


def _is_repeated(text: str) -> bool:
    """'abcabcabcabc', '12341234123412'."""
    return any(text == (text[:n] * (len(text) // n + 1))[: len(text)] for n in range(1, len(text) // 3 + 1))


def _is_run(text: str) -> bool:
    """Nothing but neighbours on the keyboard, in the alphabet or among the digits, either way round."""
    rows = [row * 3 for row in _KEYBOARD_ROWS] + [row[::-1] * 3 for row in _KEYBOARD_ROWS]
    at = 0
    while at < len(text):
        length = next((n for n in range(len(text) - at, 3, -1) if any(text[at : at + n] in row for row in rows)), 0)
        if not length:
            return False
        at += length
    return True


@dataclass(frozen=True)
class Enrolment:
    """What a person needs to set up the second step on a phone."""

    secret: str
    uri: str

    @property
    def spaced(self) -> str:
        """The secret in groups of four, for typing."""
        return " ".join(self.secret[i : i + 4] for i in range(0, len(self.secret), 4))


def enrolment(secret: str, username: str) -> Enrolment:
    return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER))


def new_secret() -> str:
    return pyotp.random_base32()


def accepted_step(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """The time step whose code this is, when it is close to now and later than the last one used; else None."""
    typed = "".join(c for c in code if c.isdecimal())
    current = int(now.timestamp()) // STEP_SECONDS
    generator = pyotp.TOTP(secret)
    found = None
    for step in range(current - TOLERATED_STEPS, current + TOLERATED_STEPS + 1):
        if hmac.compare_digest(generator.at(step * STEP_SECONDS).encode(), typed.encode()) and step > after:
            found = step
    return found


def wrong_code() -> Invalid:
    """What to answer to a code that is not the one of this moment."""
    return Invalid(
        "Please put this right.",
        {"code": N_("This code is not the one of the app now. Check the phone's clock and enter the newest code.")},
    )


class Vault:
    """Encrypts secrets that are kept in the record, so that a stolen copy of it does not give them away."""

    def __init__(self, secret_keys: tuple[bytes, ...]) -> None:
        self._keys = secret_keys
        self._seal = MultiFernet([_fernet(k, "second step") for k in secret_keys])
        self._work = MultiFernet([_fernet(k, "typed work") for k in secret_keys])

    def seal(self, secret: str) -> bytes:
        return self._seal.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        try:
            return self._seal.decrypt(sealed).decode()
        except InvalidToken as error:
            raise ConfigurationError(
                "The secret of a second step cannot be opened with the keys of this installation. "
                "Restore the keys it was made with (HAILONG_SECRET_KEYS or secrets.json)."
            ) from error

    def wrap(self, data: bytes) -> str:
        """Encrypt data that a browser carries for us, so that it can neither read nor change them."""
        return self._work.encrypt(data).decode()

    def unwrap(self, text: str, *, seconds: int) -> bytes | None:
        try:
            return self._work.decrypt(text.encode(), ttl=seconds)
        except (InvalidToken, ValueError):
            return None

    def derived_secret(self, token: str) -> str:
        """The second step's secret that belongs to a one-time link: the same each time the link is opened."""
        digest = hmac.digest(derive(self._keys[0], "enrolment"), token.encode(), hashlib.sha256)
        return base64.b32encode(digest[:20]).decode()


def _fernet(master: bytes, label: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(derive(master, label)))


def new_token() -> str:
    """256 random bits for a link or a session; the record keeps only their digest."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
