"""What bringing in a very large form costs: 500 questions in 20 languages, as another program would write it.

python -m tests.load.exchange_bench [--questions 500] [--languages 20] [--rounds 5]

Prints JSON: seconds of reading the workbook, of the whole import into an embedded record (read, checked, kept), of
writing it as a workbook, and the peak of memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from instruments import xlsform
from survey import clock, schema
from survey.database import Database
from survey.permissions import system
from survey.services.questionnaires import file_import
from tests.instruments.workbooks import workbook

SPOKEN = ("Tiếng Việt (vi)", "English (en)", "Français (fr)", "Español (es)")
GROUP = 25
ANSWERS = 8


def large_form(questions: int, languages: int) -> bytes:
    """Groups of questions with hints, conditions and a list for every fifth one, all in every language."""
    names = [*SPOKEN, *(f"Language {n} (q{chr(97 + n // 26)}{chr(97 + n % 26)})" for n in range(languages))][:languages]
    survey: list[list[Any]] = [
        [
            "type",
            "name",
            *[f"label::{name}" for name in names],
            *[f"hint::{name}" for name in names],
            "required",
            "relevant",
        ]
    ]
    for n in range(questions):
        if n % GROUP == 0:
            survey.append(["begin_group", f"g{n // GROUP}", *[f"Phần {n // GROUP + 1}, {name}" for name in names]])
        survey.append(
            [
                f"select_one l{n // 5}", f"Q{n}",
                *[f"Câu hỏi số {n} về chất lượng phục vụ của cơ quan, {name}" for name in names],
                *[f"Gợi ý cho câu {n}, {name}" for name in names],
                "yes" if n % 2 else "no", f"${{Q{n - 1}}} = 'a1'" if n % GROUP else None,
            ]
        )  # fmt: skip
        if n % GROUP == GROUP - 1 or n == questions - 1:
            survey.append(["end_group"])
    choices: list[list[Any]] = [["list_name", "name", *[f"label::{name}" for name in names]]]
    choices += [
        [f"l{k}", f"a{j}", *[f"Trả lời {j + 1} của danh sách {k}, {name}" for name in names]]
        for k in range((questions + 4) // 5)
        for j in range(ANSWERS)
    ]
    settings = [["form_title", "form_id", "version", "default_language"], ["Phiếu rất lớn", "rat-lon", 1, SPOKEN[0]]]
    return workbook({"survey": survey, "choices": choices, "settings": settings})


def measure(data: bytes, rounds: int) -> dict[str, Any]:
    """Medians of several rounds."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'record.db'}")
        schema.upgrade(database)
        version = xlsform.read(data, service_domain="admin").version

        def bring_in() -> None:
            file_import.take(database, data, actor=system("benchmark"), now=clock.now(), service="admin", dry_run=False)

        found = {
            "bytes": len(data),
            "questions": len(version.items),
            "languages": len(version.language_codes),
            "read_s": _seconds(lambda: xlsform.read(data, service_domain="admin"), rounds),
            "import_s": _seconds(bring_in, rounds),
            "write_s": _seconds(lambda: xlsform.write(version), rounds),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        database.dispose()
    return found


def _seconds(work: Callable[[], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return round(statistics.median(taken), 2)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--questions", type=int, default=500)
    arguments.add_argument("--languages", type=int, default=20)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    print(json.dumps(measure(large_form(given.questions, given.languages), given.rounds), indent=1))


if __name__ == "__main__":
    main()
