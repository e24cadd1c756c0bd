"""Reads an expression of XLSForm as a condition of ours with the same meaning, or names the piece that has none.

A relation between a question and a constant is carried where its truth is known for every answer: `${q} >= 3` over a
list whose names are numbers asks for the answers whose names fulfil it. What only dresses a value up is taken off
(`coalesce(${q}, '')`, `string(${q})`), `if(…)` becomes what holds in either case, and a calculated row stands for its
expression. Everything else raises `Unsupported` with the piece.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from instruments.conditions import And, Answered, Blank, Compare, Condition, In, Includes, Not, Operator, Or
from instruments.xlsform.conditions.xpath import Call, Kind, Literally, Node, Ref, Unsupported, described

MOST_CALCULATED = 60
"""Calculated rows put in the place of their names in one expression; each may name others, twice over."""

MOST_EXCLUDED = 20

_RELATIONS: Mapping[str, Operator] = {"=": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_MIRRORED: Mapping[Operator, Operator] = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_HOLDS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_TRUTH = {"true()": True, "false()": False}
_DRESSED = frozenset({"string()", "number()", "normalize-space()", "once()"})
"""Around one value they change nothing that a relation could see."""
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_DAY_AS_NUMBER = "%Y%m%d"


class Questions(Protocol):
    """What must be known of the questions before."""

    def code(self, name: str) -> str:
        """The code of the question of this name; raises `Unknown` or `Unsupported`."""

    def kind(self, code: str) -> Kind:
        """Its response domain."""

    def options(self, code: str) -> Mapping[str, int]:
        """The codes of its answers by their names."""

    def calculated(self, name: str) -> Node | None:
        """The expression of a calculated row of this name."""


def condition(node: Node, questions: Questions) -> Condition | bool:
    """The same as a condition; True or False where it holds always or never. Raises `Unsupported`, `Unknown`."""
    return _Reader(questions).condition(node)


class _Reader:
    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._calculated = 0

    def condition(self, node: Node) -> Condition | bool:
        match node:
            case Call("or" | "and", parts, _):
                return _joined(node.name, [self.condition(part) for part in parts])
            case Call("not()", (part,), _):
                return _negated(self.condition(part))
            case Call("true()" | "false()", (), _):
                return _TRUTH[node.name]
            case Call("boolean()" | "once()", (Call() as part,), _):
                return self.condition(part)
            case Call("if()", (test, yes, no), _):
                return self._either(test, self.condition(yes), self.condition(no))
            case Call("selected()", (Ref(name), Literally(value)), source):
                return self._chosen(name, value, source)
            case Call(name, (left, right), source) if name in _RELATIONS:
                return self._related(_RELATIONS[name], left, right, source)
        raise Unsupported(described(node))

    def _either(self, test: Node, yes: Condition | bool, no: Condition | bool) -> Condition | bool:
        holds = self.condition(test)
        return _joined("or", [_joined("and", [holds, yes]), _joined("and", [_negated(holds), no])])

    # --- relations ------------------------------------------------------------------------------------------

    def _related(self, relation: Operator, left: Node, right: Node, source: str) -> Condition | bool:
        left, right = self._undressed(left), self._undressed(right)
        if isinstance(left, Literally) and not isinstance(right, Literally):
            left, right, relation = right, left, _MIRRORED[relation]
        if isinstance(left, Call) and left.name == "if()" and len(left.parts) == 3 and isinstance(right, Literally):
            test, yes, no = left.parts
            cases = [self._case(relation, one, right, source) for one in (yes, no)]
            return self._either(test, cases[0], cases[1])
        if isinstance(right, Call) and right.name in _TRUTH and relation in ("==", "!="):
            holds = self.condition(left)
            return holds if _TRUTH[right.name] is (relation == "==") else _negated(holds)
        if isinstance(left, Call) and (day := _day_of(left)) is not None and isinstance(right, Literally):
            return self._day(relation, day, _number(right.value), source)
        if isinstance(left, Call) and isinstance(right, Literally):
            return self._counted(relation, left, right, source)
        written = _date(right)
        if isinstance(left, Ref) and written is not None and self._kind(left) == "date":
            return self._day(relation, left, written, source)
        if isinstance(left, Ref) and isinstance(right, Literally):
            return self._answered(relation, left.name, right.value, source)
        raise Unsupported(source)

    def _kind(self, asked: Ref) -> Kind:
        return self._questions.kind(self._questions.code(asked.name))

    def _undressed(self, node: Node) -> Node:
        """The expression without functions that do not change its value, calculated rows replaced by their own."""
        match node:
            case Call("coalesce()", (inner, Literally("")), _):
                return self._undressed(inner)
            case Call(name, (Ref() as inner,), _) if name in _DRESSED:
                return self._undressed(inner)
            case Ref(name) if (calculated := self._questions.calculated(name)) is not None:
                self._calculated += 1
                if self._calculated > MOST_CALCULATED:
                    raise Unsupported(described(node))
                return self._undressed(calculated)
        return node

    def _case(self, relation: Operator, value: Node, right: Literally, source: str) -> Condition | bool:
        """One branch of an if, compared with a constant."""
        value = self._undressed(value)
        if isinstance(value, Literally):
            return _holds(relation, value.value, right.value)
        return self._related(relation, value, right, source)

    def _chosen(self, name: str, value: str | float, source: str) -> Condition:
        code = self._questions.code(name)
        option = self._questions.options(code).get(_spelled(value))
        kind = self._questions.kind(code)
        if option is None or kind not in ("multiple", "single", "rating"):
            raise Unsupported(source)
        return Includes(code, option) if kind == "multiple" else Compare(code, "==", option)

    def _answered(self, relation: Operator, name: str, value: str | float, source: str) -> Condition | bool:
        code = self._questions.code(name)
        kind = self._questions.kind(code)
        if value == "" and relation in ("==", "!="):
            return Blank(code) if relation == "==" else Answered(code)
        if kind in ("rating", "single"):
            return self._among(relation, code, value, source)
        if kind == "multiple" and relation in ("==", "!="):
            only = self._only(code, value, source)
            return only if relation == "==" else Not(only)
        number = _number(value)
        if kind != "number" or number is None:
            raise Unsupported(source)
        return Not(Compare(code, "==", number)) if relation == "!=" else Compare(code, relation, number)

    def _only(self, code: str, value: str | float, source: str) -> Condition:
        """`${m} = 'a'` where any number may be chosen: a and nothing else."""
        options = self._questions.options(code)
        wanted = options.get(_spelled(value))
        if wanted is None or len(options) > MOST_EXCLUDED:
            raise Unsupported(source)
        others = [Not(Includes(code, number)) for number in options.values() if number != wanted]
        return And((Includes(code, wanted), *others)) if others else Includes(code, wanted)

    def _among(self, relation: Operator, code: str, value: str | float, source: str) -> Condition | bool:
        """A relation between the one answer given and a constant: the answers that fulfil it."""
        options = self._questions.options(code)
        if relation in ("==", "!="):
            found = tuple(number for name, number in options.items() if _holds("==", name, value))
            if not found:
                raise Unsupported(source)
            return _any_of(code, found) if relation == "==" else Not(_any_of(code, found))
        limit = _number(value)
        if limit is None or all(_number(name) is None for name in options):
            raise Unsupported(source)
        if all(name == str(number) for name, number in options.items()):
            return Compare(code, relation, limit)
        found = tuple(number for name, number in options.items() if _holds(relation, name, value))
        return _any_of(code, found) if found else False

    def _counted(self, relation: Operator, call: Call, right: Literally, source: str) -> Condition:
        """`count-selected(${q}) > 0` and `string-length(${q}) > 0` ask whether there is an answer."""
        if call.name in ("count-selected()", "string-length()") and len(call.parts) == 1:
            asked = self._undressed(call.parts[0])
            limit = _number(right.value)
            if isinstance(asked, Ref):
                code = self._questions.code(asked.name)
                if (relation, limit) in ((">", 0), (">=", 1), ("!=", 0)):
                    return Answered(code)
                if (relation, limit) in (("==", 0), ("<", 1), ("<=", 0)):
                    return Blank(code)
        raise Unsupported(source)

    def _day(self, relation: Operator, asked: Ref, day: float | int | None, source: str) -> Condition:
        code = self._questions.code(asked.name)
        if self._questions.kind(code) != "date" or day is None:
            raise Unsupported(source)
        return Not(Compare(code, "==", day)) if relation == "!=" else Compare(code, relation, day)


def _any_of(code: str, numbers: tuple[int, ...]) -> Condition:
    return Compare(code, "==", numbers[0]) if len(numbers) == 1 else In(code, numbers)


def _day_of(call: Call) -> Ref | None:
    """The question inside `number(format-date(${d}, '%Y%m%d'))`: a date as the number it is here."""
    if call.name == "number()" and len(call.parts) == 1 and isinstance(call.parts[0], Call):
        call = call.parts[0]
    match call:
        case Call("format-date()", (Ref() as asked, Literally(written)), _) if written == _DAY_AS_NUMBER:
            return asked
    return None


def _date(node: Node) -> int | None:
    """`date('2024-01-31')` and `'2024-01-31'` as 20240131."""
    if isinstance(node, Call) and node.name == "date()" and len(node.parts) == 1:
        node = node.parts[0]
    if isinstance(node, Literally) and isinstance(node.value, str):
        found = _DATE.fullmatch(node.value.strip())
        return int("".join(found.groups())) if found else None
    return None


# --- joining --------------------------------------------------------------------------------------------------


def _negated(part: Condition | bool) -> Condition | bool:
    if isinstance(part, bool):
        return not part
    return part.part if isinstance(part, Not) else Not(part)


def _joined(name: str, parts: list[Condition | bool]) -> Condition | bool:
    """`and` and `or` with what is always or never true taken out; several answers to one question as one test."""
    ends = name == "or"  # one True ends an or, one False ends an and
    if any(part is ends for part in parts):
        return ends
    join = Or if ends else And
    flat: list[Condition] = []
    for part in parts:
        if not isinstance(part, bool):
            flat.extend(part.parts if isinstance(part, join) else (part,))
    if not flat:
        return not ends
    if ends and len(flat) > 1 and (several := _one_of(flat)):
        return several
    return join(tuple(flat)) if len(flat) > 1 else flat[0]


def _one_of(parts: list[Condition]) -> In | None:
    numbers: list[int | float] = []
    items: set[str] = set()
    for part in parts:
        if isinstance(part, Compare) and part.operator == "==":
            numbers.append(part.number)
        elif isinstance(part, In) and not part.negated:
            numbers.extend(part.numbers)
        else:
            return None
        items.add(part.item)
    return In(items.pop(), tuple(dict.fromkeys(numbers))) if len(items) == 1 else None


# --- constants ------------------------------------------------------------------------------------------------


def _holds(relation: Operator, left: str | float, right: str | float) -> bool:
    """As XPath has it: two texts are equal letter by letter, everything else is compared as numbers."""
    if relation in ("==", "!=") and isinstance(left, str) and isinstance(right, str):
        return _HOLDS[relation](left.strip(), right.strip())
    one, other = _number(left), _number(right)
    if one is None or other is None:
        return relation == "!="
    return _HOLDS[relation](one, other)


def _spelled(value: str | float) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value.strip()


def _number(value: str | float) -> int | float | None:
    """A finite number, whole where it can be."""
    try:
        number = float(value if isinstance(value, float) or "_" not in value else "")
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return int(number) if number.is_integer() else number
