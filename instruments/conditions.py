"""The conditions under which a question is asked: a small closed language, read into a tree, never run as Python.

    q5 == 2 and not (q2 includes 7)
    answered(g1) and g1 < 50
    r_edu in (5, 6) or blank(q4)

    condition := and-part { "or" and-part }
    and-part  := term { "and" term }
    term      := "not" term | "(" condition ")" | test
    test      := "answered" "(" item ")" | "blank" "(" item ")"
               | item ("==" | "!=" | "<" | "<=" | ">" | ">=") number
               | item ["not"] "in" "(" number { "," number } ")"
               | item ["not"] "includes" number

What a blank answer does: every comparison with it is false, `!=` and `not in` and `not includes` too (they
mean "answered, and otherwise"); `not (q5 == 2)` is true, because that is what it says. Only `answered` and
`blank` may ask about free text. `includes` is for multiple choice, the rest for one code or a number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

MAX_LENGTH = 1000
MAX_DEPTH = 20
MAX_TESTS = 60

Value = int | float | str | tuple[int, ...]
"""An answer: a code or a number, free text, or the codes of a multiple choice."""

Operator = Literal["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Answered:
    """The item has an answer."""

    item: str


@dataclass(frozen=True, slots=True)
class Blank:
    """The item has no answer."""

    item: str


@dataclass(frozen=True, slots=True)
class Compare:
    """The answer stands in a relation to a number."""

    item: str
    operator: Operator
    number: int | float


@dataclass(frozen=True, slots=True)
class In:
    """The answer is one of several (`negated`: is none of them)."""

    item: str
    numbers: tuple[int | float, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Includes:
    """The multiple choice holds a code (`negated`: is answered and does not)."""

    item: str
    code: int
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple[Condition, ...]


Test = Answered | Blank | Compare | In | Includes
Condition = Test | Not | And | Or


class ConditionError(ValueError):
    """A condition that cannot be read: what was expected, what came, at which character (from 1)."""

    def __init__(self, expected: str, came: str, position: int) -> None:
        self.expected, self.came, self.position = expected, came, position
        super().__init__(f"expected {expected}, found {came} at character {position}")


def parse(source: str) -> Condition:
    """The tree of a condition, or `ConditionError`."""
    if len(source) > MAX_LENGTH:
        raise ConditionError(f"at most {MAX_LENGTH} characters", f"{len(source)}", MAX_LENGTH + 1)
    reader = _Reader(tuple(_tokens(source)))
    found = reader.condition(0)
    reader.expect("end")
    return found


@lru_cache(maxsize=4096)
def tree(source: str) -> Condition:
    """The tree that `parse` gives, cached, because routing asks for the same conditions at every page."""
    return parse(source)


def evaluate(condition: Condition, answers: Mapping[str, Value]) -> bool:
    """Whether the condition holds for these answers; an item without an entry is blank.

    >>> asked = parse("q5 == 2 and not answered(q6)")
    >>> evaluate(asked, {"q5": 2}), evaluate(asked, {"q5": 2, "q6": 1}), evaluate(asked, {})
    (True, False, False)
    """
    match condition:
        case And(parts):
            return all(evaluate(part, answers) for part in parts)
        case Or(parts):
            return any(evaluate(part, answers) for part in parts)
        case Not(part):
            return not evaluate(part, answers)
        case Answered(item):
            return item in answers
        case Blank(item):
            return item not in answers
    value = answers.get(condition.item)
    if value is None or isinstance(value, str):
        return False
    match condition:
        case Includes(_, code, negated):
            return isinstance(value, tuple) and (code in value) is not negated
        case In(_, numbers, negated):
            return not isinstance(value, tuple) and (value in numbers) is not negated
        case Compare(_, operator, number):
            return not isinstance(value, tuple) and _compare(value, operator, number)


def references(condition: Condition) -> frozenset[str]:
    """Codes of the items the condition asks about."""
    return frozenset(test.item for test in tests(condition))


def tests(condition: Condition) -> Iterator[Test]:
    """The single tests, left to right."""
    match condition:
        case And(parts) | Or(parts):
            for part in parts:
                yield from tests(part)
        case Not(part):
            yield from tests(part)
        case _:
            yield condition


def write(condition: Condition) -> str:
    """The canonical source: one spelling per tree, and reading it gives the tree back."""
    match condition:
        case And(parts):
            return " and ".join(_inside(part, (Or, And)) for part in parts)
        case Or(parts):
            return " or ".join(_inside(part, (Or,)) for part in parts)
        case Not(part):
            return f"not {_inside(part, (Or, And, Compare, In, Includes))}"
        case Answered(item):
            return f"answered({item})"
        case Blank(item):
            return f"blank({item})"
        case Compare(item, operator, number):
            return f"{item} {operator} {_number(number)}"
        case In(item, numbers, negated):
            return f"{item} {'not in' if negated else 'in'} ({', '.join(map(_number, numbers))})"
        case Includes(item, code, negated):
            return f"{item} {'not includes' if negated else 'includes'} {code}"


def canonical(source: str) -> str:
    """The canonical spelling of a source text."""
    return write(parse(source))


def _inside(part: Condition, bracketed: tuple[type, ...]) -> str:
    return f"({write(part)})" if isinstance(part, bracketed) else write(part)


def _number(number: int | float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


def _compare(value: int | float, operator: Operator, number: int | float) -> bool:
    match operator:
        case "==":
            return value == number
        case "!=":
            return value != number
        case "<":
            return value < number
        case "<=":
            return value <= number
        case ">":
            return value > number
        case ">=":
            return value >= number


# --- reading -----------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?[0-9]{1,12}(?:\.[0-9]{1,6})?)(?![0-9A-Za-z_.])"
    r"|(?P<word>[a-z][a-z0-9_]*)(?![A-Z])"
    r"|(?P<sign>==|!=|<=|>=|<|>|\(|\)|,))",
    re.ASCII,
)
_WORDS = frozenset({"and", "or", "not", "in", "includes", "answered", "blank"})
_OPERATORS: dict[str, Operator] = {
    "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def _tokens(source: str) -> Iterator[_Token]:
    place, end = 0, len(source.rstrip())
    while place < end:
        found = _TOKEN.match(source, place, end)
        if found is None:
            stop = place + len(source[place:end]) - len(source[place:end].lstrip())
            wanted = "a name, a number, or one of == != < <= > >= ( ) ,"
            raise ConditionError(wanted, f"“{source[stop]}”", stop + 1)
        kind = found.lastgroup or ""
        text = found[kind]
        yield _Token(text if kind == "sign" or text in _WORDS else kind, text, found.start(kind) + 1)
        place = found.end()
    yield _Token("end", "the end", end + 1)


class _Reader:
    """Recursive descent over the tokens; depth and number of tests are bounded."""

    def __init__(self, tokens: tuple[_Token, ...]) -> None:
        self._tokens = tokens
        self._place = 0
        self._tests = 0

    def condition(self, depth: int) -> Condition:
        return self._joined("or", Or, lambda: self._joined("and", And, lambda: self._term(depth)))

    def expect(self, kind: str) -> _Token:
        token = self._tokens[self._place]
        if token.kind != kind:
            wanted = {"end": "and, or, or the end", "word": "an item code"}
            raise _unexpected(wanted.get(kind, f"“{kind}”"), token)
        self._place += 1
        return token

    def _next_is(self, kind: str) -> bool:
        return self._tokens[self._place].kind == kind

    def _take(self, kind: str) -> bool:
        found = self._next_is(kind)
        self._place += found
        return found

    def _joined(self, word: str, join: type[And] | type[Or], read: Callable[[], Condition]) -> Condition:
        parts = [read()]
        while self._take(word):
            parts.append(read())
        flat: list[Condition] = []
        for part in parts:
            flat.extend(part.parts if isinstance(part, join) else (part,))
        return join(tuple(flat)) if len(flat) > 1 else flat[0]

    def _term(self, depth: int) -> Condition:
        here = self._tokens[self._place]
        if depth > MAX_DEPTH:
            raise ConditionError(f"at most {MAX_DEPTH} levels of brackets", "more", here.position)
        if self._take("not"):
            return Not(self._term(depth + 1))
        if self._take("("):
            inner = self.condition(depth + 1)
            self.expect(")")
            return inner
        self._tests += 1
        if self._tests > MAX_TESTS:
            raise ConditionError(f"at most {MAX_TESTS} tests", "more", here.position)
        if self._take("answered"):
            return Answered(self._bracketed_item())
        if self._take("blank"):
            return Blank(self._bracketed_item())
        return self._relation()

    def _bracketed_item(self) -> str:
        self.expect("(")
        item = self.expect("word").text
        self.expect(")")
        return item

    def _relation(self) -> Condition:
        item = self.expect("word").text
        negated = self._take("not")
        if self._take("in"):
            return In(item, self._list(), negated)
        if self._take("includes"):
            return Includes(item, self._code(), negated)
        token = self._tokens[self._place]
        operator = _OPERATORS.get(token.kind)
        if operator is None or negated:
            wanted = "in or includes" if negated else "==, !=, <, <=, >, >=, in or includes"
            raise _unexpected(wanted, token)
        self._place += 1
        return Compare(item, operator, self._number())

    def _list(self) -> tuple[int | float, ...]:
        self.expect("(")
        numbers = [self._number()]
        while self._take(","):
            numbers.append(self._number())
        self.expect(")")
        return tuple(dict.fromkeys(numbers))

    def _number(self) -> int | float:
        token = self._tokens[self._place]
        if token.kind != "number":
            raise _unexpected("a number", token)
        self._place += 1
        value = float(token.text)
        return int(value) if value.is_integer() else value

    def _code(self) -> int:
        token = self._tokens[self._place]
        number = self._number()
        if not isinstance(number, int):
            raise _unexpected("a whole number", token)
        return number


def _unexpected(expected: str, token: _Token) -> ConditionError:
    came = token.text if token.kind == "end" else f"“{token.text}”"
    return ConditionError(expected, came, token.position)
