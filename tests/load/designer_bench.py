"""What an act of the editor costs with 60 questions: the act itself, and the page after it.

python -m tests.load.designer_bench [--rounds 15]

Prints JSON: median milliseconds of an act and of the page after it, for an own draft and for a draft with local parts
of a locked form, and of the first page a new process makes. The application answers in this process, without a network.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from survey import clock, create_app, schema
from survey.config import load
from survey.database import Database
from survey.models.people.accounts import Role
from survey.permissions import system
from survey.services.people import signin
from survey.services.questionnaires import publishing, shipped_and_imported
from survey.web import staff_session
from tests.factories.people import cheap
from tests.factories.questionnaires import as_file, item, questionnaire
from tests.factories.record import Record
from tests.staff_client import StaffClient

LIST = "/quan-tri/bo-cau-hoi"
SECTIONS, QUESTIONS = 10, 6


@dataclass(frozen=True)
class Cost:
    what: str
    act_ms: float
    page_ms: float
    first_page_ms: float


def documents() -> dict[str, tuple[dict[str, Any], ...]]:
    """What is brought in for each case; the last is the draft that is edited, before it are published forms."""
    sections = [
        {"code": f"s{n}", "elements": [item(f"q{QUESTIONS * n + k}") for k in range(QUESTIONS)]}
        for n in range(SECTIONS)
    ]
    own = questionnaire(sections=sections)
    local = item("x1", origin="overlay", factor=None)
    carried = [*sections[:5], {**sections[5], "elements": [*sections[5]["elements"], local]}, *sections[6:]]
    adapted = own | {"sections": carried, "code": "phieu-rieng", "core": {"code": "phieu-mau", "version": 1}}
    return {"own draft": (own,), "local parts of a locked form": (own, adapted)}


def measure(what: str, brought: tuple[dict[str, Any], ...], rounds: int) -> Cost:
    with tempfile.TemporaryDirectory(prefix="hailong-designer-") as name:
        config = load({"HAILONG_INSTANCE": str(Path(name))})
        database = Database(config.database_url)
        schema.upgrade(database)
        now = clock.now()
        for document in brought:
            shipped_and_imported.import_document(database, as_file(document), actor=system("benchmark"), now=now)
            if document is not brought[-1]:
                publishing.publish(database, document["code"], 1, actor=system("benchmark"), now=now)
        record = Record(database, now)
        account = record.account((Role.DESIGNER, record.unit(), ("admin",)))
        browser = StaffClient(create_app(config, database, passwords=cheap()))
        with database.writing() as session:
            token = signin.open_session(session, account.id, now=clock.now()).token
        browser.browser.set_cookie(staff_session.COOKIE, "t." + token, domain="localhost", path="/quan-tri")
        found = _acts(browser, brought[-1]["code"], "x1" if len(brought) > 1 else "q30", rounds)
        database.dispose()
    return Cost(what, *found)


def _acts(browser: StaffClient, code: str, element: str, rounds: int) -> tuple[float, float, float]:
    address = f"{LIST}/{code}/1/soan?mo={element}"
    began = time.perf_counter()
    browser.browser.get(address)
    first = time.perf_counter() - began
    form = next(form for form in browser.get(address).forms() if form.action.endswith("/lam/cau"))
    acts, pages = [], []
    for n in range(rounds):
        form.fields |= {"text-vi": f"Lời {n}", "revision": str(n)}
        began = time.perf_counter()
        answer = browser.browser.post(form.action, data=form.fields)
        answered = time.perf_counter()
        page = browser.browser.get(answer.location)
        if (answer.status_code, page.status_code) != (303, 200):
            raise RuntimeError(f"the act was answered {answer.status_code}, the page {page.status_code}")
        acts.append(answered - began)
        pages.append(time.perf_counter() - answered)
    return 1000 * statistics.median(acts), 1000 * statistics.median(pages), 1000 * first


def run(rounds: int = 15) -> tuple[Cost, ...]:
    return tuple(measure(what, brought, rounds) for what, brought in documents().items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    print(json.dumps([cost.__dict__ for cost in run(parser.parse_args().rounds)], indent=1))


if __name__ == "__main__":
    main()
