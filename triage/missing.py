"""What a dispatcher would ask the resident for, by the pack's ``asks.yaml``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

from district.asks import Ask
from triage.text import fold

LOOKED_AT = 3_000


class Questions:
    """The compiled asks of one pack. Read only, safe to share between threads."""

    def __init__(self, asks: Sequence[Ask]) -> None:
        self._asks = [(ask, [re.compile(pattern) for pattern in ask.found]) for ask in asks]

    def missing(
        self, text: str, *, category: str, request_type: str, channel: str, named: AbstractSet[str]
    ) -> tuple[str, ...]:
        """What is not said, each once; ``named`` are the kinds of entities found."""
        looked = fold(text[:LOOKED_AT])
        wanted: dict[str, None] = {}
        for ask, patterns in self._asks:
            asked = (
                category.startswith(ask.categories)
                and (not ask.request_types or request_type in ask.request_types)
                and (not ask.channels or channel in ask.channels)
            )
            if asked and named.isdisjoint(ask.entities) and not any(each.search(looked) for each in patterns):
                wanted[ask.missing] = None
        return tuple(wanted)
