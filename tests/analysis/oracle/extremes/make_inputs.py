"""Writes inputs.csv and margins.csv beside this file: the survey that README.md describes."""

import csv
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
DISTRICTS = ["001 Hà Giang", "01", "Đắk Lắk", "002  Quận Ba", "1e2", "TRUE"]
SAMPLED = [1, 3, 4, 1, 2, 5]
POPULATION = [4, 3, 9, 1, 7, 12]
CUTS = [-2.2, -1.2, 0.0, 1.2]
HEADER = ["district", "psu", "weight", "N_h", "service", "gender", "q01", "q02", "overall"]


def main() -> None:
    draw = np.random.default_rng(20261121)
    rows = []
    for place, district in enumerate(DISTRICTS):
        for psu in range(1, SAMPLED[place] + 1):
            size = 1 if (place, psu) == (4, 2) else int(draw.integers(4, 22))
            level = draw.normal(0.6, 0.5)
            for _ in range(size):
                own = level + draw.normal(0, 0.8)
                answers = [int(np.searchsorted(CUTS, own + draw.normal(0, 0.7)) + 1) for _ in range(3)]
                if place == 1:
                    answers[2] = 5
                texts = [str(draw.choice(["", "97", "99", "0"])) if draw.random() < 0.1 else str(a) for a in answers]
                weight = 0.0 if (place, psu) == (5, 5) or draw.random() < 0.05 else float(np.exp(draw.normal(2, 0.5)))
                service, gender = str(draw.choice(["S1", "S2", "S 3"])), str(draw.choice(["F", "M"]))
                fixed = [district, f"{psu:02d}", f"{weight:.9g}", POPULATION[place], service, gender]
                rows.append([*fixed, *texts])
    for weight in ("0.00031", "2500.5", "3100"):
        rows[int(draw.integers(len(rows)))][2] = weight
    write("inputs.csv", HEADER, [rows[k] for k in draw.permutation(len(rows))])
    margins: list[list[object]] = []
    for name, place in (("service", 4), ("gender", 5)):
        people = {
            level: sum(float(row[2]) for row in rows if row[place] == level) for level in ("S1", "S2", "S 3", "F", "M")
        }
        total = sum(people.values())
        shares = {
            level: round(10000 * (0.7 * value / total + 0.3 / (3 if place == 4 else 2)))
            for level, value in people.items()
            if value
        }
        last = list(shares)[-1]
        shares[last] += 10000 - sum(shares.values())
        margins += [[name, level, count] for level, count in shares.items()]
    write("margins.csv", ["margin", "level", "count"], margins)


def write(name: str, header: list[str], rows: list[list[object]]) -> None:
    with (FOLDER / name).open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
