"""Which files of a wave's results may be asked for: a line for each. The page, the rights and the jobs read this table.

Writers are named and not imported, so that the process of the jobs loads numerical libraries only when it needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from instruments.model.document import InstrumentVersion
from survey.errors import N_
from survey.services.jobs import MadeFile


@dataclass(frozen=True)
class ResultFile:
    """A file of one channel: the job that makes it, its button, its writer, and whether it holds a row per response."""

    job: str
    label: str
    writer: str  # module:function, with the arguments of `result_files.write_workbook`
    row_data: bool = False
    csv: bool = False  # written in a dialect that its reader chooses
    by_layout: bool = False  # for questionnaires that declare the table layouts others expect

    def is_offered(self, version: InstrumentVersion) -> bool:
        """Whether there is such a file of the answers to a questionnaire."""
        return bool(version.exports) or not self.by_layout

    def write(self) -> Callable[..., MadeFile]:
        """The function that writes the file."""
        module, _, function = self.writer.partition(":")
        found: Callable[..., MadeFile] = getattr(import_module(module), function)
        return found


RESULT_FILES: dict[str, ResultFile] = {
    "workbook": ResultFile(
        "results_workbook", N_("Download the workbook (.xlsx)"), "survey.services.files.result_files:write_workbook"
    ),
    "rows": ResultFile(
        "results_rows",
        N_("Rows of answers (.csv in a .zip)"),
        "survey.services.files.result_files:write_rows",
        row_data=True,
        csv=True,
    ),
    "sav": ResultFile(
        "results_sav",
        N_("Rows of answers for SPSS (.sav)"),
        "survey.services.files.answer_statistics:write_sav",
        row_data=True,
    ),
    "dta": ResultFile(
        "results_dta",
        N_("Rows of answers for Stata (.dta)"),
        "survey.services.files.answer_statistics:write_dta",
        row_data=True,
    ),
    "layouts": ResultFile(
        "results_layouts",
        N_("Rows in the official table layout (.xlsx)"),
        "survey.services.files.official_layouts:write",
        row_data=True,
        by_layout=True,
    ),
}
