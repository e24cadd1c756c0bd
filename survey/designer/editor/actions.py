"""What each button of the editor does to the document. One entry per act: the form's fields in, an edit out.

An edit is a function from a document to a document (`instruments.editing`); it may be run on a newer document than the
one the form was made from, so it reads nothing but the form and the document it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, get_args

from instruments import editing
from instruments.editing import EditError, answer_library
from instruments.model.document import InstrumentVersion
from instruments.model.elements import RESPONDENT_KIND, Factor, Item, Section, Sensitive, Statement
from instruments.model.index_rules import RULES, ChildWeight, IndexRule, Rounding
from instruments.model.provenance import GRADES, Decision, Passage
from instruments.model.response_domains import (
    Day,
    MultipleChoice,
    Number,
    OpenText,
    Rating,
    Response,
    Scale,
    SingleChoice,
)
from instruments.model.text import Text
from survey.designer.editor.form_values import Entered, without_number, written_list
from survey.words.figures import plain

Document = InstrumentVersion
Act = Callable[[Entered, Document], Document]
MOST_LINES = 100


# --- questions -----------------------------------------------------------------------------------------------------


def add_questions(e: Entered, v: Document) -> Document:
    """One question per line, all with the same kind of answer; printed numbers become labels."""
    source = v.source_language
    said = {code: e.lines(f"words-{code}") for code in v.language_codes}
    if not said[source]:
        raise EditError("no-words")
    section = editing.named_section(v, e.line("section"))
    answers = e.line("answers")
    options = written_list({code: e.lines(f"list-{code}") for code in v.language_codes}, source)
    after = e.line_or_none("after") or section.elements[-1].code
    person = "r_" if e.tick("about_person") else ""
    stem = f"{person}x" if v.core else person or "q"
    for n, line in enumerate(said[source][:MOST_LINES]):
        label, words = without_number(line)
        rest = {code: without_number(lines[n])[1] for code, lines in said.items() if code != source and n < len(lines)}
        text = Text({**rest, source: words})
        if answers == "words":
            made: Item | Statement = Statement(
                type="statement", code=editing.free_code(v, "w"), text=text, grade="draft"
            )
        else:
            v, response = response_for(v, answers, None, e, options)
            code = RESPONDENT_KIND if answers == "respondent" else editing.free_code(v, stem)
            is_fact = bool(person) or answers == "respondent"
            factor = e.line_or_none("factor") if _rates(v, response) else None
            made = Item(
                type="item", code=code, label=label, text=text, response=response, grade="draft",
                voluntary=is_fact or answers == "text", factor=factor,
            )  # fmt: skip
        v = editing.add_element(v, made, section=section.code, after=after)
        after = made.code
    return v


def change_question(e: Entered, v: Document) -> Document:
    """Everything about one question, its answers included."""
    code = e.line("element")
    element = editing.element_of(v, code)
    changes: dict[str, Any] = {"text": editing.words(v, e.words("text", v.language_codes))}
    if e.line("grade") in GRADES:
        changes["grade"] = e.line("grade")
    changes["source"] = e.line_or_none("source")
    if isinstance(element, Item):
        sensitive = e.line("sensitive")
        changes |= {
            "hint": editing.words_or_none(v, e.words("hint", v.language_codes)),
            "label": e.line_or_none("label"),
            "short": e.line_or_none("short"),
            "factor": e.line_or_none("factor"),
            "voluntary": e.tick("voluntary"),
            "required": e.tick("required"),
            "hideable": e.tick("hideable"),
            "relabelable": e.tick("relabelable"),
            "sensitive": sensitive if sensitive in get_args(Sensitive) else None,
        }
    v = editing.change_element(v, code, **changes)
    if isinstance(element, Item) and e.line("answers"):
        v, response = response_for(v, e.line("answers"), element, e, None)
        v = editing.put_response(v, code, response)
    return editing.rename_element(v, code, e.line("code") or code)


def answers_value(item: Item) -> str:
    """How the menu of answers names what a question has now."""
    response = item.response
    if item.scale is not None:
        return f"scale:{item.scale}"
    if isinstance(response, Number):
        return "percent" if response.unit and "%" in response.unit.values() else "number"
    return item.kind


def response_for(
    v: Document, answers: str, item: Item | None, e: Entered, written: tuple[Any, int | None] | None
) -> tuple[Document, Response]:
    """The kind of answer that the menu names; a list of the library comes along into the document."""
    same = item is not None and answers_value(item) == answers
    if answers.startswith("scale:"):
        code = answers.removeprefix("scale:")
        if same and item is not None:
            return v, item.response
        if all(scale.code != code for scale in v.scales):
            found = answer_library.shipped_scale(code)
            if found is None:
                raise EditError("scale-unknown", code=code)
            v = editing.put_scale(v, answer_library.spoken(found, v.language_codes))
        scale = v.scale(code)
        rated = scale.measures_satisfaction() or len(scale.options) > 2
        return v, Rating(kind="rating", scale=code) if rated else SingleChoice(kind="single", scale=code)
    if answers in ("single", "multiple"):
        return v, _choice(v, answers, item, e, written)
    if answers == "respondent":
        return v, answer_library.RESPONDENT_KINDS
    if answers in ("number", "percent"):
        return v, _number(v, answers, e, same=same)
    if answers == "date":
        return v, Day(kind="date")
    if answers == "text":
        return v, OpenText(kind="text", max_length=e.whole("max_length", 2000), lines=e.whole("height", 3))
    raise EditError("not-taken", reason=answers)


def _choice(v: Document, kind: str, item: Item | None, e: Entered, written: tuple[Any, int | None] | None) -> Response:
    before = v.options(item) if item is not None else ()
    options, other = e.options(v.language_codes, before)
    if written is not None:
        options, other = written
    if not options:
        options, other = before, None
    if not options:
        raise EditError("no-answers")
    if kind == "single":
        return SingleChoice(kind="single", options=options, other=other)
    return MultipleChoice(kind="multiple", options=options, other=other)


def _number(v: Document, answers: str, e: Entered, *, same: bool) -> Number:
    unit = editing.words_or_none(v, e.words("unit", v.language_codes))
    if answers == "percent":
        sign = Text(dict.fromkeys(v.language_codes, "%"))
        return Number(
            kind="number", minimum=e.number("minimum") or 0, maximum=e.number("maximum") if same else None,
            decimals=e.whole("decimals", 0), unit=sign,
        )  # fmt: skip
    return Number(
        kind="number",
        minimum=e.number("minimum"),
        maximum=e.number("maximum"),
        decimals=e.whole("decimals", 0),
        unit=unit,
    )


def _rates(v: Document, response: Response) -> bool:
    return isinstance(response, Rating) and v.scale(response.scale).measures_satisfaction()


def switch_question(e: Entered, v: Document) -> Document:
    """Switch a question of a locked form on or off."""
    return editing.switch(v, e.line("element"), asked=e.tick("asked"))


def relabel_question(e: Entered, v: Document) -> Document:
    """A question of a locked form in other words; all blank: in its own again."""
    words = editing.words_or_none(v, e.words("relabel", v.language_codes))
    return editing.relabel(v, e.line("element"), words)


def place_question(e: Entered, v: Document) -> Document:
    """Move a question to where it was dragged."""
    section = e.line("section")
    return editing.place_element(v, e.line("element"), section=section, position=e.whole("position", 0))


def show_question(e: Entered, v: Document) -> Document:
    """Under which answers a question, statement or part is shown: one more test, or the whole condition gone."""
    code = e.line("element")
    part: Any = next((s for s in v.sections if s.code == code), None)
    is_section = part is not None
    part = part or editing.element_of(v, code)
    source = new_condition(e, v, part.show_if)
    change = editing.change_section if is_section else editing.change_element
    return change(v, code, show_if=source)


def new_condition(e: Entered, v: Document, before: str | None) -> str | None:
    """The condition with one more test from the menus; none when it is to go."""
    asked, how = e.line("asked"), e.line("how")
    if how == "always":
        return None
    if asked not in {item.code for item in v.items}:
        raise EditError("element-unknown", code=asked)
    item = v.item(asked)
    if how in ("answered", "blank"):
        test = f"{how}({asked})"
    elif item.kind in ("number", "date"):
        number = e.number("number")
        if number is None or how not in ("==", "!=", "<", "<=", ">", ">="):
            raise EditError("not-a-number", came=e.line("number"))
        test = f"{asked} {how} {_figure(number)}"
    else:
        known = {str(option.code) for option in v.options(item)}
        codes = [one for one in e.fields.getlist("codes") if one in known]
        if not codes:
            raise EditError("no-codes", code=asked)
        if item.kind == "multiple":
            word = "not includes" if how == "none" else "includes"
            tests = [f"{asked} {word} {one}" for one in codes]
            test = "(" + (" and " if how == "none" else " or ").join(tests) + ")" if len(tests) > 1 else tests[0]
        else:
            test = f"{asked} {'not in' if how == 'none' else 'in'} ({', '.join(codes)})"
    if before is None or e.line("join") not in ("and", "or"):
        return test
    return f"({before}) {e.line('join')} {test}"


def _figure(number: float) -> str:
    """A number as conditions write it: every digit, no exponent, six places at most."""
    written = plain(Decimal(repr(number)), "en")
    if not abs(number) < 10**12 or len(written.partition(".")[2]) > 6:
        raise EditError("not-a-number", came=written)
    return written


# --- parts -----------------------------------------------------------------------------------------------------------


def add_section(e: Entered, v: Document) -> Document:
    """A new part with its first questions; a part always holds something."""
    code = editing.free_code(v, "s")
    holder = Statement(type="statement", code=editing.free_code(v, "w"), text=Text(vi="…"), grade="draft")
    section = Section(code=code, title=editing.words_or_none(v, e.words("title", v.language_codes)), elements=(holder,))
    v = editing.add_section(v, section, after=e.line_or_none("behind"))
    fields = e.fields.copy()
    fields["section"] = code
    v = add_questions(Entered(fields), v)
    return editing.remove_element(v, holder.code)


def change_section(e: Entered, v: Document) -> Document:
    title = editing.words_or_none(v, e.words("title", v.language_codes))
    return editing.change_section(v, e.line("element"), title=title)


# --- lists of answers ----------------------------------------------------------------------------------------------


def add_scale(e: Entered, v: Document) -> Document:
    """A list from the library, or one of our own written line by line."""
    chosen = answer_library.shipped_scale(e.line("library"))
    if chosen is not None:
        if any(scale.code == chosen.code for scale in v.scales):
            raise EditError("code-taken", code=chosen.code)
        return editing.put_scale(v, answer_library.spoken(chosen, v.language_codes))
    options, _ = written_list({c: e.lines(f"list-{c}") for c in v.language_codes}, v.source_language)
    if not options:
        raise EditError("no-answers")
    name = editing.words_or_none(v, e.words("name", v.language_codes))
    return editing.put_scale(v, Scale(code=editing.free_code(v, "scale"), name=name, options=options))


def change_scale(e: Entered, v: Document) -> Document:
    code = e.line("element")
    scale = next((one for one in v.scales if one.code == code), None)
    if scale is None:
        raise EditError("scale-unknown", code=code)
    options, _ = e.options(v.language_codes, scale.options)
    if not options:
        raise EditError("no-answers")
    name = editing.words_or_none(v, e.words("name", v.language_codes))
    shown = "reversed" if e.tick("reversed") else "listed"
    return editing.put_scale(v, scale.model_copy(update={"name": name, "options": options, "shown": shown}))


def set_answers_apart(e: Entered, v: Document) -> Document:
    """A unit's own answers behind a list of the locked form: other words, words emptied to take one out, one more."""
    code = e.line("element")
    options = []
    for option in editing.answers_of(v, code):
        if option.origin == "core":
            continue
        if f"local{option.code}-{v.source_language}" in e.fields:
            words = editing.words_or_none(v, e.words(f"local{option.code}", v.language_codes))
            if words is None:
                continue
            option = option.model_copy(update={"label": words})
        options.append(option)
    if (more := answer_library.answer_set_apart(e.line("add"), v.language_codes)) is not None:
        options.append(more)
    return editing.put_local_answers(v, code, options)


