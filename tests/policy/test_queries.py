"""Where the record is read: in `survey.queries`. A service selects only the rows that it is about to change.

The rule, checked on the source of every module:

1. A SELECT in a service is of one mapped class, whole, and is carried out where it stands:
   `session.scalars(select(FrameCell).where(…))`. Chosen columns, counts, EXISTS, joins and SQL as text are reads: they
   have a name in `survey.queries`.
2. The function in which it stands changes what it found: sets one of its columns, deletes it, hands it to a function of
   the module that does, or holds it with `with_for_update`. The same goes for `session.get(…)`.
3. It does not stand under `database.reading()` or `database.view()`, where nothing can be changed.
4. A query changes nothing, and everything else (faces, jobs, commands, exports, words) makes no statement at all. Only
   the two modules that are the store itself, `survey.database` and `survey.schema`, speak to it below the level of
   tables.

No function is excepted by name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from survey.config import ROOT

SURVEY = ROOT / "survey"
READING_ROOMS = ("queries", "models", "migrations")
STORE = ("database.py", "schema.py")

STATEMENTS = {
    "sqlalchemy": {"select", "insert", "update", "delete", "Connection"},
    "sqlalchemy.orm": {"Session"},
    "sqlalchemy.dialects": {"postgresql", "sqlite"},  # for their `INSERT … ON CONFLICT`
}
NARROWED = {"where", "order_by", "limit", "with_for_update"}  # what may be said of a select of whole rows
CARRIED_OUT = {"scalar", "scalars", "execute"}
BY_ITS_KEY = {"get", "get_one"}
BELOW_THE_TABLES = {"exec_driver_sql", "cursor", "query"}
CANNOT_WRITE = {"reading", "view"}


def services() -> list[Path]:
    return sorted((SURVEY / "services").rglob("*.py"))


def everything_else() -> list[Path]:
    return [
        path
        for path in sorted(SURVEY.rglob("*.py"))
        if path.relative_to(SURVEY).parts[0] not in (*READING_ROOMS, "services", *STORE)
    ]


@pytest.mark.parametrize("path", services(), ids=lambda path: str(path.relative_to(SURVEY)))
def test_a_service_selects_only_rows_it_is_about_to_change(path: Path) -> None:
    assert refusals(path.read_text("utf-8")) == []


def test_nothing_else_makes_a_statement() -> None:
    paths = everything_else()
    assert len(paths) > 50
    assert {str(path): found for path in paths if (found := statements(path.read_text("utf-8")))} == {}


def test_a_query_changes_nothing() -> None:
    paths = sorted((SURVEY / "queries").rglob("*.py"))
    assert len(paths) > 20
    for path in paths:
        taken = {what for _, what in _imported(ast.parse(path.read_text("utf-8")))}
        assert not taken & {"sqlalchemy.insert", "sqlalchemy.update", "sqlalchemy.delete"}, path
        assert not [what for what in taken if what.startswith("sqlalchemy.dialects")], path


def test_the_rooms_of_services_are_found() -> None:
    rooms = {path.relative_to(SURVEY / "services").parts[0] for path in services()}
    assert {"intake", "questionnaires", "fieldwork", "province", "people"} <= rooms


HEAD = "from sqlalchemy import select\nfrom survey.models.fieldwork.waves import Wave\n"

ALLOWED = {
    "set": "wave = session.scalar(select(Wave).where(Wave.code == code))\n  wave.title = 'x'",
    "set two": "wave = session.get(Wave, 1)\n  wave.title, wave.code = 'x', 'y'",
    "set by name": "wave = session.get_one(Wave, 1)\n  setattr(wave, name, 1)",
    "each": "for one in session.scalars(select(Wave)):\n    session.delete(one)",
    "some of them": "old = [w for w in session.scalars(select(Wave)) if w.title]\n  for w in old:\n    w.title = ''",
    "held": "return session.get(Wave, 1, with_for_update=True)",
    "handed on": "wave = session.get(Wave, 1)\n  fill(wave)\ndef fill(row):\n  row.title = 'x'",
}
REFUSED = {
    "a column": "x = session.scalar(select(Wave.id))",
    "a count": "x = session.scalar(select(func.count()).select_from(Wave))",
    "two classes": "wave, y = session.execute(select(Wave, Unit)).one()\n  wave.title = 'x'",
    "a join": "wave = session.scalar(select(Wave).join(Unit))\n  wave.title = 'x'",
    "a part of a statement": "q = select(Wave)\n  wave = session.scalar(q)\n  wave.title = 'x'",
    "only looked at": "wave = session.get(Wave, 1)\n  return wave.title",
    "another one is changed": "wave = session.get(Wave, 1)\n  unit.name = 'x'\n  return wave",
    "handed on to be looked at": "wave = session.get(Wave, 1)\n  see(wave)\ndef see(row):\n  return row.title",
    "beside what is changed": "for unit in units:\n    see(session.get(Wave, 1))\n    unit.name = 'x'",
    "there or not": "if session.get(Wave, 1) is None:\n    raise ValueError",
    "in a view": "with database.reading() as session:\n    wave = session.get(Wave, 1)\n  wave.title = 'x'",
    "below the tables": "x = session.connection().exec_driver_sql('SELECT 1')",
}


@pytest.mark.parametrize("body", ALLOWED.values(), ids=ALLOWED)
def test_rows_to_be_changed_may_be_selected(body: str) -> None:
    assert refusals(f"{HEAD}def act(session):\n  {body}\n") == []


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_reads_are_refused(body: str) -> None:
    assert refusals(f"{HEAD}def act(session):\n  {body}\n")


def test_other_ways_to_a_statement_are_refused() -> None:
    assert refusals("from sqlalchemy import func, select\n")
    assert refusals("import sqlalchemy as sa\n")
    assert refusals("from sqlalchemy import text\n")
    assert statements("from sqlalchemy import select\n")
    assert statements("def act(session):\n  return session.scalars(made).all()\n")
    assert not statements("from sqlalchemy.orm import Session\nfrom sqlalchemy.exc import DBAPIError\n")


# --- how ----------------------------------------------------------------------------------------------------------


def statements(source: str) -> list[str]:
    """Where a module that is neither query nor service makes a statement or carries one out."""
    tree = ast.parse(source)
    return [
        *(f"{n.lineno}: imports {what}" for n, what in _imported(tree) if what != "sqlalchemy.orm.Session"),
        *(
            f"{n.lineno}: .{n.func.attr}()"
            for n in ast.walk(tree)
            if isinstance(n, ast.Call)
            and isinstance(n.func, ast.Attribute)
            and n.func.attr in CARRIED_OUT | BELOW_THE_TABLES
        ),
    ]


def refusals(source: str) -> list[str]:
    """Every read in a service's source that belongs into a query, with its line and why."""
    tree = ast.parse(source)
    allowed = {f"{module}.{name}" for module, names in STATEMENTS.items() for name in names}
    found = [f"{n.lineno}: imports {what}" for n, what in _imported(tree) if what not in allowed]
    return found + _Reads(tree).refusals()


