"""Questionnaires as workbooks of XLSForm, the form in which KoboToolbox, ODK and others keep theirs.

    read(data, service_domain=None) -> Reading(version, remarks, places)     raises InvalidInstrument
    write(version) -> bytes
    is_workbook(data) -> bool

`validation.verdict(version)` asks pyxform whether other programs would take it.
"""

from instruments.xlsform.import_report import REMARKS, Remark
from instruments.xlsform.reading.form_reading import Reading, read
from instruments.xlsform.reading.workbook_cells import is_workbook
from instruments.xlsform.writing import write

__all__ = ["REMARKS", "Reading", "Remark", "is_workbook", "read", "write"]