# --- factors and figures -------------------------------------------------------------------------------------------


def put_factor(e: Entered, v: Document) -> Document:
    code = e.line("element") or editing.free_code(v, "F")
    name = editing.words(v, e.words("name", v.language_codes))
    old = next((factor for factor in v.factors if factor.code == code), None)
    factor = Factor(code=code, name=name, grade=old.grade if old else "draft", parent=e.line_or_none("parent"))
    v = editing.put_factor(v, factor)
    chosen = set(e.fields.getlist("items"))
    if e.tick("with_items"):
        for item in v.items:
            if item.code in chosen and item.factor != code:
                v = editing.change_element(v, item.code, factor=code)
            elif item.factor == code and item.code not in chosen:
                v = editing.change_element(v, item.code, factor=None)
    return v


def put_figure(e: Entered, v: Document) -> Document:
    """A figure: level, rule, what it is made of, weights, rounding, whether it is the headline."""
    level, _, rest = e.line("figure").partition("/")
    rule, _, measure = rest.partition("/")
    if rule not in RULES:
        raise EditError("figure-unknown")
    items = tuple(code for code in e.fields.getlist("items") if v.has_item(code)) or None
    weights = []
    for child in (*(factor.code for factor in v.factors), *(item.code for item in v.items)):
        weight = e.number(f"weight-{child}")
        if weight is not None:
            weights.append(ChildWeight(child=child, weight=weight))
    codes = tuple(int(one) for one in e.line("codes").replace(",", " ").split() if one.isdecimal()) or None
    places = e.line("places")
    at = e.whole("element", 0) if e.line("element").isdecimal() else None
    declared = (v.indices[at].rounding if at is not None and at < len(v.indices) else None) or v.rounding or Rounding()
    rounding = Rounding(mode=declared.mode, places=int(places)) if places.isdecimal() else None
    made = IndexRule.model_validate(
        {
            "level": level,
            "rule": rule,
            "measure": measure,
            "items": items,
            "weights": tuple(weights),
            "codes": codes,
            "headline": e.tick("headline"),
            "rounding": rounding,
            "name": editing.words_or_none(v, e.words("name", v.language_codes)),
        }
    )
    return editing.put_figure(v, made, at=at)


