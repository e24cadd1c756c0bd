"""Checks a whole definition for quality, while it is edited and before it is published.

`lint` lists everything `integrity` finds and what is checked here: wording people can take in, labels that
statistics files can hold, translations, figures that can be trusted, questions that need a second look. What
may not be published is an error; what an editor should look at is a warning.

Sources of the limits: SPSS keeps 256 bytes of a variable label and 120 of a value label, Stata 80 characters
of a label and 32 of a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations

from instruments import conditions, routing
from instruments.checks import integrity
from instruments.checks.integrity import located_elements, located_items, located_texts
from instruments.checks.problems import Problem
from instruments.model import indices
from instruments.model.document import InstrumentVersion
from instruments.model.elements import RESPONDENT_KIND, Item, Section
from instruments.model.provenance import GRADES, Grade
from instruments.model.recordings import heard
from instruments.model.response_domains import MultipleChoice, Option, Scale
from instruments.model.text import Text, named_places

WORDS_AT_A_GLANCE = 15
MANY_ITEMS = 10
MOST_AT_A_COUNTER = 15
SHORT_BYTES = 80
SPSS_LABEL_BYTES = 256
SPSS_VALUE_BYTES = 120
STATA_LABEL = 80
STATA_NAME = 32
WORDS_OF_A_SENTENCE = 4

LOOKALIKES: Mapping[str, str] = {"\N{LATIN CAPITAL LETTER ETH}": "Đ", "\N{LATIN SMALL LETTER ETH}": "đ"}
"""Letters that look like Vietnamese ones and are not found by a search for them."""

CLAIMS_NEED: Mapping[str, Grade] = {"official": "verbatim", "to_check": "transcribed"}
"""The lowest grade a claim allows among the questions of the core."""

TWO_THINGS = re.compile(r"\b(và|hoặc|hay)\b|;", re.IGNORECASE)
"""What joins two matters in one question."""

SENSITIVE_WORDS: tuple[tuple[str, str], ...] = (
    ("ethnicity", r"dân tộc|\bethnic"),
    ("belief", r"tôn giáo|đảng viên|chính kiến|\breligio"),
    ("health", r"sức khỏe|sức khoẻ|bệnh án|tiền sử bệnh|khuyết tật|\bmedical history|\bdisabilit"),
    ("contact", r"số điện thoại|số di động|e-?mail|thư điện tử|zalo của|\b(?:tele)?phone number"),
    (
        "identity",
        (
            r"họ (?:và )?tên|căn cước|cccd|cmnd|chứng minh nhân dân|số định danh|hộ chiếu"
            r"|\bfull name|\byour name|\bpassport|\bnational id|\bid number"
        ),
    ),
    ("location", r"vị trí của (?:ông/bà|anh/chị|em)|địa chỉ nhà|số nhà|\bhome address"),
    ("bank", r"tài khoản ngân hàng|số tài khoản|\bbank account"),
)
"""Words by which a question that asks for personal data gives itself away; English ones for forms made elsewhere."""


def lint(version: InstrumentVersion) -> list[Problem]:
    """Every finding, contradictions first."""
    found = integrity.problems(version)
    return [
        *found,
        *_reachability(version),
        *_scales(version),
        *_claims(version),
        *_lengths(version),
        *_labels(version),
        *_size(version),
        *_personal(version),
        *_standard_facts(version),
        *_translations(version),
        *_figures(version),
        *_unused(version),
        *_conditions(version),
        *_order(version),
        *_recordings(version),
    ]


def _reachability(version: InstrumentVersion) -> Iterator[Problem]:
    lost = set(routing.unreachable(version))
    for path, item in located_items(version):
        if item.code in lost:
            yield Problem("unreachable", f"{path}.show_if", {"code": item.code})


# --- scales ------------------------------------------------------------------------------------------------


def _scales(version: InstrumentVersion) -> Iterator[Problem]:
    directions: list[tuple[str, Scale, bool]] = []
    for s, scale in enumerate(version.scales):
        path = f"scales[{s}]"
        yield from _choices(path, scale.options)
        if not scale.measures_satisfaction():
            continue
        direction = _direction(scale)
        if direction is None:
            yield Problem("scale-mixed", f"{path}.options", {"scale": scale.code})
        else:
            directions.append((path, scale, direction))
    for (_, one, up), (path, other, also_up) in combinations(directions, 2):
        if up != also_up:
            yield Problem("scale-direction", path, {"one": one.code, "other": other.code})
    for path, item in located_items(version):
        own = getattr(item.response, "options", None)
        if own:
            yield from _choices(f"{path}.response", own)


def _direction(scale: Scale) -> bool | None:
    """True: higher codes are better; False: lower ones; None: the satisfied codes lie on no one side."""
    good = [option.code for option in scale.options if option.satisfied]
    rest = [option.code for option in scale.options if option.substantive and not option.satisfied]
    if not rest or min(good) > max(rest):
        return True
    return False if max(good) < min(rest) else None


def _choices(path: str, options: tuple[Option, ...]) -> Iterator[Problem]:
    if sum(option.substantive for option in options) < 2:
        yield Problem("few-answers", f"{path}.options")
    seen: set[str] = set()
    for o, option in enumerate(options):
        for language, words in option.label.items():
            spelled = f"{language}:{words.casefold().strip()}"
            if spelled in seen:
                yield Problem("option-label-twice", f"{path}.options[{o}].label.{language}", {"label": words})
            seen.add(spelled)


# --- what is claimed ---------------------------------------------------------------------------------------


def _claims(version: InstrumentVersion) -> Iterator[Problem]:
    needed = CLAIMS_NEED.get(version.claim)
    if needed is None:
        return
    for path, _, element in located_elements(version):
        if element.origin == "core" and GRADES.index(element.grade) > GRADES.index(needed):
            params = {"claim": version.claim, "code": element.code, "grade": element.grade}
            yield Problem("claim-grade", f"{path}.grade", params)


# --- lengths and labels ------------------------------------------------------------------------------------


def _lengths(version: InstrumentVersion) -> Iterator[Problem]:
    for path, item in located_items(version):
        if item.is_fieldwork_fact:
            continue
        language = version.source_language
        count = len(item.wording.inside(language).split())
        if count > WORDS_AT_A_GLANCE:
            params: dict[str, str | int | float] = {"count": count, "limit": WORDS_AT_A_GLANCE}
            yield Problem("text-long", f"{path}.text.{language}", params)
        two = TWO_THINGS.search(item.wording.inside("vi"))
        if two and version.measures_satisfaction(item):
            yield Problem("double-barrelled", f"{path}.text.vi", {"word": two[0].strip()})
    for path, text in located_texts(version):
        for language, words in text.items():
            if words != words.strip() or "  " in words:
                yield Problem("text-space", f"{path}.{language}")


def _labels(version: InstrumentVersion) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for path, item in located_items(version):
        yield from _variable_label(version, path, item)
        yield from _column_names(version, path, item)
        if item.short is not None:
            if item.short in seen:
                yield Problem("short-twice", f"{path}.short", {"short": item.short})
            seen[item.short] = item.code
        own = getattr(item.response, "options", None)
        if own:
            yield from _value_labels(f"{path}.response", own)
    for s, scale in enumerate(version.scales):
        yield from _value_labels(f"scales[{s}]", scale.options)


def _variable_label(version: InstrumentVersion, path: str, item: Item) -> Iterator[Problem]:
    if item.short is not None:
        size = len(item.short.encode())
        if size > SHORT_BYTES:
            yield Problem("short-long", f"{path}.short", {"size": size, "limit": SHORT_BYTES})
        return
    words = item.wording.inside(version.source_language)
    if len(words.encode()) > SPSS_LABEL_BYTES:
        yield Problem("label-spss", f"{path}.text", {"size": len(words.encode()), "limit": SPSS_LABEL_BYTES})
    if len(words) > STATA_LABEL:
        yield Problem("label-stata", f"{path}.text", {"size": len(words), "limit": STATA_LABEL})


def _column_names(version: InstrumentVersion, path: str, item: Item) -> Iterator[Problem]:
    names = [item.code]
    if isinstance(item.response, MultipleChoice):
        names = [f"{item.code}_{option.code}" for option in version.options(item)]
    if item.other is not None:
        names.append(f"{item.code}_other")
    for name in names:
        if len(name) > STATA_NAME:
            yield Problem("name-long", f"{path}.code", {"name": name, "limit": STATA_NAME})


def _value_labels(path: str, options: tuple[Option, ...]) -> Iterator[Problem]:
    for o, option in enumerate(options):
        for language, words in option.label.items():
            size = len(words.encode())
            if size > SPSS_VALUE_BYTES:
                params: dict[str, str | int | float] = {"size": size, "limit": SPSS_VALUE_BYTES}
                yield Problem("label-spss", f"{path}.options[{o}].label.{language}", params)


# --- how much is asked, and of whom ------------------------------------------------------------------------


def _size(version: InstrumentVersion) -> Iterator[Problem]:
    count = len(routing.questions_for_everyone(version))
    if version.display.counter and count > MOST_AT_A_COUNTER:
        yield Problem("too-many-items", "sections", {"count": count, "limit": MOST_AT_A_COUNTER})
    elif count > MANY_ITEMS:
        yield Problem("many-items", "sections", {"count": count, "limit": MANY_ITEMS})


def _personal(version: InstrumentVersion) -> Iterator[Problem]:
    for path, item in located_items(version):
        if not item.asked:
            continue
        if item.sensitive is not None:
            yield Problem("sensitive-asked", f"{path}.asked", {"code": item.code, "kind": item.sensitive})
        elif not version.measures_satisfaction(item):  # to be satisfied with something is not to disclose it
            for kind, pattern in SENSITIVE_WORDS:
                found = re.search(pattern, item.wording.inside("vi"), re.IGNORECASE)
                if found:
                    params = {"code": item.code, "kind": kind, "word": found[0]}
                    yield Problem("sensitive-unmarked", f"{path}.text.vi", params)
        if item.required:
            yield Problem("required", f"{path}.required", {"code": item.code})
        if not item.voluntary and (item.kind == "text" or item.is_respondent_fact):
            yield Problem("not-voluntary", f"{path}.voluntary", {"code": item.code})


def _standard_facts(version: InstrumentVersion) -> Iterator[Problem]:
    for path, item in located_items(version):
        if item.code == RESPONDENT_KIND:
            codes = {option.code for option in version.options(item) if option.substantive}
            if item.kind != "single" or codes != {1, 2}:
                yield Problem("respondent-kind", f"{path}.response", {"code": item.code})


def _order(version: InstrumentVersion) -> Iterator[Problem]:
    asked = [(path, item) for path, item in located_items(version) if item.asked]
    last = max((n for n, (_, item) in enumerate(asked) if not item.voluntary), default=-1)
    for n, (path, item) in enumerate(asked):
        if item.is_respondent_fact and n < last:
            yield Problem("respondent-order", path, {"code": item.code})


# --- languages ---------------------------------------------------------------------------------------------


def _translations(version: InstrumentVersion) -> Iterator[Problem]:
    for n, language in enumerate(version.languages):
        if language.role == "translation" and language.grade is None:
            yield Problem("translation-ungraded", f"languages[{n}].grade", {"language": language.code})
    for path, text in located_texts(version):
        for code in _missing_languages(version, text):
            yield Problem("translation-missing", f"{path}.{code}", {"language": code})
        yield from _faithless(version, path, text)
        for letter, right in LOOKALIKES.items():
            if letter in text.get("vi", ""):
                yield Problem("wrong-letter", f"{path}.vi", {"letter": letter, "right": right})


def _faithless(version: InstrumentVersion, path: str, text: Text) -> Iterator[Problem]:
    """Problems of translations that lost a placeholder or repeat the source text."""
    source = text.get(version.source_language)
    if source is None:
        return
    wanted = named_places(source)
    for code, words in text.items():
        if code == version.source_language:
            continue
        for name in sorted(wanted - named_places(words) if wanted else ()):
            yield Problem("translation-placeholder", f"{path}.{code}", {"language": code, "name": name})
        if words == source and len(words.split()) >= WORDS_OF_A_SENTENCE:
            yield Problem("translation-copied", f"{path}.{code}", {"language": code})


def _missing_languages(version: InstrumentVersion, text: Text) -> Iterator[str]:
    for language in version.languages:
        if language.role == "translation" and language.code not in text:
            yield language.code


def _recordings(version: InstrumentVersion) -> Iterator[Problem]:
    spoken = {one.language for element in version.elements for one in element.audio}
    for progress in heard(version):
        if progress.language in spoken and not progress.is_complete:
            missing = progress.total - progress.recorded
            yield Problem("audio-incomplete", "sections", {"language": progress.language, "count": missing})


# --- figures, loose ends, conditions -----------------------------------------------------------------------


def _figures(version: InstrumentVersion) -> Iterator[Problem]:
    if version.rated_items and not any(rule.headline for rule in version.indices):
        yield Problem("no-headline", "indices")
    for f, factor in enumerate(version.factors):
        if not version.items_below(factor.code):
            yield Problem("factor-empty", f"factors[{f}]", {"code": factor.code})
    for i, rule in enumerate(version.indices):
        for weight in rule.weights:
            if weight.child not in indices.parts(version, rule):
                yield Problem("weight-unused", f"indices[{i}].weights", {"code": weight.child})
    rollups = version.rollup.rules
    if rollups[:1] != ("design_weighted",) or len(set(rollups)) < len(rollups):
        yield Problem("rollup-rules", "rollup.rules")


def _unused(version: InstrumentVersion) -> Iterator[Problem]:
    scales = {item.scale for item in version.items}
    for s, scale in enumerate(version.scales):
        if scale.code not in scales:
            yield Problem("unused", f"scales[{s}]", {"code": scale.code})
    named = {code for _, text in located_texts(version) for code in text.placeholders()}
    for p, parameter in enumerate(version.parameters):
        if parameter.code not in named:
            yield Problem("unused", f"parameters[{p}]", {"code": parameter.code})


def _conditions(version: InstrumentVersion) -> Iterator[Problem]:
    paths = {one.code: path for path, _, one in located_elements(version)}
    paths |= {section.code: f"sections[{s}]" for s, section in enumerate(version.sections)}
    for page in routing.pages(version):
        here = {item.code for section in page.sections for item in section.items}
        for section in page.sections:
            for part in (section, *section.elements):
                for code in sorted(_asked(part.show_if) & here - _inside(part)):
                    yield Problem("condition-same-page", f"{paths[part.code]}.show_if", {"code": code})


def _asked(source: str | None) -> frozenset[str]:
    try:
        return conditions.references(conditions.tree(source)) if source is not None else frozenset()
    except conditions.ConditionError:
        return frozenset()


def _inside(part: object) -> set[str]:
    """Codes of a section's own questions, which its condition cannot ask about; none for any other part."""
    return {item.code for item in part.items} if isinstance(part, Section) else set()
