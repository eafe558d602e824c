"""What a channel can do, as data: whoever writes to residents asks this, never the channel's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, Protocol, runtime_checkable

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
    unit: Literal["bytes", "utf16", "characters"] = "characters"
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


@runtime_checkable
class Capable(Protocol):
    """A channel that says what it can do; one that does not can do nothing of it."""

    capabilities: Capabilities


NOTHING = Capabilities()
