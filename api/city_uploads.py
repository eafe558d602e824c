"""The sheet of acts that a clerk uploads to the city's platform, for pages and commands."""

from __future__ import annotations

from collections.abc import Sequence

from api.jobs.sending import message_of
from channels.base import ReportsUp
from channels.message import Account
from channels.registry import CHANNELS
from storage.deliveries import Delivery

CITY = "city"


def sheet_of(waiting: Sequence[Delivery]) -> bytes:
    """An XLSX with a line for each act."""
    channel = CHANNELS[CITY]
    if not isinstance(channel, ReportsUp):
        raise TypeError(CITY)
    return channel.upload([message_of(each) for each in waiting], Account(CITY, ""))
