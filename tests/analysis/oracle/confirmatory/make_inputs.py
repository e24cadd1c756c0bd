"""Makes inputs.csv: a small synthetic survey (nobody's data) of three factors that its models fit badly.

python tests/analysis/oracle/confirmatory/make_inputs.py 3 tests/analysis/oracle/confirmatory
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

# item: loadings on the three factors, the cuts between its answers
ITEMS = {
    "a1": ((0.8, 0.0, 0.0), (-1.6, -0.9, 0.3)),
    "a2": ((0.7, 0.0, 0.0), (-1.4, -0.6, 0.6)),
    "a3": ((0.6, 0.0, 0.0), (-1.2, -0.7, 0.0)),
    "a4": ((0.4, 0.4, 0.0), (-1.5, -0.8, 0.2)),  # measures two things
    "b1": ((0.0, 0.7, 0.0), (-1.7, -1.1, -0.3, 0.9)),
    "b2": ((0.0, 0.8, 0.0), (-1.5, -0.9, 0.1, 1.0)),
    "b3": ((0.0, -0.6, 0.0), (-0.8, 0.2, 0.9, 1.6)),  # asked the other way round
    "c1": ((0.0, 0.0, 0.8), (-1.3, -0.5, 0.7)),
    "c2": ((0.0, 0.0, 0.7), (-0.6,)),  # yes or no
}
BETWEEN = np.array([[1.0, 0.6, 0.5], [0.6, 1.0, 0.3], [0.5, 0.3, 1.0]])
PEOPLE = 250


def main(seed: int, folder: str) -> None:
    random = np.random.default_rng(seed)
    factors = random.standard_t(6, (PEOPLE, 3)) * np.sqrt(4 / 6) @ np.linalg.cholesky(BETWEEN).T
    columns = []
    for loadings, cuts in ITEMS.values():
        own = np.array(loadings)
        latent = factors @ own + random.normal(0, np.sqrt(1 - own @ BETWEEN @ own), PEOPLE)
        codes = np.digitize(latent, cuts) + 1
        columns.append([str(code) if random.random() > 0.01 else "" for code in codes])
    with (Path(folder) / "inputs.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(ITEMS)
        writer.writerows(zip(*columns, strict=True))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