def _imported(tree: ast.AST) -> Iterator[tuple[ast.stmt, str]]:
    """What a module takes from SQLAlchemy, besides its errors and its addresses of databases."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names if alias.name.split(".")[0] == "sqlalchemy")
        elif isinstance(node, ast.ImportFrom) and node.module not in (None, "sqlalchemy.exc", "sqlalchemy.engine"):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((node, name) for name in names if name.split(".")[0] == "sqlalchemy")


@dataclass
class _Reads:
    """The reads of one module, each seen from where it stands."""

    tree: ast.Module

    def __post_init__(self) -> None:
        self.parent = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}
        self.functions = {n.name: n for n in self.tree.body if isinstance(n, ast.FunctionDef)}
        self.select, self.models = "select", set[str]()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy":
                self.select = next((a.asname or a.name for a in node.names if a.name == "select"), self.select)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("survey.models"):
                self.models |= {alias.asname or alias.name for alias in node.names}

    def refusals(self) -> list[str]:
        calls = [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]
        return [f"{call.lineno}: {why}" for call in calls if (why := self._refusal(call))]

    def _refusal(self, call: ast.Call) -> str:
        if isinstance(call.func, ast.Attribute) and call.func.attr in BELOW_THE_TABLES:
            return f"reads below the level of tables (.{call.func.attr})"
        if isinstance(call.func, ast.Name) and call.func.id == self.select:
            if not (len(call.args) == 1 and self._is_model(call.args[0])):
                return "selects something else than the whole rows of one class"
            read, said = self._chain(call)
            if not said <= NARROWED or not _calls(read, CARRIED_OUT):
                return "a select that is more than a search for rows, or is not carried out where it stands"
            return self._purpose(read, held="with_for_update" in said)
        if _calls(call, BY_ITS_KEY) and call.args and self._is_model(call.args[0]):
            return self._purpose(call, held=any(word.arg == "with_for_update" for word in call.keywords))
        return ""

    def _is_model(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id in self.models

    def _chain(self, call: ast.Call) -> tuple[ast.AST, set[str]]:
        """What is said of a select (`.where(…).order_by(…)`), and the call to which all of that is given."""
        node: ast.AST = call
        said: set[str] = set()
        while isinstance(attribute := self.parent[node], ast.Attribute):
            said.add(attribute.attr)
            node = self.parent[attribute]
        return self.parent[node], said

    def _purpose(self, read: ast.AST, *, held: bool) -> str:
        """Why the rows are not selected to be changed; empty when they are."""
        above = list(self._above(read))
        if any(_calls(item.context_expr, CANNOT_WRITE) for n in above if isinstance(n, ast.With) for item in n.items):
            return "reads where nothing can be changed"
        if held:
            return ""
        function = next((n for n in above if isinstance(n, ast.FunctionDef)), None)
        binding = next((n for n in above if isinstance(n, BINDINGS) and read in ast.walk(_value(n))), None)
        if function is None or binding is None or not self._changes(function, _bound(binding)):
            return "reads rows that the function does not change"
        return ""

    def _above(self, node: ast.AST) -> Iterator[ast.AST]:
        while node in self.parent:
            node = self.parent[node]
            yield node

    def _changes(self, function: ast.FunctionDef, names: set[str]) -> bool:
        """The function changes or deletes a row that one of these names, or a name made from them, stands for."""
        names = _followed(function, names)
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and _root(node) in names:
                return True
            if isinstance(node, ast.Call) and self._hands_on(node, names):
                return True
        return False

    def _hands_on(self, call: ast.Call, names: set[str]) -> bool:
        """The call gives a row to `session.delete`, to `setattr`, or to a function of this module that changes it."""
        if not isinstance(call.func, ast.Name):
            return _calls(call, {"delete"}) and any(_root(argument) in names for argument in call.args)
        if call.func.id == "setattr":
            return _root(call.args[0]) in names
        if (called := self.functions.get(call.func.id)) is None:
            return False
        pairs = zip(called.args.args, call.args, strict=False)
        given = {parameter.arg for parameter, argument in pairs if _root(argument) in names}
        return bool(given) and self._changes(called, given)


def _calls(node: ast.AST, methods: set[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods


def _root(node: ast.expr) -> str:
    """The name at the beginning of `row.grants[0]`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


BINDINGS = (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.For)
Binding = ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.For


def _value(node: Binding) -> ast.AST:
    """What an assignment or a loop takes its values from."""
    return node.iter if isinstance(node, ast.For) else node.value or ast.Tuple()


def _bound(node: Binding) -> set[str]:
    """The names that an assignment or a loop gives a value."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _followed(function: ast.FunctionDef, names: set[str]) -> set[str]:
    """These names, and those that get their value from them."""
    names = set(names)
    while True:
        more = {
            name
            for node in ast.walk(function)
            if isinstance(node, BINDINGS)
            and any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(_value(node)))
            for name in _bound(node)
        }
        if more <= names:
            return names
        names |= more
