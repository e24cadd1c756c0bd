#!/usr/bin/env bash
# pyreadstat 1.3.7, a column of dates written to .sav with the SPSS format MOYR8 (month and year), and to .dta with %tdCCYY-NN.
# Guess before running: both are date formats, so the reader gives dates back, as it does for SDATE10 and %tdCCYY-NN-DD.
# Seen: of MOYR8 the reader gives the seconds since October 1582 as a number, of %tdCCYY-NN the days since 1960. Written with
#       SDATE10 and %tdCCYY-NN-DD the same values come back as dates. PSPP 1.6.2 shows MOYR8 as a month.
# So months are written as their first day in a format that has one. Needs python3 and pip; exits 1 when that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check pyreadstat==1.3.7 pandas==2.3.3
cd "$folder"
"$folder/env/bin/python" - <<'PY'
import datetime
import sys

import pandas as pd
import pyreadstat

frame = pd.DataFrame({"month": pd.Series([datetime.date(2026, 3, 1)], dtype=object)})
found = {}
for shape in ("MOYR8", "SDATE10"):
    pyreadstat.write_sav(frame, "dates.sav", variable_format={"month": shape})
    found[shape] = pyreadstat.read_sav("dates.sav")[0]["month"].iloc[0]
for shape in ("%tdCCYY-NN", "%tdCCYY-NN-DD"):
    pyreadstat.write_dta(frame, "dates.dta", variable_format={"month": shape})
    found[shape] = pyreadstat.read_dta("dates.dta")[0]["month"].iloc[0]
print("pyreadstat", pyreadstat.__version__, found)
dates = {shape: isinstance(value, datetime.date) for shape, value in found.items()}
sys.exit(0 if dates == {"MOYR8": False, "SDATE10": True, "%tdCCYY-NN": False, "%tdCCYY-NN-DD": True} else 1)
PY
