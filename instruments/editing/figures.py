"""Factors, and the figures that are made of the answers."""

from __future__ import annotations

from typing import Literal

from instruments.editing.elements import moved
from instruments.editing.finding import named
from instruments.editing.locking import added
from instruments.editing.refusals import EditError
from instruments.model.document import InstrumentVersion
from instruments.model.elements import Factor
from instruments.model.index_rules import IndexRule


def put_factor(version: InstrumentVersion, factor: Factor) -> InstrumentVersion:
    """A construct measured by several questions: a new one, or another name under the same code."""
    if any(one.code == factor.code for one in version.factors):
        factors = tuple(factor if one.code == factor.code else one for one in version.factors)
    else:
        factors = (*version.factors, added(version, factor))
    return version.model_copy(update={"factors": factors})


def move_factor(version: InstrumentVersion, code: str, way: Literal["up", "down"]) -> InstrumentVersion:
    """One place up or down in the list of factors."""
    return version.model_copy(update={"factors": moved(version.factors, code, way, "factor-unknown")})


def remove_factor(version: InstrumentVersion, code: str) -> InstrumentVersion:
    """Remove a factor that no question belongs to."""
    named(version.factors, code, "factor-unknown")
    users = [item.code for item in version.items if item.factor == code]
    users += [factor.code for factor in version.factors if factor.parent == code]
    if users:
        raise EditError("factor-used", code=code, users=", ".join(users))
    return version.model_copy(update={"factors": tuple(one for one in version.factors if one.code != code)})


def put_figure(version: InstrumentVersion, rule: IndexRule, *, at: int | None = None) -> InstrumentVersion:
    """A declared figure, new or instead of another. A new headline takes the mark from the old one."""
    rules = list(version.indices)
    if at is None:
        rules.append(added(version, rule))
        at = len(rules) - 1
    elif not 0 <= at < len(rules):
        raise EditError("figure-unknown")
    else:
        rules[at] = rule
    if rule.headline:
        rules = [one if n == at else one.model_copy(update={"headline": False}) for n, one in enumerate(rules)]
    return version.model_copy(update={"indices": tuple(rules)})


def remove_figure(version: InstrumentVersion, at: int) -> InstrumentVersion:
    """Take a declared figure away."""
    if not 0 <= at < len(version.indices):
        raise EditError("figure-unknown")
    return version.model_copy(update={"indices": (*version.indices[:at], *version.indices[at + 1 :])})
