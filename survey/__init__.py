"""The web face and the record of Hài Lòng.

`create_app` is the only place where things are wired together. Which faces an app carries decides what it loads:
a citizen worker never imports sign-in, results or numerical libraries.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from survey.config import Config, load

if TYPE_CHECKING:
    from flask import Flask

    from survey.database import Database

__version__ = "0.1.0"

FACES = {
    "citizen": "citizen",
    "site": "staff",
    "accounts": "staff",
    "designer": "staff",
    "fieldwork": "staff",
    "results": "staff",
}
"""The faces, packages of `survey` with a `blueprint` and `register(app)`, and which processes serve them. A face is
registered here and nowhere else: catalogues, import contracts and policy tests read this table."""


def create_app(config: Config | None = None, database: Database | None = None, **settings: Any) -> Flask:
    """The Flask application of one process. Tests hand in `database`; otherwise it is opened from `config`.

    `settings` go into the app's configuration in upper case before the faces are registered: tests give a `clock` and
    cheap `passwords`.
    """
    from werkzeug.middleware.http_proxy import ProxyMiddleware

    from survey.web import application

    config = config or load()
    modules = [import_module(f"survey.{name}") for name, processes in FACES.items() if processes in config.faces]
    flask_app = application.build(config, database, staff="staff" in config.faces)
    flask_app.config.update({name.upper(): value for name, value in settings.items()})
    for module in modules:
        module.register(flask_app)
    application.finish(flask_app)
    if config.staff_url and "staff" not in config.faces:
        hand_on = {"/quan-tri/": {"target": config.staff_url, "host": None}}
        flask_app.wsgi_app = ProxyMiddleware(flask_app.wsgi_app, hand_on, timeout=120)  # type: ignore[method-assign]
    return flask_app
