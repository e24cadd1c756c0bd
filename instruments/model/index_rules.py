"""The named rules of figures: formula, where each may stand, how it is known; and how a version declares one.

Rule names, formulas and their provenance: `RULES`. A rate is a share of answers or people in the satisfied
codes, a score a mean on the scale; an index is a composite under a named rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from instruments.model.provenance import Grade
from instruments.model.response_domains import Code, OptionCode, Origin, Part
from instruments.model.text import Text

Level = Literal["item", "factor", "half", "overall"]
Measure = Literal["rate", "score", "percent", "shares"]
RuleName = Literal[
    "item_rate",
    "item_mean",
    "share",
    "cost_share",
    "return_definite",
    "return_broad",
    "expectation_mean",
    "overall_question",
    "top2_answers",
    "mean_items_rate",
    "mean_items_mean",
    "factor_mean_pooled",
    "mean_over_max",
    "top2_persons_all_items",
    "top2_persons_mean",
    "psi",
    "mean_of_children",
    "item_weighted",
    "pooled_answers",
]
RollupName = Literal["groups_unweighted", "groups_by_forms", "design_weighted"]


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """What is known of a rule: its formula in one line, where it may stand, how the formula is known."""

    formula: str
    levels: tuple[Level, ...]
    measures: tuple[Measure, ...]
    grade: Grade
    of: Literal["item", "answers", "items", "factors"]
    """Made of one item's answers, of all answers below, of item figures, or of factor figures."""


_BY_ITEM: tuple[Level, ...] = ("item",)
_ONCE: tuple[Level, ...] = ("overall",)
_ABOVE_ITEMS: tuple[Level, ...] = ("factor", "half", "overall")
_ABOVE_FACTORS: tuple[Level, ...] = ("half", "overall")
_RATE: tuple[Measure, ...] = ("rate",)
_SCORE: tuple[Measure, ...] = ("score",)
_BOTH: tuple[Measure, ...] = ("rate", "score")
_PERCENT: tuple[Measure, ...] = ("percent",)
_SHARES: tuple[Measure, ...] = ("shares",)

RULES: Mapping[RuleName, RuleFacts] = {
    "item_rate": RuleFacts("satisfied / valid", _BY_ITEM, _RATE, "transcribed", "item"),
    "item_mean": RuleFacts("sum of codes / valid", _BY_ITEM, _SCORE, "transcribed", "item"),
    "share": RuleFacts("count of each code / valid", _BY_ITEM, _SHARES, "transcribed", "item"),
    "cost_share": RuleFacts(
        "count of each code / valid; the code for “does not pay” is shown, never averaged",
        _BY_ITEM, _SHARES, "transcribed", "item",
    ),
    "return_definite": RuleFacts("definite answers / valid", _ONCE, _RATE, "transcribed", "item"),
    "return_broad": RuleFacts("definite and likely answers / valid", _ONCE, _RATE, "draft", "item"),
    "expectation_mean": RuleFacts(
        "mean of the answers in %; values over 100 kept", _ONCE, _PERCENT, "draft", "item"
    ),
    "overall_question": RuleFacts(
        "rate or mean of one separate question", _ONCE, _BOTH, "transcribed", "item"
    ),
    "top2_answers": RuleFacts(
        "satisfied / valid, both summed over the items", _ABOVE_ITEMS, _RATE, "single-source", "answers"
    ),
    "mean_items_rate": RuleFacts("unweighted mean of item rates", _ABOVE_ITEMS, _RATE, "draft", "items"),
    "mean_items_mean": RuleFacts("unweighted mean of item means", _ABOVE_ITEMS, _SCORE, "draft", "items"),
    "factor_mean_pooled": RuleFacts(
        "mean of all valid answers", _ABOVE_ITEMS, _SCORE, "single-source", "answers"
    ),
    "mean_over_max": RuleFacts(
        "mean of all valid answers / largest code, in %: a rescaled score, never beside a rate",
        _ABOVE_ITEMS, _PERCENT, "single-source", "answers",
    ),
    "top2_persons_all_items": RuleFacts(
        "share of people whose every answered rated item is satisfied",
        _ABOVE_ITEMS, _RATE, "single-source", "answers",
    ),
    "top2_persons_mean": RuleFacts(
        "share of people whose own mean is at least 4", _ABOVE_ITEMS, _RATE, "draft", "answers"
    ),
    "psi": RuleFacts("unweighted mean of factor scores", _ONCE, _SCORE, "transcribed", "factors"),
    "mean_of_children": RuleFacts(
        "mean of the children's unrounded values, equal weights",
        _ABOVE_FACTORS, _BOTH, "draft", "factors",
    ),
    "item_weighted": RuleFacts(
        "mean of the children weighted by their number of items", _ABOVE_FACTORS, _BOTH, "draft", "factors"
    ),
    "pooled_answers": RuleFacts(
        "satisfied / valid, both summed over everything below", _ABOVE_FACTORS, _RATE, "draft", "answers"
    ),
}  # fmt: skip
"""Every rule a version may name."""
WEIGHED = "mean of the parts' unrounded values, each times its weight, over the sum of the weights"
"""The formula of a mean whose parts have weights of their own."""


class Rounding(Part):
    """How a figure is rounded when it is shown; nothing is rounded before."""

    mode: Literal["half_up", "truncate"] = "half_up"
    """`half_up` in decimal arithmetic, or `truncate`: cut off."""
    places: Annotated[int, Field(ge=0, le=4)] = 2
    """Decimal places of the percentage or score; more where fewer would carry a rate over its target."""

    @field_validator("mode", mode="before")
    @classmethod
    def _parts_stay_unrounded(cls, mode: object) -> object:
        """Refuses rounded parts, which older documents could ask for: the whole would not lie in its own interval."""
        if mode == "round_intermediate":
            raise PydanticCustomError(
                "round-intermediate", "“half_up” or “truncate”, since no figure is made of rounded parts"
            )
        return mode


class ChildWeight(Part):
    """A weight given to one child of a composite."""

    child: str
    """Code of the item, or of the factor, which has a figure of its own."""
    weight: Annotated[float, Field(gt=0)]
    """Its weight; weights need not sum to 1."""


class IndexRule(Part):
    """One declared figure, or one per item or factor of its level."""

    level: Level
    """`item`, `factor` (those that hold items), `half` (a factor of factors), or `overall`."""
    rule: RuleName
    """How it is computed (`RULES`)."""
    measure: Measure
    """`rate` and `percent` are shown in %, `score` on the scale, `shares` as one share per code."""
    name: Text | None = None
    """What the figure is called in reports."""
    items: tuple[Code, ...] | None = None
    """The questions it is made of, of a factor or of none; absent = the rated items of its level that belong to a
    factor, all where there is no factor (rules on one question name it)."""
    codes: tuple[OptionCode, ...] | None = None
    """The codes that count, where they are not the scale's satisfied codes."""
    weights: tuple[ChildWeight, ...] = ()
    """Weights of the parts of a mean of items or factors; a part without one counts as the rule says."""
    headline: bool = False
    """The one figure that is set against the target."""
    rounding: Rounding | None = None
    """Absent = the version's rounding."""
    origin: Origin = "core"
    """`overlay` for a figure of local questions."""


class Rollup(Part):
    """How a figure climbs from units to groups and to the province."""

    rules: tuple[RollupName, ...] = ("design_weighted",)
    """Rules of the headline figure, shown side by side: the weighted one foremost, which alone has an interval and is
    judged, then means of the units' rates."""
    include_unattributed: bool = False
    """Whether forms without a unit enter a mean of units as one more unit."""
