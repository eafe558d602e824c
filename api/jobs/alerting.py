"""The job of alerts: what must be acknowledged is raised, and the next is called where nobody did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.desk import Desk
from casework import alert_calls, alert_watch
from casework.alert_calls import Line
from channels import watching
from channels.base import Poller
from channels.registry import CHANNELS
from district.duty import Way

CHANNEL_OF: dict[Way, tuple[str, Callable[[Mapping[str, Any]], bool]]] = {
    "robot": ("wecom_robot", lambda settings: bool(settings.get("key"))),
    "sms": ("sms", lambda _: True),
    "mail": ("mailbox", lambda settings: bool(settings.get("smtp_host"))),
}
"""The channel that each way of calling goes out by, and what shows that an account of it sends."""


def failing(desk: Desk) -> list[str]:
    """The accounts that cannot be watched, as people call them."""
    found: list[str] = []
    for account in desk.settings.list_accounts():
        channel = CHANNELS.get(account.channel)
        if isinstance(channel, Poller) and channel.watches(account) and watching.is_failing(desk.state(account)):
            found.append(f"{channel.label} {account.name}")
    return found


def lines(desk: Desk) -> list[Line]:
    """What each way of calling goes out by: the first account of its channel that can send."""
    pages = desk.settings.public_url.rstrip("/")
    found: list[Line] = []
    for way, (channel, sends) in CHANNEL_OF.items():
        accounts = (desk.account(channel, each.name) for each in desk.settings.list_accounts(channel))
        account = next((each for each in accounts if each is not None and sends(each.settings)), None)
        if account is not None:
            found.append(Line(way, channel, account.name, pages))
    return found


def know_lines(desk: Desk) -> None:
    """Put down the lines there are, for whichever process finds an emergency."""
    with desk.database.write.begin() as session:
        alert_calls.know(session, lines(desk))


def check_alerts(desk: Desk) -> int:
    """Raise, escalate, settle. Return how many were called."""
    silent = failing(desk)
    with desk.database.write.begin() as session:
        alert_calls.know(session, lines(desk))
        return alert_watch.check(session, desk.district, now=desk.now(), failing=silent)
