#!/usr/bin/env bash
# XlsxWriter 3.3.1, an Excel table over a range in which no row is written.
# Guess before running: a table costs what its headings cost.
# Seen: `add_table` keeps an entry for every cell of its range, to find tables that overlap: a table of 200,000 rows × 10
#       columns holds some 2,000,000 entries and more than 100 MB.
# So declare a table of two rows and let its range grow. Needs python3 and pip; exits 1 when XlsxWriter behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check XlsxWriter==3.3.1
cd "$folder"
"$folder/env/bin/python" - <<'PY'
import sys
import tracemalloc

import xlsxwriter

sizes = {}
for rows in (2, 200_000):
    book = xlsxwriter.Workbook("table.xlsx")
    sheet = book.add_worksheet()
    tracemalloc.start()
    sheet.add_table(0, 0, rows, 9, {"columns": [{"header": f"c{n}"} for n in range(10)]})
    sizes[rows] = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
print("XlsxWriter", xlsxwriter.__version__, {rows: f"{size / 1e6:.1f} MB" for rows, size in sizes.items()})
sys.exit(0 if sizes[2] < 1e6 and sizes[200_000] > 100e6 else 1)
PY
