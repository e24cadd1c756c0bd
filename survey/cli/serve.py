"""`hailong demo`, `run`, `dev` and `jobs work`: the platform as processes of this machine."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import click
import qrcode
from werkzeug.serving import run_simple

from survey import clock, create_app, i18n, schema
from survey.cli import processes
from survey.config import EVERYWHERE, ROOT, Config, load
from survey.database import Database
from survey.errors import ConfigurationError, SurveyError
from survey.permissions import system
from survey.services.people import invitations
from survey.services.people.credentials import Passwords, Vault
from survey.services.province import verdict_families
from survey.services.questionnaires import shipped_and_imported
from survey.tokens import Tokens

T = TypeVar("T")
SIGN_IN = "/quan-tri/dang-nhap"


@click.command()
def demo() -> None:
    """Serve the whole platform with the units of Đà Nẵng and made-up waves.

    The first start makes the record, which takes a minute; later ones find it. HOST, PORT and DATABASE_URL are
    honoured; HOST=0.0.0.0 serves the local network and prints a QR for a telephone.
    """
    from survey.services.demonstration import setting_up  # numerical libraries: only where they are used

    config, database = _ready()
    known_path = config.instance / "demo-accounts.json"
    known = _known_people(known_path, setting_up.Person)
    click.echo("Preparing the demonstration (the first time this takes about a minute) …", err=True)
    made = setting_up.make(
        database, Tokens(config.secret_keys), Vault(config.secret_keys), Passwords(), known=known, now=clock.now()
    )
    _write(known_path, [asdict(p) for p in made.people], private=True)
    _make_results(database, config, made.closed)
    database.dispose()
    facts: dict[str, Any] = {
        "base_url": config.public_url,
        "entry_urls": {domain: f"{config.public_url}/{code}" for domain, code in made.entries.items()},
        "accounts": [
            {"role": p.role, "username": p.username, "password": p.password, "totp_secret": p.totp_secret}
            for p in made.people
        ],
        "database_url": config.database_url,
    }
    path = config.instance / "demo.json"
    path.unlink(missing_ok=True)

    def announce() -> None:
        _write(path, facts, private=True)
        click.echo(_welcome(config, facts))

    sys.exit(processes.serve(config, on_ready=announce))


@click.command()
def run() -> None:
    """Serve an empty province: no demonstration waves, no answers.

    Migrates the record, registers the shipped questionnaires and, while there is no account, prints a one-time link
    with which the first administrator sets a password and a second step.
    """
    config, database = _ready()
    shipped_and_imported.register_shipped(database, now=clock.now())
    link = invitations.first_administrator_link(database, base_url=config.public_url, now=clock.now())
    database.dispose()

    def announce() -> None:
        lines = [f"\nHài Lòng is served at {config.public_url}", f"Staff sign in at     {config.public_url}{SIGN_IN}"]
        if link:
            lines += ["", "Open this link once, within 72 hours, to create the first administrator:", f"  {link}"]
        if config.host in EVERYWHERE:
            lines += ["", "For a telephone in the same network:", terminal_qr(config.public_url)]
        click.echo("\n".join([*lines, "", "Ctrl+C stops it."]))

    sys.exit(processes.serve(config, on_ready=announce))


@click.command()
def dev() -> None:
    """Serve the record at hand to people who work on the program.

    One process for citizens, staff and jobs, started again whenever a file changes; an error shows its traceback. Only
    on this machine, for the page of a traceback can run commands. `hailong demo` fills the record before.
    """
    if (host := load().host) not in ("127.0.0.1", "::1", "localhost"):
        raise ConfigurationError("HOST is %(host)s; this command serves 127.0.0.1 alone.", host=host)
    config, database = _ready()
    shipped_and_imported.register_shipped(database, now=clock.now())
    app = create_app(config, database)
    app.debug = True
    if os.environ.get("WERKZEUG_RUN_MAIN"):  # the process that serves, not the one that watches the files
        Thread(target=_do_jobs, args=(config, database), daemon=True).start()
    else:
        click.echo(f"Hài Lòng is served at {config.public_url}, staff at {config.public_url}{SIGN_IN}")
    watched = [*ROOT.glob("static/css/*.css"), *ROOT.glob("survey/translations/*/LC_MESSAGES/*.po")]
    run_simple(
        config.host,
        config.port,
        app,
        use_reloader=True,
        use_debugger=True,
        threaded=True,
        extra_files=map(str, watched),
    )


def _do_jobs(config: Config, database: Database) -> None:
    from survey.jobs import kinds, worker

    while True:
        if not worker.do_one(config, database, kinds.KINDS):
            time.sleep(worker.POLL_SECONDS)


@click.group()
def jobs() -> None:
    """The work done while nobody waits."""


@jobs.command("work")
def jobs_work() -> None:
    """Do the waiting jobs one after the other until told to stop."""
    from survey.jobs import kinds, worker

    config = load()
    database = Database(config.database_url)
    worker.run(config, database, kinds.KINDS, kinds.tidier(config, database))


def _ready() -> tuple[Config, Database]:
    """The configuration, and a record with today's schema."""
    config = load()
    i18n.compile_stale()
    database = Database(config.database_url)
    schema.upgrade(database)
    verdict_families.fix_open_waves(database, actor=system("upgrade"), now=clock.now())
    return config, database


def _make_results(database: Database, config: Config, closed: tuple[str, ...]) -> None:
    """The verdicts of closed waves that have none yet."""
    from survey.services.estimates import finalising

    for code in closed:
        finalising.make_final(database, code, actor=system("demonstration"), now=clock.now())


def _known_people(path: Path, person: type[T]) -> list[T]:
    if not path.exists():
        return []
    try:
        return [person(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except (ValueError, TypeError) as error:
        raise SurveyError(
            "%(path)s cannot be read (%(why)s). Delete it to have new demonstration passwords made.",
            path=path, why=error,
        ) from error  # fmt: skip


def _write(path: Path, content: object, *, private: bool) -> None:
    part = path.with_suffix(".part")
    part.touch(mode=0o600 if private else 0o644)
    part.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(path)


def _welcome(config: Config, facts: dict[str, Any]) -> str:
    entries = facts["entry_urls"]
    people = facts["accounts"]
    lines = [
        "",
        "Hài Lòng, trial with made-up answers (THỬ NGHIỆM)",
        "",
        "A citizen's form, to open on a telephone or to scan:",
        *(f"  {domain:10} {address}" for domain, address in entries.items()),
        "",
        terminal_qr(entries["admin"]),
        "Staff sign in at",
        f"  {config.public_url}{SIGN_IN}",
        "",
        f"  {'role':15} {'user name':16} {'password':18} second-step secret",
        *(f"  {p['role']:15} {p['username']:16} {p['password']:18} {p['totp_secret']}" for p in people),
        "",
        f"The same in {config.instance / 'demo.json'}. Ctrl+C stops it.",
    ]
    return "\n".join(lines)


def terminal_qr(address: str) -> str:
    """A QR code of half blocks, dark on light whatever the terminal's colours."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_L, border=2)
    code.add_data(address.upper() if address.count("/") <= 3 else address)
    code.make(fit=True)
    rows = code.get_matrix()
    rows.append([False] * len(rows[0]))
    blocks = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    return "\n".join(
        "".join(blocks[top, bottom] for top, bottom in zip(rows[n], rows[n + 1], strict=True))
        for n in range(0, len(rows) - 1, 2)
    )
