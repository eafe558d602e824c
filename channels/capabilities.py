"""What a channel can do, as data: whoever writes to residents asks this, never the channel's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol, runtime_checkable

from channels.message import Account
from channels.parting import Unit, fitting, part

Act = Literal["message", "menu", "subscribe", "scan"]
"""What a resident did last on a channel that lets itself be written to for a while after it only."""


@dataclass(frozen=True, slots=True)
class Window:
    """So long after the resident's act so many messages may be sent; counted anew with each act."""

    length: timedelta
    messages: int


@dataclass(frozen=True, slots=True)
class Capabilities:
    """渠道能力. What is not said is not there.

    ``longest`` in ``unit`` is what one message holds; longer texts leave in parts. ``windows`` by act: empty, the
    resident may be written to at any time. ``outside``: a message by a template registered with the platform reaches
    him outside the window. ``choices``: how many choices a message can offer to be pressed; 0, numbers are typed.
    ``answers_in_response``: the platform takes an answer in the webhook's response.
    """

    longest: int = 0
    unit: Unit = "characters"
    windows: Mapping[Act, Window] = field(default_factory=dict)
    outside: bool = False
    choices: int = 0
    typing: bool = False
    answers_in_response: bool = False
    threads: bool = False
    html: bool = False
    edits: bool = False
    proves_phone: bool = False
    """A sender's identifier is his mobile number, for which the operator vouches: nobody else writes under it."""
    machines: bool = False
    """Machines answer there without saying so: one name gets few automatic messages an hour."""
    chats: bool = False
    """Turns come in seconds: the dialogue speaks here."""
    unthreaded: bool = False
    """Words there name no earlier ones, and follow on them: time and content say which matter they belong to."""

    def parts(self, text: str) -> int:
        """In how many messages the text leaves."""
        return len(part(text, fitting(self.unit, self.longest))) if self.longest else 1


@runtime_checkable
class Capable(Protocol):
    """A channel that says what it can do; one that does not can do nothing of it."""

    capabilities: Capabilities


@runtime_checkable
class CapableByAccount(Capable, Protocol):
    """One whose accounts differ in what they can do."""

    def capabilities_for(self, account: Account) -> Capabilities: ...


NOTHING = Capabilities()


def capabilities_of(channel: object, account: Account | None = None) -> Capabilities:
    """What a channel can do, on this account where one is named."""
    if account is not None and isinstance(channel, CapableByAccount):
        return channel.capabilities_for(account)
    return channel.capabilities if isinstance(channel, Capable) else NOTHING
