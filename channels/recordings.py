"""Where a call's recording is heard: an address that the platform gives, on a host that the desk has named."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from channels.message import Account

SETTING = "recording_hosts"
LONGEST = 500


def hosts_of(account: Account) -> frozenset[str]:
    """Names of hosts whose recordings may be linked to. Raises ``ValueError`` where the setting lists none."""
    given = account.settings.get(SETTING, ())
    if isinstance(given, str) or not isinstance(given, Sequence) or not all(isinstance(each, str) for each in given):
        raise ValueError(SETTING)
    return frozenset(each.strip().lower() for each in given)


def kept(address: str) -> str:
    """The address if it can be one of a recording, else an empty text; which hosts are shown is settled on showing."""
    address = address.strip()
    return address if len(address) <= LONGEST and _host(address) else ""


def shown(address: str, account: Account) -> str:
    """The address if its host is named in the account's settings, else an empty text."""
    try:
        return address if address and _host(address) in hosts_of(account) else ""
    except ValueError:
        return ""


def _host(address: str) -> str:
    """The host of an http or https address without a user in it; empty for anything else."""
    if any(character.isspace() or ord(character) < 32 or character in '\\<>"' for character in address):
        return ""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        parts.port  # noqa: B018  raises for one that is no number
    except ValueError:
        return ""
    return host.lower() if parts.scheme in ("http", "https") and "@" not in parts.netloc else ""
