"""Makes inputs.csv and margins.csv of this folder (nobody's data): python make_inputs.py 5 FOLDER."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

seed = int(sys.argv[1])
out = Path(sys.argv[2])
out.mkdir(parents=True, exist_ok=True)
r = np.random.default_rng(seed)
H = int(r.integers(5, 13))
items = [f"q{k:02d}" for k in range(1, 9)]
rows = []
services = ["S1", "S2", "S3"]
lonely = set(r.choice(H, int(r.integers(0, 3)), replace=False).tolist())
cert = set(r.choice(H, 2, replace=False).tolist()) - lonely
zero_stratum = int(r.integers(0, H)) if seed % 4 == 0 else -1
scale = float(r.choice([1.0, 1.0, 0.01, 1000.0]))
lam = r.uniform(0.5, 1.1, 8)
shift = r.normal(0, 0.3, 8)
for h in range(H):
    n = 1 if h in lonely else int(r.integers(2, 6))
    N = n if h in cert else n + int(r.integers(1, 9))
    zero_psu = int(r.integers(0, n)) if r.random() < 0.25 else -1
    one_psu = int(r.integers(0, n)) if r.random() < 0.3 else -1
    allsat = r.random() < 0.1
    nobody = (r.random() < 0.25, str(r.choice(services)))
    empty = (r.random() < 0.25, str(r.choice(services)))
    for p in range(n):
        m = 1 if p == one_psu else int(r.integers(4, 45))
        M = m if (h in cert and r.random() < 0.4) else m * int(r.integers(2, 30))
        eff = r.normal(0, 0.5)
        for _ in range(m):
            s = str(r.choice(services, p=[0.6, 0.3, 0.1]))
            g = str(r.choice(["F", "M"]))
            q = int(r.integers(1, 5))
            a = str(r.choice(["18-29", "30-44", "45+"]))
            w = scale * N / n * M / m * r.lognormal(0, 0.3)
            if r.random() < 0.01:
                w *= 40
            if r.random() < 0.03 or p == zero_psu or h == zero_stratum:
                w = 0.0
            th = eff + r.normal(0, 0.8) + 0.3 * (s == "S1") + 0.1 * q
            z = 3.9 + 0.7 * (lam * (th + r.normal(0, 0.4, 8)) + r.normal(0, 0.6, 8) + shift)
            ov = 3.9 + 0.8 * th + r.normal(0, 0.5)
            A = np.clip(np.round(np.r_[z, ov]), 1, 5).astype(int)
            if allsat:
                A = np.maximum(A, 4)
            if nobody[0] and s == nobody[1]:
                A = np.minimum(A, 3)
            T = [str(x) for x in A]
            for k in range(9):
                if r.random() < 0.06:
                    T[k] = str(r.choice(["", "97", "98", "99", "0", "NA"]))
            if r.random() < 0.5:
                T[4:8] = ["97"] * 4
            if empty[0] and s == empty[1]:
                T[5] = ""
            if r.random() < 0.02:
                T[:8] = ["99"] * 8
            rows.append(
                [
                    f"R{len(rows)}",
                    f"D{h + 1:02d}",
                    f"{p + 1}",
                    s,
                    g,
                    a,
                    q,
                    N,
                    M,
                    repr(float(f"{w:.8g}")),
                    *T,
                    int(r.lognormal(5, 0.5)),
                ]
            )
r.shuffle(rows)
cols = [
    "id",
    "district",
    "psu",
    "service",
    "gender",
    "age",
    "quarter",
    "N_h",
    "M_hi",
    "weight",
    *items,
    "overall",
    "duration_s",
]
with (out / "inputs.csv").open("w", newline="") as f:
    w = csv.writer(f)
    w.writerow(cols)
    w.writerows(rows)
# margins near truth
W = np.array([float(x[9]) for x in rows])
tot = float(np.round(W.sum() * 1.1, 3))
mg = []


def marg(name, vals):
    vals = np.array(vals)
    lev = sorted(set(vals[W > 0]))
    p = np.array([W[vals == l].sum() for l in lev])
    p = p * r.uniform(0.8, 1.25, len(lev))
    p = p / p.sum()
    c = np.round(tot * p, 6)
    c[-1] = tot - c[:-1].sum()
    for l, x in zip(lev, c, strict=True):
        mg.append([name, l, repr(float(x))])


for k, name in ((3, "service"), (4, "gender"), (5, "age")):
    marg(name, [x[k] for x in rows])
marg("service:gender", [x[3] + ":" + x[4] for x in rows])
with (out / "margins.csv").open("w", newline="") as f:
    w = csv.writer(f)
    w.writerow(["margin", "level", "count"])
    w.writerows(mg)
print(
    seed,
    "rows",
    len(rows),
    "strata",
    H,
    "lonely",
    sorted(lonely),
    "cert",
    sorted(cert),
    "zero stratum",
    zero_stratum,
    "scale",
    scale,
)
