"""A running call as it has been heard so far: what a channel makes of its pieces while people still talk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Side = Literal["agent", "caller", "machine"]


@dataclass(frozen=True, slots=True)
class HeardTurn:
    """One thing said. ``sequence`` names it for as long as the call is known; its other fields may be corrected.

    ``final`` false: a guess that will be sent again. ``late``: it came after the call was over. ``start`` in seconds
    from the call's start.
    """

    sequence: int
    side: Side
    speaker: str
    text: str
    start: float | None = None
    final: bool = True
    late: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """The call: ``turns`` in the order in which they were said, and of them ``words``, the resident's, a turn a line.

    Where it cannot be told who the resident is, ``words`` are everybody's. ``words`` are what the call's ticket will
    say when it is over, so what is thought of them now is what will be thought of it then.
    """

    turns: tuple[HeardTurn, ...] = ()
    words: str = ""
    phone: str = ""
    name: str = ""
    started: datetime | None = None
    notes: tuple[str, ...] = ()
