"""The sheet beside a counter: a QR code, the same address to type, who asks, how long, and that nobody is named.

The address is in capitals so that the QR stays small (alphanumeric mode); error level Q, a quiet zone of 4 modules,
nothing inside the code. Made with Typst from plain rows.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import qrcode
import typst
from qrcode.constants import ERROR_CORRECT_Q

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
TEMPLATE = HERE / "placard.typ"
QUIET_ZONE = 4


class Paper(StrEnum):
    A4 = "a4"
    A6 = "a6"


@dataclass(frozen=True)
class PlacardWords:
    """The sentences of a placard in its language."""

    scan: str
    or_type: str
    time: str
    anonymous: str
    unseen: str
    free: str
    trial: str
    serial: str


@dataclass(frozen=True)
class Placard:
    """One sheet."""

    address: str  # as the QR carries it, HTTPS://KS.DANANG.GOV.VN/A7K2M9
    host: str  # as people type it, ks.danang.gov.vn
    code: str
    agency: str
    place: str
    heading: str
    asked_by: str
    serial: str
    synthetic: bool


def placards(sheets: list[Placard], words: PlacardWords, paper: Paper) -> bytes:
    """A PDF with one page per placard, in the order given. Raises ValueError when there is none."""
    if not sheets:
        raise ValueError("a placard file needs at least one placard")
    data = {
        "paper": paper.value,
        "words": asdict(words),
        "sheets": [asdict(sheet) | {"modules": modules(sheet.address)} for sheet in sheets],
    }
    return typst.compile(
        str(TEMPLATE), root=str(HERE), font_paths=[str(FONTS)], ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, format="pdf",
    )  # fmt: skip


def modules(address: str) -> list[str]:
    """The QR of an address, quiet zone included: one string of 0 and 1 per row."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=QUIET_ZONE)
    code.add_data(address)
    code.make(fit=True)
    return ["".join("1" if dark else "0" for dark in row) for row in code.get_matrix()]
