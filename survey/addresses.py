"""The address that citizens see on posters, slips and in one-time links.

`PUBLIC_URL` when the operator has given the installation a name; else the domain that the province has set on screen;
else the address of this machine, which is enough for a trial on a desk.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def public_base(public_url: str, domain: str) -> str:
    """`https://ks.danang.gov.vn`, without a slash at the end."""
    if _is_name(urlsplit(public_url).hostname or "") or not domain:
        return public_url
    return f"https://{domain}"


def on_paper(base: str, code: str) -> str:
    """The address of a code as a QR carries it: in capitals, so that the QR stays small."""
    return f"{base}/{code}".upper()


def typed(base: str) -> str:
    """The address as people type it, without its scheme."""
    return urlsplit(base).netloc


def _is_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return host != "localhost" and "." in host
    return False
