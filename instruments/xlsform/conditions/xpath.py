"""Reads an expression of XLSForm letter for letter, and writes a condition of ours as one.

Reading gives the tree; `condition_reading` makes a condition of it. An expression that computes (today(), sums,
lookups) is legal there and cannot be asked here: `Unsupported` names the piece. One that cannot be read at all, with a
bracket or a quotation mark missing, is `Broken`: pyxform lets it pass.

XLSForm's blank is the empty text: `${q} != '2'` holds when q is blank, ours does not. Both directions keep the meaning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from instruments.conditions import And, Answered, Blank, Compare, Condition, In, Includes, Not, Or

MAX_LENGTH = 4000
MAX_DEPTH = 30

Kind = Literal["rating", "single", "multiple", "number", "date", "text"]


class Broken(ValueError):
    """The expression cannot be read: which problem it is, and what stands where something else should."""

    def __init__(self, code: str, **params: str | int) -> None:
        self.code, self.params = code, params
        super().__init__(f"{code} {params}")


class Unsupported(ValueError):
    """The expression asks something that cannot be asked here; the message is the piece that does."""


class Unknown(ValueError):
    """The expression names a question that the form does not have; the message is the name."""


@dataclass(frozen=True, slots=True)
class Ref:
    """`${name}`"""

    name: str


@dataclass(frozen=True, slots=True)
class Here:
    """`.`: the answer itself."""


@dataclass(frozen=True, slots=True)
class Literally:
    """A text or a number."""

    value: str | float


@dataclass(frozen=True, slots=True)
class Call:
    """A function or an operator with what it is applied to."""

    name: str
    parts: tuple[Node, ...]
    source: str


Node = Ref | Here | Literally | Call


# --- reading ----------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"\s*(?:(?P<ref>\$\{\s*[^{}\s]+\s*\})|(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<text>'[^']*'|\"[^\"]*\"|‘[^’]*’|“[^”]*”)"
    r"|(?P<word>[A-Za-z_][\w:.\-]*)|(?P<sign>!=|<=|>=|[=<>()+\-*,|\[\]]|\.\./|/+|\.|@))"
)
_COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


def parse(source: str) -> Node:
    """The tree of an expression, or `Broken`."""
    if len(source) > MAX_LENGTH:
        raise Broken("xls-expression-long", size=len(source), limit=MAX_LENGTH)
    return _Reader(source).whole()


def _tokens(source: str) -> Iterator[_Token]:
    place, end = 0, len(source.rstrip())
    while place < end:
        found = _TOKEN.match(source, place, end)
        if found is None:
            rest = source[place:end].lstrip()
            raise Broken("xls-expression", came=rest[:12], position=end - len(rest) + 1)
        kind = found.lastgroup or ""
        yield _Token(kind, found[kind], found.start(kind) + 1)
        place = found.end()
    yield _Token("end", "", end + 1)


class _Reader:
    def __init__(self, source: str) -> None:
        self._source = source
        self._tokens = list(_tokens(source))
        self._place = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._or()
        if self._next.kind != "end":
            raise self._unexpected()
        return node

    @property
    def _next(self) -> _Token:
        return self._tokens[self._place]

    def _take(self, *texts: str) -> _Token | None:
        token = self._next
        if token.kind in ("word", "sign") and token.text in texts:
            self._place += 1
            return token
        return None

    def _unexpected(self) -> Broken:
        token = self._next
        if not token.text:
            return Broken("xls-expression-end")
        return Broken("xls-expression", came=token.text[:20], position=token.position)

    def _binary(self, below: Callable[[], Node], *signs: str) -> Node:
        start = self._next.position
        node = below()
        while token := self._take(*signs):
            node = Call(token.text, (node, below()), self._from(start))
        return node

    def _from(self, start: int) -> str:
        return self._source[start - 1 : self._next.position - 1].strip()

    def _or(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Broken("xls-expression-deep", limit=MAX_DEPTH)
        node = self._binary(lambda: self._binary(self._comparison, "and"), "or")
        self._depth -= 1
        return node

    def _comparison(self) -> Node:
        return self._binary(self._sum, *_COMPARISONS)

    def _sum(self) -> Node:
        return self._binary(lambda: self._binary(self._single, "*", "div", "mod"), "+", "-")

    def _single(self) -> Node:
        token = self._next
        if token.kind == "sign" and token.text == "-":
            self._place += 1
            inner = self._single()
            if isinstance(inner, Literally) and isinstance(inner.value, float):
                return Literally(-inner.value)
            return Call("-", (inner,), self._from(token.position))
        self._place += 1
        match token.kind:
            case "ref":
                return Ref(token.text[2:-1].strip())
            case "number":
                return Literally(float(token.text))
            case "text":
                return Literally(token.text[1:-1])
            case "word":
                return self._word(token)
            case "sign" if token.text == "(":
                node = self._or()
                if not self._take(")"):
                    raise self._unexpected()
                return node
            case "sign" if token.text == "." and not self._next.text.startswith("/"):
                return Here()
            case "sign" if token.text in ("../", "/", "//", "."):
                return self._path(token)
        self._place -= 1
        raise self._unexpected()

    def _word(self, token: _Token) -> Node:
        if not self._take("("):
            if token.text in ("and", "or", "div", "mod"):
                self._place -= 1
                raise self._unexpected()
            return self._path(token)
        parts: list[Node] = []
        if not self._take(")"):
            parts.append(self._or())
            while self._take(","):
                parts.append(self._or())
            if not self._take(")"):
                raise self._unexpected()
        return Call(f"{token.text}()", tuple(parts), self._from(token.position))

    def _path(self, start: _Token) -> Node:
        """A path through the form, which nothing here can follow: taken whole, to be named."""
        inside = 0
        while self._next.kind != "end":
            token = self._next
            if not inside and token.kind not in ("word", "ref") and token.text not in ("/", "//", "../", ".", "@", "["):
                break
            if token.kind == "word" and token.text in ("and", "or", "div", "mod") and not inside:
                break
            inside += (token.text == "[") - (token.text == "]")
            self._place += 1
        return Call("path", (), self._from(start.position))


def described(node: Node) -> str:
    """The piece as written, short."""
    words = node.source if isinstance(node, Call) else f"${{{node.name}}}" if isinstance(node, Ref) else "."
    if isinstance(node, Literally):
        words = str(node.value)
    return words if len(words) <= 60 else words[:59] + "…"


# --- writing ----------------------------------------------------------------------------------------------------


def written(tree: Condition, kind: Callable[[str], Kind]) -> str:
    """A condition of ours as an expression of XLSForm with the same meaning, blanks included."""
    match tree:
        case And(parts):
            return " and ".join(_bracketed(part, kind, Or) for part in parts)
        case Or(parts):
            return " or ".join(_bracketed(part, kind, And) for part in parts)
        case Not(part):
            return f"not({written(part, kind)})"
        case Answered(item):
            return f"${{{item}}} != ''"
        case Blank(item):
            return f"${{{item}}} = ''"
        case Includes(item, code, negated):
            chosen = f"selected(${{{item}}}, '{code}')"
            return f"(${{{item}}} != '' and not({chosen}))" if negated else chosen
        case In(item, numbers, negated):
            asked, quote = _asked(item, kind(item))
            if negated:
                tests = " and ".join(f"{asked} != {quote(number)}" for number in numbers)
                return f"(${{{item}}} != '' and {tests})"
            tests = " or ".join(f"{asked} = {quote(number)}" for number in numbers)
            return f"({tests})" if len(numbers) > 1 else tests
        case Compare(item, operator, number):
            asked, quote = _asked(item, kind(item))
            if operator == "!=":
                return f"(${{{item}}} != '' and {asked} != {quote(number)})"
            return f"{asked} {'=' if operator == '==' else operator} {quote(number)}"


def _bracketed(part: Condition, kind: Callable[[str], Kind], other: type[And] | type[Or]) -> str:
    return f"({written(part, kind)})" if isinstance(part, other) else written(part, kind)


def _asked(item: str, kind: Kind) -> tuple[str, Callable[[int | float], str]]:
    if kind == "date":
        return f"number(format-date(${{{item}}}, '%Y%m%d'))", number_words
    if kind == "number":
        return f"${{{item}}}", number_words
    return f"${{{item}}}", lambda number: f"'{number_words(number)}'"


def number_words(number: int | float) -> str:
    """A number without a needless fraction."""
    return str(int(number)) if float(number).is_integer() else repr(float(number))
