"""Rules about the files of the project themselves."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from importlib import metadata

from survey import FACES
from survey.config import ROOT

CEILING = 800
FOLDERS = ("instruments", "analysis", "survey", "tests")
EMPTY_SUBJECTS = {"utils", "helpers", "common", "misc"}


def sources() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = listed.stdout.split() or [str(p.relative_to(ROOT)) for f in FOLDERS for p in (ROOT / f).rglob("*.py")]
    return [name for name in found if name.endswith(".py") and (ROOT / name).exists()]


def test_no_module_is_longer_than_its_ceiling() -> None:
    long = {name: n for name in sources() if (n := len((ROOT / name).read_text("utf-8").splitlines())) > CEILING}
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    bare = []
    for name in sources():
        tree = ast.parse((ROOT / name).read_text("utf-8"))
        if tree.body and not ast.get_docstring(tree):
            bare.append(name)
    assert bare == []


def test_every_module_has_a_subject() -> None:
    assert [n for n in sources() if n.rsplit("/", 1)[-1].removesuffix(".py") in EMPTY_SUBJECTS] == []


def test_faces_do_not_know_models_or_the_database() -> None:
    """Contract 3, at the level of the source: a face speaks to services and queries."""
    faces = [p for face in FACES if face != "citizen" for p in (ROOT / "survey" / face).rglob("*.py")]
    assert len(faces) >= 10
    for path in faces:
        known = {name for node in ast.walk(ast.parse(path.read_text("utf-8"))) for name in imported(node)}
        assert not [n for n in known if n.startswith(("analysis", "sqlalchemy", "survey.models"))], path


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [a.name for a in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_every_declared_dependency_is_imported() -> None:
    """What nothing imports leaves pyproject.toml and, with the next `make lock`, the lock files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {
        re.split(r"[\[<>=! ]", line)[0].lower()
        for lines in (project["dependencies"], *project["optional-dependencies"].values())
        for line in lines
    }
    modules_of: dict[str, set[str]] = {}
    for module, distributions in metadata.packages_distributions().items():
        for distribution in distributions:
            modules_of.setdefault(distribution.lower(), set()).add(module)
    sources_imported = {
        name.split(".")[0]
        for source in sources()
        for node in ast.walk(ast.parse((ROOT / source).read_text("utf-8")))
        for name in imported(node)
    }
    started = {"gunicorn", "mypy", "ruff", "import-linter", "pytest-xdist"}  # programs, and a plugin of pytest
    started |= {"psycopg", "dask"}  # named in the address of a record; imported as distributed, which it brings
    unused = {name for name in declared - started if not modules_of.get(name, set()) & sources_imported}
    assert unused == set()