# --- the whole -------------------------------------------------------------------------------------------------------


def change_facts(e: Entered, v: Document) -> Document:
    """Names, who asks, what may be claimed, how it is laid out."""
    languages = v.language_codes
    changes: dict[str, Any] = {
        name: editing.words(v, e.words(name, languages))
        for name in ("title", "short_title", "issuer", "address", "unit_measured", "provenance")
    }
    kinds = tuple(kind for kind in ("resident", "organisation") if kind in e.fields.getlist("kinds"))
    changes["respondent"] = v.respondent.model_copy(
        update={
            "description": editing.words(v, e.words("respondent", languages)),
            "kinds": kinds or v.respondent.kinds,
        }
    )
    for name in ("introduction", "instruction"):
        old: Passage | None = getattr(v, name)
        said = editing.words_or_none(v, e.words(name, languages))
        if said is None:
            changes[name] = None
        else:
            changes[name] = old.model_copy(update={"text": said}) if old else Passage(text=said, grade="draft")
    if e.line("claim") in ("official", "to_check", "demonstration", "archive"):
        changes["claim"] = e.line("claim")
    return change_display(e, v.model_copy(update=changes))


def change_display(e: Entered, v: Document) -> Document:
    """How it is laid out on a telephone: a local choice, also on a locked form."""
    pages = e.line("pages")
    display = v.display.model_copy(
        update={
            "pages": pages if pages in ("auto", "one", "sections") else v.display.pages,
            "question": editing.words_or_none(v, e.words("question", v.language_codes)),
            "counter": e.tick("counter"),
        }
    )
    return v.model_copy(update={"display": display})


