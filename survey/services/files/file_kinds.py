"""Which files of a wave's results may be asked for: a line for each. The page, the rights and the jobs read this table.

Writers are named and not imported, so that the process of the jobs loads numerical libraries only when it needs them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from survey.errors import N_
from survey.services.jobs import MadeFile


@dataclass(frozen=True)
class ResultFile:
    """A file of one channel: the job that makes it, its button, its writer, and whether it holds a row per response."""

    job: str
    label: str
    writer: str  # module:function, with the arguments of `result_files.write_workbook`
    row_data: bool = False

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
        "results_rows", N_("Rows of answers (.csv)"), "survey.services.files.result_files:write_rows", row_data=True
    ),
}
