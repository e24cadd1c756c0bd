"""Keys, tokens and codes: what the installation signs, and what it derives so that it need not store it.

- submission key: in each citizen form; signed; 128 random bits, moment of issue, version, point, entry. It makes
  sending exactly-once and is the form's protection against forgery, so that neither cookie nor JavaScript is needed.
- thank-you token: the address after sending; shows the receipt code on request for at most 15 minutes.
- receipt code: 10 Crockford characters derived from the submission key, so that a repeated send shows the same code.
- entry code: six characters on a poster; one-time code: eight on a slip. No I L O U 0 1, at least one digit.

Every derived key comes from the installation's master key with its purpose as label (HKDF-like, HMAC-SHA256).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without I L O U 0 1
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ENTRY_CODE_LENGTH = 6
ONE_TIME_CODE_LENGTH = 8
RECORDED, FIRST_STOOD, DELETED = 0, 1, 2  # what a thank-you address says
THANKS_STEP = 5 * 60  # seconds; a thank-you address lives two to three steps after sending
_ENTRY_BYTES = 8
_KEY_BYTES = 16 + 5 + 4 + 4 + _ENTRY_BYTES


@dataclass(frozen=True)
class SubmissionKey:
    """What one rendered form carries. `entry` is the code in the address, upper case."""

    random: bytes  # 16 bytes
    issued: int  # seconds since 1970
    version_id: int
    point_id: int
    entry: str

    @property
    def digest(self) -> bytes:
        """The only trace of the key in the record: SHA-256 of its random part."""
        return hashlib.sha256(self.random).digest()

    def age(self, now: datetime) -> float:
        return now.timestamp() - self.issued


@dataclass(frozen=True)
class Thanks:
    """What a thank-you address says: which receipt, whether the first sending stood, and since when."""

    seed: bytes  # 10 bytes, from which the receipt code follows
    kind: int  # what the page says: RECORDED, FIRST_STOOD or DELETED
    closes: int  # seconds since 1970: after that the receipt is no longer shown
    entry: str


class Tokens:
    """All of it under one installation's keys. The newest key signs; older ones still verify."""

    def __init__(self, secret_keys: tuple[bytes, ...]) -> None:
        self._submission = [derive(k, "submission key") for k in secret_keys]
        self._thanks = [derive(k, "thank-you") for k in secret_keys]
        # Receipts and one-time codes must be found again whichever key is newest: the oldest key derives them.
        self._receipt = derive(secret_keys[-1], "receipt")
        self._store = derive(secret_keys[-1], "receipt in the record")
        self._slip = derive(secret_keys[-1], "one-time code")

    def new_submission_key(self, *, version_id: int, point_id: int, entry: str, now: datetime) -> str:
        key = SubmissionKey(secrets.token_bytes(16), int(now.timestamp()), version_id, point_id, entry)
        body = _pack(key)
        return _text(body + _mac(self._submission[0], body))

    def read_submission_key(self, text: str) -> SubmissionKey | None:
        """The key, or None when it was not signed here. Its age is for the caller to judge."""
        data = _bytes(text, _KEY_BYTES + 16)
        if data is None or not _verified(self._submission, data[:-16], data[-16:]):
            return None
        return _unpack(data[:-16])

    def thanks(self, key: SubmissionKey, *, now: datetime, kind: int = RECORDED) -> str:
        """The thank-you token. The same key gives the same token within a step counted from its own issue."""
        step = max(0, int(key.age(now)) // THANKS_STEP)
        closes = key.issued + (step + 3) * THANKS_STEP
        body = self._seed(key) + closes.to_bytes(5) + bytes([kind]) + key.entry.encode().ljust(_ENTRY_BYTES, b"\0")
        return _text(body + _mac(self._thanks[0], body)[:12])

    def read_thanks(self, text: str) -> Thanks | None:
        data = _bytes(text, 10 + 5 + 1 + _ENTRY_BYTES + 12)
        if data is None or not _verified(self._thanks, data[:-12], data[-12:], length=12):
            return None
        return Thanks(data[:10], data[15], int.from_bytes(data[10:15]), data[16:24].rstrip(b"\0").decode())

    def receipt_code(self, seed: bytes) -> str:
        """Ten Crockford characters (50 bits), the same for the same submission key."""
        number = int.from_bytes(_mac(self._receipt, seed)[:7]) >> 6
        return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(45, -1, -5))

    def receipt_digest(self, code: str) -> bytes:
        """What the record keeps of a receipt code."""
        return hmac.digest(self._store, code.encode(), hashlib.sha256)

    def receipt_digest_of(self, key: SubmissionKey) -> bytes:
        return self.receipt_digest(self.receipt_code(self._seed(key)))

    def one_time_digest(self, code: str) -> bytes:
        return hmac.digest(self._slip, code.encode(), hashlib.sha256)

    def _seed(self, key: SubmissionKey) -> bytes:
        return _mac(self._receipt, b"seed" + key.random)[:10]


def normalise_receipt(text: str) -> str | None:
    """A receipt code as people type it: any case, spaces, hyphens, O for 0, I or L for 1. None when it is none."""
    code = "".join(c for c in text.upper() if c not in " -\u2010\u2011\u2013\u00a0").translate(
        str.maketrans("OIL", "011")
    )
    return code if len(code) == 10 and all(c in CROCKFORD for c in code) else None


def new_code(length: int, draw: Callable[[str], str] = secrets.choice) -> str:
    """A code nobody can confuse with a word of an address: it has at least one digit."""
    while True:
        code = "".join(draw(CODE_ALPHABET) for _ in range(length))
        if any(c.isdigit() for c in code):
            return code


def is_code(text: str) -> bool:
    return (
        len(text) in (ENTRY_CODE_LENGTH, ONE_TIME_CODE_LENGTH)
        and all(c in CODE_ALPHABET for c in text)
        and any(c.isdigit() for c in text)
    )


def derive(master: bytes, label: str) -> bytes:
    """A key of its own for each purpose."""
    return hmac.digest(master, b"hailong:" + label.encode(), hashlib.sha256)


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.digest(key, body, hashlib.sha256)[:16]


def _verified(keys: list[bytes], body: bytes, mac: bytes, *, length: int = 16) -> bool:
    return any(hmac.compare_digest(_mac(k, body)[:length], mac) for k in keys)


def _pack(key: SubmissionKey) -> bytes:
    numbers = key.issued.to_bytes(5) + key.version_id.to_bytes(4) + key.point_id.to_bytes(4)
    return key.random + numbers + key.entry.encode().ljust(_ENTRY_BYTES, b"\0")


def _unpack(body: bytes) -> SubmissionKey:
    issued, version_id, point_id = (int.from_bytes(body[a:b]) for a, b in ((16, 21), (21, 25), (25, 29)))
    return SubmissionKey(body[:16], issued, version_id, point_id, body[29:].rstrip(b"\0").decode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str, length: int) -> bytes | None:
    """The bytes of a token of a known length; None for anything else, including other spellings of the same bytes."""
    try:
        data = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (ValueError, UnicodeEncodeError):
        return None
    return data if len(data) == length and _text(data) == text else None
