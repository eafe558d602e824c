"""The job of alerts: what must be acknowledged is raised, and the next is called where nobody did."""

from __future__ import annotations

from api.desk import Desk
from casework import alert_watch
from channels import watching
from channels.base import Poller
from channels.registry import CHANNELS


def failing(desk: Desk) -> list[str]:
    """The accounts that cannot be watched, as people call them."""
    found: list[str] = []
    for account in desk.settings.list_accounts():
        channel = CHANNELS.get(account.channel)
        if isinstance(channel, Poller) and channel.watches(account) and watching.is_failing(desk.state(account)):
            found.append(f"{channel.label} {account.name}")
    return found


def mailbox(desk: Desk) -> str:
    """The mailbox that letters to staff go out by: the first that can send; empty where there is none."""
    accounts = desk.settings.list_accounts("mailbox")
    return next((each.name for each in accounts if each.settings.get("smtp_host")), "")


def check_alerts(desk: Desk) -> int:
    """Raise, escalate, settle. Return how many were called."""
    silent = failing(desk)
    with desk.database.write.begin() as session:
        return alert_watch.check(session, desk.district, now=desk.now(), failing=silent, mailbox=mailbox(desk))
