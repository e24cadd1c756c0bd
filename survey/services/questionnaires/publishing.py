"""Publishes drafts of questionnaires, and says who may decide about one.

A change of words needs a designer. A change of codes, scale (its order included) or index rule can ruin a series, so
it needs an approver other than the author; so does the first version of a questionnaire, which sets all of them, and
whatever the checks let pass only with an approver's reason. Only a draft that was sent for review, which
nobody can edit meanwhile, is published; the command line alone may skip the review. Publishing freezes the version for
good: the database itself refuses later changes. A newer version never touches a running wave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from instruments import codec
from instruments.checks import linting
from instruments.checks.problems import Problem
from instruments.model.document import InstrumentVersion as Document
from instruments.model.elements import Item
from instruments.model.response_domains import Number, Option, Rating
from instruments.overlays import overlay
from survey.database import Database
from survey.errors import N_, Conflict, Forbidden, Invalid
from survey.models.people.accounts import Role
from survey.models.questionnaires.instruments import VersionStatus
from survey.permissions import Actor
from survey.queries import scope
from survey.queries.questionnaires import drafts
from survey.queries.questionnaires import instruments as queries
from survey.services import audit
from survey.services.questionnaires.shipped_and_imported import Unusable, row_of

IN_USE = (VersionStatus.PUBLISHED, VersionStatus.RETIRED)
LONGEST_REASON = 300


@dataclass(frozen=True)
class Readiness:
    """Whether one person may publish a draft, and what still prevents it."""

    follows: int | None  # the version in use that it is compared with; None: the first of its questionnaire
    weighty: tuple[str, ...]  # what is not a change of words: keys of WEIGHTY, "first", or "deviates"
    overrides: tuple[Problem, ...]  # what only an approver may let pass, with a reason
    blockers: tuple[Problem, ...]  # what nobody may let pass
    is_author: bool
    refusal: str  # why this person may not publish it; empty when they may

    @property
    def needs_approver(self) -> bool:
        return bool(self.weighty or self.overrides)


def readiness(session: Session, code: str, number: int, *, actor: Actor) -> Readiness:
    """Who has to decide about a draft, why, and whether that may be this person."""
    row = row_of(session, code, number)
    document = codec.loads_draft(row.document)
    before = queries.published_before(session, code, number)
    weighty = tuple(_weighty(before[1], document)) if before else ("first",)
    if document.core is not None:
        form = queries.document_of(session, document.core.code, document.core.version)
        if form is None or not overlay.conforms(document, form):
            weighty = (*weighty, "deviates")
    wrong = [p for p in linting.lint(document) if p.severity == "error"]
    overrides = tuple(p for p in wrong if p.kind.approver)
    needs_approver = bool(weighty or overrides)
    wrote = drafts.authors(session, row, f"{code}@{number}")
    return Readiness(
        follows=before[0] if before else None,
        weighty=weighty,
        overrides=overrides,
        blockers=tuple(p for p in wrong if not p.kind.approver),
        is_author=actor.account_id in wrote,
        refusal=_refusal(actor.account_id in wrote, document.service_domain, actor, needs_approver=needs_approver),
    )


def publish(
    database: Database, code: str, number: int, *, actor: Actor, now: datetime, reason: str = "", expected: str = ""
) -> tuple[str, ...]:
    """Freeze a draft for good; returns what was weighty about it. Safe to call twice.

    `expected`: the fingerprint of what the person looked at. A draft that has changed since is not published.
    """
    reason = " ".join(reason.split())
    with database.writing() as session:
        row = row_of(session, code, number)
        session.refresh(row, with_for_update=True)
        if row.status in IN_USE:
            return ()
        if expected and expected != row.content_hash:
            raise Conflict("The draft has changed since you looked at it. Look at it again before you publish it.")
        ready = readiness(session, code, number, actor=actor)
        if ready.refusal:
            raise Forbidden(ready.refusal)
        if row.status is VersionStatus.DRAFT and not actor.is_system:
            raise Conflict("The draft has to be sent for review before it is published.")
        if ready.blockers:
            raise Unusable("The questionnaire cannot be published as it is: %(count)s problems.", ready.blockers)
        if ready.overrides and not actor.is_system and not reason:
            raise Invalid(
                "The version cannot be published without a reason.",
                problems={"reason": N_("Say why this may pass all the same.")},
            )
        if len(reason) > LONGEST_REASON:
            raise Invalid(
                "The reason is too long.", problems={"reason": N_("Write the reason in at most 300 characters.")}
            )
        row.status = VersionStatus.PUBLISHED
        row.published_at = now
        audit.record(
            session, actor, "instrument.publish", f"{code}@{number}", now, content_hash=row.content_hash,
            weighty=list(ready.weighty), reason=reason,
        )  # fmt: skip
        return ready.weighty


def retire(database: Database, code: str, number: int, *, actor: Actor, now: datetime) -> None:
    """Take a published version out of the lists of new waves. Running waves keep it. Safe to call twice."""
    with database.writing() as session:
        row = row_of(session, code, number)
        if codec.loads(row.document).service_domain not in scope.domains(actor, Role.DESIGNER, Role.APPROVER):
            raise Forbidden(N_("Your account may not decide about questionnaires of this service."))
        if row.status is VersionStatus.RETIRED:
            return
        if row.status is not VersionStatus.PUBLISHED:
            raise Conflict(
                "Only a published version can be retired; %(code)s@%(number)s is a draft.", code=code, number=number
            )
        row.status = VersionStatus.RETIRED
        audit.record(session, actor, "instrument.retire", f"{code}@{number}", now)


def _refusal(is_author: bool, domain: str, actor: Actor, *, needs_approver: bool) -> str:
    if actor.is_system:
        return ""
    approves = domain in scope.domains(actor, Role.APPROVER)
    if not approves and domain not in scope.domains(actor, Role.DESIGNER):
        return N_("Your account may not decide about questionnaires of this service.")
    if not needs_approver:
        return ""
    if not approves:
        return N_("More than words has changed, so an approver has to publish it.")
    if is_author:
        return N_("You wrote this version yourself, so another approver has to publish it.")
    return ""


# --- what is more than words ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Side:
    """One of two versions that are compared, with the codes of the questions that both have."""

    document: Document
    shared: frozenset[str]

    @property
    def items(self) -> list[Item]:
        return sorted((i for i in self.document.items if i.code in self.shared), key=lambda item: item.code)


def _questions(side: _Side) -> object:
    """The codes that are asked, each with its kind of answer and its condition."""
    items = sorted(
        (item.code, item.kind, item.scale or "", _variant(item), item.asked, item.required, item.show_if or "")
        for item in side.document.items
    )
    return items, sorted((section.code, section.show_if or "") for section in side.document.sections)


def _variant(item: Item) -> str:
    """The variant of the scale's labels that the question shows; empty for the scale's own."""
    return (item.response.variant or "") if isinstance(item.response, Rating) else ""


def _answers(side: _Side) -> object:
    """The meaning of every answer: codes with their words, in their order, and numbers with their units.

    The order counts although no code changes: people choose otherwise when another answer comes first.
    """
    scales = [
        (scale.code, scale.shown, _options(scale.options, side.document.source_language))
        for scale in sorted(side.document.scales, key=lambda scale: scale.code)
    ]
    return scales, [(item.code, _own_answers(item, side.document.source_language)) for item in side.items]


def _own_answers(item: Item, language: str) -> object:
    response = item.response
    if isinstance(response, Number):
        return response.minimum, response.maximum, response.decimals, response.unit and response.unit.get(language)
    own = getattr(response, "options", None)
    return (_options(own, language), item.other) if own else item.other


def _options(options: tuple[Option, ...], language: str) -> list[object]:
    return [(o.code, o.label.get(language), o.satisfied, o.substantive) for o in options]


def _figures(side: _Side) -> object:
    rules = [rule.model_copy(update={"name": None}) for rule in side.document.indices]
    return rules, side.document.rounding, side.document.rollup


def _factors(side: _Side) -> object:
    factors = sorted((factor.code, factor.parent or "") for factor in side.document.factors)
    return factors, [(item.code, item.factor) for item in side.items]


def _standing(side: _Side) -> object:
    """What the form claims to be, the locked form it carries, and the series it may be joined with."""
    document = side.document
    return document.claim, document.core, document.survey_family, document.comparable


WEIGHTY: dict[str, Callable[[_Side], object]] = {
    "questions": _questions,
    "answers": _answers,
    "factors": _factors,
    "figures": _figures,
    "standing": _standing,
}


def _weighty(old: Document, new: Document) -> Iterator[str]:
    shared = frozenset(item.code for item in old.items) & frozenset(item.code for item in new.items)
    before, after = _Side(old, shared), _Side(new, shared)
    for key, part in WEIGHTY.items():
        if part(before) != part(after):
            yield key
