#!/usr/bin/env bash
# statsmodels 0.15.0, `multipletests`, a family of p-values with one NaN (a unit that could not be tested).
# Guess before running: the NaN is left out, or every adjusted value becomes NaN whatever the method.
# Seen: `holm` returns numbers, but counts the NaN as a member of the family (0.01 of two known becomes 0.03, not 0.02);
#       `fdr_bh` returns NaN for every p-value, and still marks a hypothesis as rejected.
# So leave NaN out before the call. Needs python3 and pip; exits 1 when statsmodels behaves otherwise.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check statsmodels==0.15.0
"$folder/env/bin/python" - <<'PY'
import math
import sys

import statsmodels
from statsmodels.stats.multitest import multipletests

family = [0.01, 0.04, math.nan]
holm = multipletests(family, method="holm")
bh = multipletests(family, method="fdr_bh")
print("statsmodels", statsmodels.__version__)
print("holm  ", holm[1].tolist(), holm[0].tolist())
print("fdr_bh", bh[1].tolist(), bh[0].tolist())
as_seen = (
    math.isclose(holm[1][0], 0.03)
    and all(math.isnan(p) for p in bh[1])
    and bool(bh[0].any())
)
sys.exit(0 if as_seen else 1)
PY
