#!/usr/bin/env bash
# statsmodels 0.15.0, `multipletests`, a family of three p-values in a process that holds many objects.
# Guess before running: the time depends on the number of p-values only, some microseconds for three.
# Seen: method "holm" runs a full garbage collection (Python's oldest generation) in every call, so that its time grows
#       with all objects the process holds: 0.2 s a call in a process of 300 MB, where many small families are adjusted
#       one after the other. Method "fdr_bh" and `fdrcorrection` do not collect.
# So adjust many small families by Holm without it. Needs python3 and pip; exits 1 when statsmodels behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check statsmodels==0.15.0
"$folder/env/bin/python" - <<'PY'
import gc
import sys

import statsmodels
from statsmodels.stats.multitest import fdrcorrection, multipletests

seen = []
gc.callbacks.append(lambda phase, info: seen.append(info["generation"]) if phase == "start" else None)


def full_collections(work):
    seen.clear()
    work()
    return seen.count(2)


family = [0.01, 0.02, 0.04]
gc.collect()
gc.disable()  # so that only collections that are asked for are counted
counts = {
    "multipletests holm": full_collections(lambda: multipletests(family, method="holm")),
    "multipletests fdr_bh": full_collections(lambda: multipletests(family, method="fdr_bh")),
    "fdrcorrection": full_collections(lambda: fdrcorrection(family)),
}
print("statsmodels", statsmodels.__version__)
for name, count in counts.items():
    print(f"{name}: {count} full garbage collections")
sys.exit(0 if list(counts.values()) == [1, 0, 0] else 1)
PY