def put_decision(e: Entered, v: Document) -> Document:
    """A decision the questionnaire rests on."""
    title = e.line("title")
    if not title:
        raise EditError("no-words")
    code = editing.free_code(v, "van-ban-", [one.code for one in v.decisions])
    made = Decision(code=code, title=title, number=e.line_or_none("number"), form=e.line_or_none("form"), grade="draft")
    return v.model_copy(update={"decisions": (*v.decisions, made)})


def remove_decision(e: Entered, v: Document) -> Document:
    code = e.line("element")
    if users := [item.code for item in v.items if item.decision == code]:
        raise EditError("asked-about", code=code, users=", ".join(users))
    return v.model_copy(update={"decisions": tuple(one for one in v.decisions if one.code != code)})


def grade_all(e: Entered, v: Document) -> Document:
    """How sure every wording is, in one act: after the whole form was compared with its decision."""
    grade = e.line("grade")
    if grade not in GRADES:
        raise EditError("not-taken", reason=grade)
    for element in v.elements:
        if element.origin == "core" and element.grade != grade:
            v = editing.change_element(v, element.code, grade=grade)
    return v


def translate(e: Entered, v: Document) -> Document:
    """Words of one language; fields are named by the keys of the texts."""
    said = {name.removeprefix("t:"): e.paragraph(name) for name in e.fields if name.startswith("t:")}
    return editing.translate(v, said, e.line("language"))


