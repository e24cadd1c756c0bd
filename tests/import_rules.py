"""The import contracts of pyproject.toml, with the faces and the rooms of services filled in as they are today.

python -m tests.import_rules
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from survey import FACES

ROOT = Path(__file__).resolve().parent.parent


def lists() -> dict[str, list[str]]:
    """What stands for a name in angle brackets."""
    services = sorted(
        f"survey.services.{path.stem}"
        for path in (ROOT / "survey" / "services").iterdir()
        if path.stem != "intake" and not path.stem.startswith("__") and (path.is_dir() or path.suffix == ".py")
    )
    return {"<faces>": [f"survey.{name}" for name in FACES], "<services but intake>": services}


def filled_in(value: Any) -> list[str]:
    """The lines of a contract's value: one for a text, one for each entry of a list."""
    lines: list[str] = []
    for line in value if isinstance(value, list) else [str(value)]:
        if line in lists():
            lines += lists()[line]
        else:
            for name, modules in lists().items():
                line = line.replace(name, " | ".join(modules))
            lines.append(line)
    return lines


def main() -> int:
    """Run lint-imports over the contracts; its exit code."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    sections = {"importlinter": {key: value for key, value in rules.items() if key != "contracts"}}
    for contract in rules["contracts"]:
        sections[f"importlinter:contract:{contract['id']}"] = {k: v for k, v in contract.items() if k != "id"}
    lines: list[str] = []
    for section, values in sections.items():
        lines.append(f"[{section}]")
        for key, value in values.items():
            filled = filled_in(value)
            lines += (
                [f"{key} =", *(f"    {one}" for one in filled)] if isinstance(value, list) else [f"{key} = {filled[0]}"]
            )
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "contracts.ini")
        config.write_text("\n".join(lines), "utf-8")
        command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", str(config)]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
