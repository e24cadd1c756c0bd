"""Collect the interface texts of each face into its catalogue, and compile the catalogues.

    python -m tests.catalogue          collect and compile
    python -m tests.catalogue compile  compile only

A catalogue belongs to one face, so that a citizen worker loads only the citizen's words.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from instruments.answers import MESSAGES, OUT_OF_RANGE_ONE_SIDED
from instruments.checks.problems import PIECES, PROBLEMS
from instruments.editing import REFUSALS
from instruments.model.index_rules import RULES, WEIGHED
from instruments.overlays.misfits import MISFITS
from instruments.versions.conformity import BADGES, DEVIATIONS
from instruments.xlsform import REMARKS
from survey import FACES
from survey.i18n import LANGUAGES, TRANSLATIONS, compile_stale

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "lazy_gettext": None,
    "lazy_ngettext": (1, 2),
    "_l": None,
    "N_": None,
    "pgettext": ((1, "c"), 2),
} | dict.fromkeys(
    # what these say is their first argument
    (
        "NotFound",
        "Forbidden",
        "Conflict",
        "Invalid",
        "Unusable",
        "RecordUnavailable",
        "ConfigurationError",
        "SurveyError",
    )
)
# Which sources speak through which catalogue: a face and its pages through the face's own, services and words of a
# subject through that of the face where they are read. The first match wins; `staff` has what nobody claims.
SERVICES: dict[str, tuple[str, ...]] = {
    "citizen": (
        "survey/form/",
        "templates/layouts/citizen",
        "survey/services/intake/",
        "survey/errors",
        "survey/words/standing",
    ),
    "accounts": (
        "survey/words/people",
        "survey/services/people/accounts",
        "survey/services/people/invitations",
        "survey/services/people/grants",
        "survey/services/people/own_account",
    ),
    "designer": (
        "survey/words/questionnaires",
        "survey/services/questionnaires/",
        "templates/components/questionnaires",
    ),
    "exports": (
        "survey/exports/",
        "survey/services/files/",
        "survey/services/fieldwork/placards",
        "survey/words/results",
    ),
    "fieldwork": ("survey/words/fieldwork", "survey/services/fieldwork/"),
    "results": ("survey/services/estimates/", "survey/charts/"),
}
EVERYBODYS = {"site": "staff"}
SOURCES: dict[str, tuple[str, ...]] = {
    **SERVICES,
    **{
        face: (f"survey/{face}/", f"templates/{face}/", *SERVICES.get(face, ()))
        for face in FACES
        if face not in EVERYBODYS
    },
    "staff": ("survey", "templates"),
}
_METHODS = [("**.py", "python"), ("**.html", "jinja2.ext.babel_extract"), ("**.txt", "jinja2.ext.babel_extract")]


def owner(path: str) -> str:
    return next(name for name, places in SOURCES.items() if any(path.startswith(p) for p in places))


def collect() -> dict[str, Catalog]:
    """The texts of every catalogue as the sources have them now."""
    found = {name: Catalog(project="Hài Lòng", domain=name) for name in SOURCES}
    for folder in ("survey", "templates"):
        for file, _line, message, comments, context in extract_from_dir(
            ROOT / folder, _METHODS, {"**.html": {"trimmed": "true"}}, KEYWORDS, ("i18n:",)
        ):
            path = f"{folder}/{Path(file).as_posix()}"
            found[owner(path)].add(message, None, [(path, 0)], auto_comments=comments, context=context)
    for kind in PROBLEMS.values():
        found["designer"].add(kind.template, None, [("instruments/checks/problems.py", 0)])
    for text in sorted(PIECES):
        found["designer"].add(text, None, [("instruments/checks/problems.py", 0)])
    for text in REFUSALS.values():
        found["designer"].add(text, None, [("instruments/editing/refusals.py", 0)])
    for remark in REMARKS.values():
        found["designer"].add(remark.template, None, [("instruments/xlsform/import_report.py", 0)])
    for sentence in MISFITS.values():
        found["designer"].add(sentence, None, [("instruments/overlays/misfits.py", 0)])
    for sentence in (*BADGES.values(), *DEVIATIONS.values()):
        found["designer"].add(sentence, None, [("instruments/versions/conformity.py", 0)])
    for text in (*MESSAGES.values(), *OUT_OF_RANGE_ONE_SIDED.values()):
        found["citizen"].add(text, None, [("instruments/answers.py", 0)])
    for formula in (*(rule.formula for rule in RULES.values()), WEIGHED):
        found["designer"].add(formula, None, [("instruments/model/index_rules.py", 0)])
    return found


def update() -> None:
    """Bring the catalogue files up to date, keeping every translation there is."""
    for name, template in collect().items():
        for language in LANGUAGES:
            path = TRANSLATIONS / language / "LC_MESSAGES" / f"{name}.po"
            path.parent.mkdir(parents=True, exist_ok=True)
            catalog = _read(path, language, name)
            catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
            catalog.obsolete.clear()
            if language == "en":
                for message in catalog:
                    if message.id:
                        message.string = message.id
            buffer = io.BytesIO()
            write_po(buffer, catalog, width=0, sort_output=True, no_location=True, omit_header=False)
            path.write_bytes(buffer.getvalue())


def _read(path: Path, language: str, name: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language, domain=name, project="Hài Lòng", fuzzy=False)
    with path.open("rb") as handle:
        return read_po(handle, locale=language, domain=name)


if __name__ == "__main__":
    if sys.argv[1:] != ["compile"]:
        update()
    compile_stale()