def _way(move: Callable[..., Document], way: str) -> Act:
    return lambda e, v: move(v, e.line("element"), way)


ACTS: Mapping[str, Act] = {
    "them-cau": add_questions,
    "cau": change_question,
    "cau-len": _way(editing.move_element, "up"),
    "cau-xuong": _way(editing.move_element, "down"),
    "cau-xoa": lambda e, v: editing.remove_element(v, e.line("element")),
    "cau-chep": lambda e, v: editing.copy_element(v, e.line("element")),
    "cau-dat": place_question,
    "bat-tat": switch_question,
    "loi-rieng": relabel_question,
    "dieu-kien": show_question,
    "them-phan": add_section,
    "phan": change_section,
    "phan-len": _way(editing.move_section, "up"),
    "phan-xuong": _way(editing.move_section, "down"),
    "phan-xoa": lambda e, v: editing.remove_section(v, e.line("element")),
    "them-thang": add_scale,
    "thang": change_scale,
    "thang-xoa": lambda e, v: editing.remove_scale(v, e.line("element")),
    "dap-rieng": set_answers_apart,
    "yeu-to": put_factor,
    "yeu-to-len": _way(editing.move_factor, "up"),
    "yeu-to-xuong": _way(editing.move_factor, "down"),
    "yeu-to-xoa": lambda e, v: editing.remove_factor(v, e.line("element")),
    "chi-so": put_figure,
    "chi-so-xoa": lambda e, v: editing.remove_figure(v, e.whole("element", -1)),
    "thong-tin": change_facts,
    "trinh-bay": change_display,
    "van-ban": put_decision,
    "van-ban-xoa": remove_decision,
    "muc-chac": grade_all,
    "dich": translate,
    "them-tieng": lambda e, v: editing.add_language(v, e.line("language")),
    "bo-tieng": lambda e, v: editing.remove_language(v, e.line("language")),
    "muc-tieng": lambda e, v: editing.grade_language(v, e.line("language"), e.line("grade")),
}
"""Every act by the last part of its address."""
