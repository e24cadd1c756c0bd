"""The kinds of answers that a question permits, and what each answer counts as.

An answer code is *substantive* when it says something about the matter asked. "Không áp dụng" (97), "không
biết" (98), "từ chối" (99) and the 0 of the health ministry's forms do not: they are counted and shown, never
part of a share or a mean. A substantive code may be *satisfied*. Blank is no code at all.

Coded answers are small whole numbers (0-254: a column of one byte keeps 255 for blank), except for the kinds
`number` (a JSON number), `date` (the whole number YYYYMMDD) and `text` (never a code).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from instruments.model.text import Text

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$", max_length=32)]
"""Lower-case letters, digits, single underscores: the identity of an item, a statement, a scale."""

Origin = Literal["core", "overlay"]
"""`core`: the form as its owner issued it. `overlay`: added locally."""

OptionCode = Annotated[int, Field(ge=0, le=254)]

NOT_SUBSTANTIVE_EVERYWHERE = frozenset({97, 98, 99})
"""97 không áp dụng, 98 không biết / không nhớ, 99 từ chối: on every form."""


class Part(BaseModel):
    """What every piece of a document is: frozen, strict, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A changed copy that is validated again; pydantic's own copy would skip the rules."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self)(**{**values, **(update or {})})


class LabelVariant(Part):
    """Other words for the same code, as a form that prints two headings over one column has them."""

    name: Code
    """Which set of words: `evaluation` for the "rất kém … rất tốt" of the health forms."""
    label: Text
    """The words."""


class Option(Part):
    """One permitted answer."""

    code: OptionCode
    """The stored code. It never changes with the order shown."""
    label: Text
    """The words of the form."""
    variants: tuple[LabelVariant, ...] = ()
    """Other words for the same code (`LabelVariant`)."""
    satisfied: bool = False
    """Counts as satisfied in a rate."""
    substantive: bool = True
    """Belongs in numerator and denominator; false for "no opinion" and its like."""
    origin: Origin = "core"
    """`overlay` for an answer added locally; such an answer is never substantive."""


class Scale(Part):
    """An ordered list of answers shared by several questions."""

    code: Code
    """Name by which items point to it."""
    name: Text | None = None
    """What staff call it."""
    options: Annotated[tuple[Option, ...], Field(min_length=1, max_length=100)]
    """The answers, substantive ones in the order of their codes' meaning."""
    shown: Literal["listed", "reversed"] = "listed"
    """Order in which the form prints the substantive answers; the others always come after them."""
    counted: tuple[OptionCode, ...] | None = None
    """Codes that count towards a published share where that is not satisfaction; absent = not known."""
    origin: Origin = "core"
    """`overlay` for a scale added locally."""

    def measures_satisfaction(self) -> bool:
        """Whether any answer counts as satisfied."""
        return any(option.satisfied for option in self.options)


Options = Annotated[tuple[Option, ...], Field(min_length=1, max_length=500)]


class Rating(Part):
    """One answer on a scale."""

    kind: Literal["rating"]
    """Which response domain."""
    scale: Code
    """The scale."""
    variant: Code | None = None
    """Which of the scale's other words to show; absent = the scale's own labels."""


class SingleChoice(Part):
    """One answer from a list."""

    kind: Literal["single"]
    """Which response domain."""
    scale: Code | None = None
    """A shared list; either this or `options`."""
    options: Options | None = None
    """The question's own list."""
    other: OptionCode | None = None
    """The answer that opens a text field beside it ("Khác, xin ghi rõ")."""


class MultipleChoice(Part):
    """Any number of answers from a list."""

    kind: Literal["multiple"]
    """Which response domain."""
    scale: Code | None = None
    """A shared list; either this or `options`."""
    options: Options | None = None
    """The question's own list."""
    other: OptionCode | None = None
    """The answer that opens a text field beside it."""


class Number(Part):
    """A number, typed with a decimal comma or point."""

    kind: Literal["number"]
    """Which response domain."""
    minimum: float | None = None
    """Smallest value taken."""
    maximum: float | None = None
    """Largest value taken; absent where the form sets no cap (a share of expectation may pass 100 %)."""
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    """Places after the decimal sign; 0 = whole numbers only."""
    unit: Text | None = None
    """Shown behind the field: %, km, tháng."""


class Day(Part):
    """A date, coded as the whole number YYYYMMDD."""

    kind: Literal["date"]
    """Which response domain."""


class OpenText(Part):
    """Free words: kept apart from the coded answers, never a code."""

    kind: Literal["text"]
    """Which response domain."""
    max_length: Annotated[int, Field(ge=1, le=2000)] = 2000
    """Characters taken, after normalisation."""
    lines: Annotated[int, Field(ge=1, le=20)] = 1
    """Height of the field; 1 = a single line."""


Response = Annotated[Rating | SingleChoice | MultipleChoice | Number | Day | OpenText, Field(discriminator="kind")]
"""The response domain of an item."""
