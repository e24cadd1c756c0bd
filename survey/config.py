"""The settings of an installation, read once from the environment when the program starts.

| variable | default | meaning |
|---|---|---|
| `DATABASE_URL` | SQLite in the instance folder | `sqlite:///path` or `postgresql://…` |
| `HAILONG_INSTANCE` | `instance` | folder of secrets, the embedded database, files and snapshots |
| `HOST` | `127.0.0.1` | address to serve; `0.0.0.0` serves the local network |
| `PORT` | `8000` | port to serve |
| `PUBLIC_URL` | `http://HOST:PORT` | the address citizens see; `https://` turns on Secure cookies and HSTS |
| `ALLOWED_HOSTS` | | further host names to answer to, separated by commas |
| `HAILONG_SECRET_KEYS` | `secrets.json` of the instance | 64 hex digits, newest first, separated by commas |
| `HAILONG_FACES` | `citizen,staff` | which faces this process serves |
| `HAILONG_STAFF_URL` | | where the citizen process hands on `/quan-tri/` |
| `CITIZEN_WORKERS`, `STAFF_WORKERS` | `2`, `1` | processes of each face |

What the province decides (name, domain, hotline, retention) is not here but in the record.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from survey.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
FACES = ("citizen", "staff")
EVERYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Config:
    instance: Path
    database_url: str
    host: str
    port: int
    public_url: str
    allowed_hosts: frozenset[str]
    secret_keys: tuple[bytes, ...]
    faces: frozenset[str]
    staff_url: str | None = None
    citizen_workers: int = 2
    staff_workers: int = 1
    testing: bool = False

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")


def load(environ: Mapping[str, str] | None = None) -> Config:
    """Read the environment. Raises ConfigurationError in one sentence."""
    env = os.environ if environ is None else environ
    instance = Path(env.get("HAILONG_INSTANCE") or "instance").expanduser()
    if not instance.is_absolute():
        instance = ROOT / instance
    try:
        instance.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            "The instance folder %(path)s cannot be made (%(why)s). Set HAILONG_INSTANCE to a folder you may write to.",
            path=instance,
            why=error.strerror,
        ) from error
    host = env.get("HOST") or "127.0.0.1"
    port = _whole_number(env, "PORT", 8000, 1, 65535)
    shown = _own_address() if host in EVERYWHERE else host
    public_url = (env.get("PUBLIC_URL") or f"http://{shown}:{port}").rstrip("/")
    parts = urlsplit(public_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path:
        raise ConfigurationError(
            "PUBLIC_URL must be an address like https://ks.danang.gov.vn without a path; it is %(value)s.",
            value=public_url,
        )
    faces = frozenset(f.strip() for f in (env.get("HAILONG_FACES") or ",".join(FACES)).split(",") if f.strip())
    if unknown := faces - set(FACES):
        raise ConfigurationError(
            "HAILONG_FACES knows citizen and staff; it has %(value)s.", value=", ".join(sorted(unknown))
        )
    hosts = {h.strip().lower() for h in (env.get("ALLOWED_HOSTS") or "").split(",") if h.strip()}
    hosts |= {"127.0.0.1", "localhost", "[::1]", parts.hostname.lower()}
    hosts.add(shown.lower())
    return Config(
        instance=instance,
        database_url=_database_url(env.get("DATABASE_URL"), instance),
        host=host,
        port=port,
        public_url=public_url,
        allowed_hosts=frozenset(hosts),
        secret_keys=_secret_keys(env.get("HAILONG_SECRET_KEYS"), instance),
        faces=faces,
        staff_url=env.get("HAILONG_STAFF_URL") or None,
        citizen_workers=_whole_number(env, "CITIZEN_WORKERS", 2, 1, 64),
        staff_workers=_whole_number(env, "STAFF_WORKERS", 1, 1, 64),
    )


def _own_address() -> str:
    """This machine's address in the local network. Nothing is sent: the system only says which way it would go."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        address: str = probe.getsockname()[0]
        return address


def _whole_number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ConfigurationError(
            "%(name)s must be a whole number from %(low)s to %(high)s; it is %(value)s.",
            name=name,
            low=low,
            high=high,
            value=text,
        )
    return int(text)


def _database_url(text: str | None, instance: Path) -> str:
    if not text:
        return f"sqlite:///{instance / 'hailong.db'}"
    scheme = text.split(":", 1)[0]
    if scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        return "postgresql:" + text.split(":", 1)[1]
    if text.startswith("sqlite:///") and ":memory:" not in text and len(text) > len("sqlite:///"):
        path = Path(text.removeprefix("sqlite:///"))
        return f"sqlite:///{path if path.is_absolute() else ROOT / path}"
    raise ConfigurationError(
        "DATABASE_URL must begin with sqlite:/// and a file, or with postgresql://; it begins with %(value)s.",
        value=scheme + ":",
    )


def _secret_keys(text: str | None, instance: Path) -> tuple[bytes, ...]:
    """The newest key first. Without a setting, a key is drawn once and kept in the instance folder."""
    if text:
        words = [w.strip() for w in text.split(",") if w.strip()]
    else:
        path = instance / "secrets.json"
        try:
            words = json.loads(path.read_text())["keys"]
        except FileNotFoundError:
            words = [secrets.token_hex(32)]
            part = path.with_suffix(f".{secrets.token_hex(4)}.part")
            part.touch(mode=0o600)
            part.write_text(json.dumps({"keys": words}))
            try:
                os.link(part, path)  # whoever comes first wins; nobody overwrites
            except FileExistsError:
                words = json.loads(path.read_text())["keys"]
            finally:
                part.unlink()
        except (ValueError, KeyError, OSError) as error:
            raise ConfigurationError(
                "The keys in %(path)s cannot be read (%(why)s). Restore the file from a back-up; without it "
                "forms and sign-ins of before cannot be recognised.",
                path=path,
                why=error,
            ) from error
    try:
        keys = tuple(bytes.fromhex(w) for w in words)
    except (ValueError, TypeError) as error:
        raise ConfigurationError("A secret key must be 64 hex digits; one of them is not.") from error
    if not keys or any(len(k) < 32 for k in keys):
        raise ConfigurationError("A secret key must be 64 hex digits; one of them is shorter, or there is none.")
    return keys
