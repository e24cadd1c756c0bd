"""Makes inputs.csv: a small synthetic survey (nobody's data) with every quirk that a design can have at once.

python tests/analysis/oracle/quirks/make_inputs.py tests/analysis/oracle/quirks/inputs.csv
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

ITEMS = [f"q{k:02d}" for k in range(1, 7)]
# district: (communes sampled, communes there are, respondents per commune)
DISTRICTS = {
    "D1": (4, 12, 60),
    "D2": (3, 9, 50),
    "D3": (1, 5, 45),  # one sampled commune that is not the whole district
    "D4": (2, 2, 55),  # certainty: all communes sampled
    "D5": (3, 8, 40),  # its commune 2 has weights of zero only
    "D6": (4, 10, 40),  # its commune 4 has one respondent
    "D7": (3, 7, 50),  # nobody satisfied in service S2
    "D8": (2, 6, 40),  # everybody satisfied
    "D9": (2, 6, 30),  # one of its two communes has weights of zero only
}


def main(path: str) -> None:
    random = np.random.default_rng(20261121)
    rows = []
    for district, (sampled, there, size) in DISTRICTS.items():
        for commune in range(1, sampled + 1):  # codes restart in each district
            effect = random.normal(0, 0.5)
            people = 1 if (district, commune) == ("D6", 4) else int(size + random.integers(-8, 9))
            population = people * int(random.integers(8, 30)) + (random.integers(3) if district != "D4" else 0)
            for _ in range(people):
                service, gender = random.choice(["S1", "S2", "S3"]), random.choice(["F", "M"])
                quarter = int(random.integers(1, 5))
                weight = there / sampled * population / people * random.uniform(0.7, 1.4)
                if random.random() < 0.004:
                    weight *= 60  # extreme
                if random.random() < 0.02 or (district, commune) in (("D5", 2), ("D9", 1)):
                    weight = 0.0
                own = random.normal(0, 0.8) + effect + (0.5 if service == "S1" else 0) + 0.1 * quarter
                answers = np.clip(np.round(3.9 + 0.7 * own + random.normal(0, 0.8, 7)), 1, 5).astype(int)
                if district == "D8":
                    answers = np.maximum(answers, 4)
                if district == "D7" and service == "S2":
                    answers = np.minimum(answers, 3)
                texts = [str(a) if random.random() > 0.05 else "" for a in answers]
                if random.random() < 0.5:
                    texts[4] = texts[5] = ""
                if (service, district) == ("S1", "D2"):
                    texts[4] = ""
                own_row = [district, commune, service, gender, quarter, there, population, f"{weight:.6f}"]
                rows.append([f"Q{len(rows) + 1:04d}", *own_row, *texts])
    order = random.permutation(len(rows))
    with Path(path).open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(
            ["id", "district", "psu", "service", "gender", "quarter", "N_h", "M_hi", "weight", *ITEMS, "overall"]
        )
        writer.writerows(rows[k] for k in order)


if __name__ == "__main__":
    main(sys.argv[1])
