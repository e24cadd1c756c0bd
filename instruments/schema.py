"""The format as a JSON Schema, for editors and for other people's programs.

`python -m instruments.schema` writes it. `schema.json` beside this file is that output; a test keeps it so.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from instruments.model.document import InstrumentVersion

PUBLISHED = Path(__file__).with_name("schema.json")


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of one version."""
    found = InstrumentVersion.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Hài Lòng: one version of a questionnaire (format 1)",
        **{key: value for key, value in found.items() if key != "title"},
    }


def text() -> str:
    """The text of the published file: the schema as indented JSON."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
