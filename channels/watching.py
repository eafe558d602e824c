"""How the watch of an account goes: tries that failed one after the other, where every process can read them."""

from __future__ import annotations

import asyncio
import logging

from channels.base import ChannelState

log = logging.getLogger(__name__)

KEY = "watch:failures"
FAILING_FROM = 3
"""So many failures in a row are no hiccup of a line that is taken up again."""


def note(state: ChannelState, failures: int) -> None:
    """Put down how many tries failed one after the other; 0: it is watched. Two at once do no harm."""
    known = state.get(KEY)
    if (known or "0") != str(failures):
        state.compare_and_set(KEY, known, str(failures))


async def note_beside(state: ChannelState, failures: int) -> None:
    """The same for a watch, which goes on whatever becomes of the note: the database may be what is away."""
    try:
        await asyncio.to_thread(note, state, failures)
    except Exception:
        log.exception("the state of the watch was not noted")


def is_failing(state: ChannelState) -> bool:
    """Whether the account cannot be watched."""
    known = state.get(KEY) or "0"
    return known.isdecimal() and int(known) >= FAILING_FROM
