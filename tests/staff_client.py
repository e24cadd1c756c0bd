"""A signed-in browser for tests that looks at every page it is given: valid HTML, one h1, labels, no foreign host.

page = sign_in(account).get("/quan-tri/don-vi")
page = page.form(name="Phường Mẫu").send()          # follows the redirect
assert page.h1 == "…"
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

X = "{http://www.w3.org/1999/xhtml}"
ADDRESSES = ("src", "href", "action", "srcset", "formaction", "poster", "data")


class PageProblem(AssertionError):
    """A page that no browser should be sent."""


def parse(text: str) -> Element:
    """The document; raises on anything the HTML standard calls a parse error."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=True)
    document: Element = parser.parse(text)
    return document


INLINE = frozenset({"a", "b", "strong", "em", "small", "span", "code", "i", "svg", "path"})


def words(element: Element) -> str:
    """What a person reads, with a space between one block and the next."""
    return " ".join("".join(_text(element)).split())


def _text(element: Element) -> Iterator[str]:
    gap = "" if str(element.tag).removeprefix(X) in INLINE else " "
    yield gap + (element.text or "")
    for child in element:
        yield from _text(child)
        yield child.tail or ""
    yield gap


def page_problems(text: str, document: Element) -> list[str]:
    """What is wrong with a page; empty when nothing is."""
    found: list[str] = []
    headings = [words(h) for h in document.iter(f"{X}h1")]
    title = words(next(document.iter(f"{X}title")))
    if len(headings) != 1:
        found.append(f"has {len(headings)} h1: {headings}")
    elif not title.removeprefix("Lỗi:").removeprefix("Error:").strip().startswith(headings[0]):
        found.append(f"title {title!r} does not begin with its h1 {headings[0]!r}")
    if not (document.get("lang") or ""):
        found.append("has no language")
    ids = [e.get("id") for e in document.iter() if e.get("id")]
    found += [f"id {i!r} twice" for i in {i for i in ids if ids.count(i) > 1}]
    labelled = {e.get("for") for e in document.iter(f"{X}label")}
    for element in document.iter():
        tag = str(element.tag).removeprefix(X)
        found += [f"<{tag}> has {a}" for a in element.attrib if a == "style" or a.startswith("on")]
        for name in ADDRESSES:
            value = element.get(name)
            if value and (urlsplit(value).netloc or value.startswith("//")):
                found.append(f"<{tag} {name}> names a host: {value}")
        if tag == "style" and not element.get("nonce"):
            found.append("<style> without nonce")
        if tag == "script" and not (element.get("src") or element.get("nonce")):
            found.append("<script> without nonce")
        if tag in ("input", "select", "textarea") and element.get("type") not in ("hidden", "submit"):
            named = element.get("aria-label") or element.get("aria-labelledby") or element.get("hidden") is not None
            if element.get("id") not in labelled and not named:
                found.append(f"<{tag} name={element.get('name')}> has no label")
        for reference in ("aria-describedby", "aria-labelledby", "aria-controls"):
            found += [f"{reference} names nothing: {i}" for i in (element.get(reference) or "").split() if i not in ids]
        if tag == "a" and (target := element.get("href") or "").startswith("#") and target[1:] not in ids:
            found.append(f"link to nothing: {target}")
        if tag == "table" and not any(True for _ in element.iter(f"{X}th")):
            found.append("table without header cells")
    if "None" in re.findall(r">\s*(None)\s*<", text):
        found.append("prints None")
    return found


@dataclass
class Form:
    """A form as the page offers it, with what a browser would send."""

    client: StaffClient
    action: str
    fields: MultiDict[str, Any]
    upload: bool

    def send(self, *, follow: bool = True) -> Page:
        kind = {"content_type": "multipart/form-data"} if self.upload else {}
        return self.client.open(self.action, method="POST", data=self.fields, follow=follow, **kind)


