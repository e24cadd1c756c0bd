"""A citizen with a browser that has neither cookies nor script: opens a form, answers, sends."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

_KEY = re.compile(r'name="_key" value="([^"]+)"')
NINE = {f"q{n}": "4" for n in range(1, 10)}


@dataclass
class Citizen:
    client: FlaskClient
    code: str

    def open(self) -> str:
        """A fresh submission key from the form."""
        page = self.client.get(f"/{self.code}")
        assert page.status_code == 200, page.status
        found = _KEY.search(page.text)
        assert found, "the form carries no submission key"
        return found[1]

    def send(self, key: str, answers: dict[str, object] | None = None, **form: object) -> TestResponse:
        data = {"_key": key, "_shown_in": "vi", "_send": "1", **(NINE if answers is None else answers), **form}
        return self.client.post(f"/{self.code}", data=data)
