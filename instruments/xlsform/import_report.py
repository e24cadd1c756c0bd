"""The closed list of remarks on a form made by another program: what was read differently, what could not be carried.

A closed list, like the problems: a face translates `template` and fills in `params`. `changed`: it is there, in
another shape. `left`: it is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Fate = Literal["changed", "left"]


@dataclass(frozen=True, slots=True)
class RemarkKind:
    """One entry of the list."""

    fate: Fate
    template: str


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that is not as it was in the file."""

    code: str
    sheet: str
    """The sheet it stood in; empty for the whole workbook."""
    rows: tuple[int, ...]
    """Its rows; empty for a whole sheet or column."""
    params: Mapping[str, str | int | float] = field(default_factory=dict, hash=False)

    @property
    def kind(self) -> RemarkKind:
        """The entry of the list."""
        return REMARKS[self.code]

    @property
    def fate(self) -> Fate:
        """`changed` or `left`."""
        return self.kind.fate

    @property
    def message(self) -> str:
        """The sentence."""
        return self.kind.template.format(**self.params)

    @property
    def place(self) -> str:
        """`survey!12`, `survey!12-40` for several rows, `survey`, or nothing."""
        if not self.rows:
            return self.sheet
        first, last = self.rows[0], self.rows[-1]
        return f"{self.sheet}!{first}" if first == last else f"{self.sheet}!{first}-{last}"


def _changed(template: str) -> RemarkKind:
    return RemarkKind("changed", template)


def _left(template: str) -> RemarkKind:
    return RemarkKind("left", template)


REMARKS: Mapping[str, RemarkKind] = {
    # --- carried in another shape -----------------------------------------------------------------------------
    "renamed": _changed("“{name}” is now called “{code}”: codes are lower-case letters without marks, digits and _."),
    "form-renamed": _changed(
        "The form “{name}” is now called “{code}”: lower-case letters without marks, digits and -."
    ),
    "version-numbered": _changed("The version “{name}” is now number {number}: versions are counted here."),
    "answer-coded": _changed("The answer “{name}” of the list “{list}” got the code {code}."),
    "answer-set-apart": _changed("The answer {code} of the list “{list}” counts as no answer on the matter."),
    "other-added": _changed("“{code}” got the answer {answer} “Other” with a text field beside it."),
    "official-words": _changed(
        "The list “{list}” has the five official words: its questions are ratings, and 4 and 5 count as satisfied."
    ),
    "likert": _changed("“{code}” is a rating; which answers count as satisfied is not said in the file."),
    "group-inside": _changed("The group “{name}” stands inside another one: its heading became a statement."),
    "rows-outside": _changed("{count} questions outside any group became a section of their own."),
    "range": _changed("“{code}” was a slider; it is a number from {minimum} to {maximum}."),
    "decimals": _changed("“{code}” takes numbers with up to {places} places after the decimal sign."),
    "table-heading": _changed("“{code}” only headed a table of questions and asked nothing; it is a statement."),
    "acknowledged": _changed("“{code}” asked to be ticked as read; it is a statement."),
    "matrix-row": _changed("The rows of the table “{name}” became {count} questions with the same answers."),
    "assumed": _changed("The file does not say “{field}”; “{value}” was put there. Correct it before publishing."),
    "languages": _changed("The first language is “{language}”, taken from the texts."),
    "languages-stated": _changed(
        "The first language is “{language}”, as the settings say: the words in “{other}” are not complete."
    ),
    "language-unknown": _changed("The language “{name}” is not known here; it has the code “{code}”."),
    "markup": _changed("“{code}” had signs for bold letters, headings or colours; its words stand without them."),
    "piped": _changed("“{code}” repeats an earlier answer in its text, which no text here can; {piece} stands there."),
    "formula": _changed("{count} rows hold formulas; what they last showed was read."),
    # --- not carried ------------------------------------------------------------------------------------------
    "metadata": _left("“{name}” ({type}) was left out: nothing that tells a device, a person or a moment is kept."),
    "calculated": _left("“{name}” ({type}) was left out: figures are computed by the rules of the version."),
    "never-asked": _left("“{name}” is never shown in the form and was left out."),
    "comment": _left("The row has no type, as notes between the questions have none, and was left out."),
    "hint": _left("The hint of “{code}” is missing in the first language and was left out."),
    "condition": _left("The condition of “{code}” was left out, so everybody is asked: {reason}."),
    "condition-later": _left(
        "The condition of “{code}” was left out, so everybody is asked: it asks about “{name}”, which comes later."
    ),
    "limits": _left("The limits on the answers of “{code}” were left out: {reason}."),
    "required": _left("“{code}” is required only under a condition; every question may be left blank here."),
    "column": _left("The column “{column}” was left out ({count} rows)."),
    "sheet": _left("The sheet “{sheet}” was left out."),
    "pyxform": _left("pyxform, which other programs read forms with, would refuse this one: {reason}"),
    "setting": _left("The setting “{column}” was left out."),
    "list": _left("The list “{list}” belongs to no question and was left out."),
}
"""Every remark there is."""