@dataclass
class Page:
    """One answer, looked at."""

    client: StaffClient
    path: str
    response: TestResponse
    document: Element | None = field(default=None)

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def language(self) -> str:
        assert self.document is not None
        return self.document.get("lang") or ""

    @property
    def text(self) -> str:
        """What a person reads."""
        assert self.document is not None
        return words(next(self.document.iter(f"{X}body")))

    @property
    def h1(self) -> str:
        assert self.document is not None
        return words(next(self.document.iter(f"{X}h1")))

    @property
    def title(self) -> str:
        assert self.document is not None
        return words(next(self.document.iter(f"{X}title")))

    @property
    def notices(self) -> list[str]:
        assert self.document is not None
        return [words(e) for e in self.document.iter() if "notice" in (e.get("class") or "").split()]

    @property
    def problems(self) -> list[str]:
        """The sentences beside the fields."""
        assert self.document is not None
        return [words(e) for e in self.document.iter() if "problem" in (e.get("class") or "").split()]

    def links(self) -> dict[str, str]:
        assert self.document is not None
        return {words(a): urljoin(self.path, a.get("href") or "") for a in self.document.iter(f"{X}a") if a.get("href")}

    def rows(self) -> list[list[str]]:
        """The cells of every table row of the page."""
        assert self.document is not None
        return [[words(c) for c in row if str(c.tag) in (f"{X}td", f"{X}th")] for row in self.document.iter(f"{X}tr")]

    def value(self, name: str) -> str | None:
        """What a field holds now."""
        for form in self.forms():
            if name in form.fields:
                return str(form.fields[name])
        return None

    def follow(self, label: str) -> Page:
        return self.client.get(self.links()[label])

    def forms(self) -> Iterator[Form]:
        assert self.document is not None
        for element in self.document.iter(f"{X}form"):
            if (element.get("method") or "get").lower() == "post":
                yield self._form(element)

    def form(self, action: str = "", /, **entered: Any) -> Form:
        """The form whose address contains `action` (else the first inside <main>), filled in."""
        main = next(self.document.iter(f"{X}main")) if self.document is not None else None
        assert main is not None
        elements = [e for e in main.iter(f"{X}form") if (e.get("method") or "get").lower() == "post"]
        found = [f for f in map(self._form, elements) if action in f.action]
        found.sort(key=lambda f: f.action != action)
        if not found:
            raise AssertionError(f"no form with {action!r} among {[self._form(e).action for e in elements]}")
        form = found[0]
        for name, value in entered.items():
            if name not in form.fields and not self._offers(name):
                raise AssertionError(f"the page offers no field {name!r}")
            form.fields.setlist(name, value if isinstance(value, list) else [value])
        return form

    def _offers(self, name: str) -> bool:
        assert self.document is not None
        return any(e.get("name") == name for e in self.document.iter())

    def _form(self, element: Element) -> Form:
        values: MultiDict[str, Any] = MultiDict()
        for e in element.iter():
            tag, name = str(e.tag).removeprefix(X), e.get("name")
            if not name or e.get("disabled") is not None:
                continue
            if tag == "input" and e.get("type") in ("checkbox", "radio"):
                if e.get("checked") is not None:
                    values.add(name, e.get("value") or "on")
            elif tag == "input" and e.get("type") not in ("submit", "file"):
                values.add(name, e.get("value") or "")
            elif tag == "textarea":
                values.add(name, "".join(e.itertext()).removeprefix("\n"))
            elif tag == "select":
                options = list(e.iter(f"{X}option"))
                chosen = [o for o in options if o.get("selected") is not None] or options[:1]
                for option in chosen:
                    values.add(name, option.get("value") or "")
        upload = element.get("enctype") == "multipart/form-data"
        return Form(self.client, urljoin(self.path, element.get("action") or self.path), values, upload)


class StaffClient:
    """A browser with a cookie jar. `get` and `post` look at every page they are given."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.browser: FlaskClient = app.test_client()

    def get(self, path: str, **values: Any) -> Page:
        return self.open(path, method="GET", **values)

    def open(self, path: str, *, method: str, follow: bool = True, **values: Any) -> Page:
        response = self.browser.open(path, method=method, **values)
        for _ in range(5):
            if not follow or response.status_code not in (301, 302, 303, 307, 308):
                break
            path = urljoin(path, response.headers["Location"])
            response = self.browser.get(path)
        if response.status_code == 500:
            raise PageProblem(f"{path}: answered 500")
        page = Page(self, path, response)
        if response.mimetype != "text/html":
            response.get_data()
            response.close()
        elif response.status_code not in (301, 302, 303):
            text = response.get_data(as_text=True)
            page.document = parse(text)
            if problems := page_problems(text, page.document):
                raise PageProblem(f"{path}: " + "; ".join(problems))
        return page
