"""The sheet beside a counter: a QR code, the same address to type, who asks, how long, and that nobody is named.

The address is in capitals so that the QR stays small (alphanumeric mode); error level Q, a quiet zone of 4 modules,
nothing inside the code. Made with Typst from plain rows, as a tagged PDF that a screen reader can read (PDF/UA-1).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import qrcode
import typst
from qrcode.constants import ERROR_CORRECT_Q

HERE = Path(__file__).parent
FONTS = HERE / "fonts"
PLACARD = HERE / "placard.typ"
SLIPS = HERE / "slips.typ"
QUIET_ZONE = 4


class Paper(StrEnum):
    A4 = "a4"
    A6 = "a6"


@dataclass(frozen=True)
class PlacardWords:
    """The sentences of a placard or slip in its language."""

    language: str
    title: str  # of the document
    scan: str
    or_type: str
    time: str
    anonymous: str
    unseen: str
    free: str
    trial: str
    serial: str
    picture: str  # what the QR is, for those who cannot see it
    once: str = ""
    until: str = ""


@dataclass(frozen=True)
class Placard:
    """One sheet, or one slip."""

    address: str  # as the QR carries it, HTTPS://KS.DANANG.GOV.VN/A7K2M9
    host: str  # as people type it, ks.danang.gov.vn
    code: str
    agency: str
    place: str
    heading: str
    asked_by: str
    serial: str
    synthetic: bool


def words_in(language: str, _: Callable[[str], str], *, title: str, minutes: int, until: str = "") -> PlacardWords:
    """The sentences, through the catalogue of a language (`_`); `minutes` is what the form takes."""
    return PlacardWords(
        language=language,
        title=title,
        scan=_("Scan the code with a telephone and tell us"),
        or_type=_("or type in a browser"),
        time=_("About 1 minute") if minutes == 1 else _("About %(minutes)s minutes") % {"minutes": minutes},
        anonymous=_("no names"),
        unseen=_("The staff who serve you do not see your answers."),
        free=_("No sign-in, no fee; nobody asks for an account number."),
        trial=_("TRIAL · made-up data"),
        serial=_("No."),
        picture=_("QR code with the address %(address)s"),
        once=_("One person, one time"),
        until=_("Valid until %(day)s") % {"day": until} if until else "",
    )


def placards(sheets: Sequence[Placard], words: PlacardWords, paper: Paper) -> bytes:
    """A PDF with one page per placard, in the order given. Raises ValueError when there is none."""
    if not sheets:
        raise ValueError("a placard file needs at least one placard")
    return _typeset(PLACARD, sheets, words, paper=paper.value)


def slips(sheets: Sequence[Placard], words: PlacardWords) -> bytes:
    """A PDF of A4 pages with ten slips each, to be cut along the dashed lines. Raises ValueError when there is none."""
    if not sheets:
        raise ValueError("a file of slips needs at least one slip")
    return _typeset(SLIPS, sheets, words)


def qr_svg(address: str) -> str:
    """The QR of an address with its quiet zone, one unit per module, dark modules of a row joined."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=QUIET_ZONE)
    code.add_data(address)
    code.make(fit=True)
    rows = code.get_matrix()
    runs = [
        f"M{start} {y}h{end - start}v1h{start - end}z" for y, row in enumerate(rows) for start, end in _dark_runs(row)
    ]
    size = len(rows)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{"".join(runs)}"/></svg>'
    )


def _dark_runs(row: Sequence[bool]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    start = None
    for x, dark in enumerate([*row, False]):
        if dark and start is None:
            start = x
        elif not dark and start is not None:
            runs.append((start, x))
            start = None
    return runs


def _typeset(template: Path, sheets: Sequence[Placard], words: PlacardWords, **more: str) -> bytes:
    data = {
        **more,
        "words": asdict(words),
        "sheets": [
            asdict(sheet) | {"qr": qr_svg(sheet.address), "alt": words.picture % {"address": sheet.address}}
            for sheet in sheets
        ],
    }
    return typst.compile(
        str(template), root=str(HERE), font_paths=[str(FONTS)], ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)}, format="pdf", pdf_standards=["ua-1"],
    )  # fmt: skip
