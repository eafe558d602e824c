"""Events (事件) of a stream: reports of one thing that happened, in whatever words and by whatever channel.

A newcomer joins the event whose members speak for it most: the mean of the better half of its links to the latest
members, each link the probability that both are one matter, halved with every ``HALVED`` between the two. One link
alone drifts (a neighbour of a neighbour), the mean of all misses whoever words it in his own way. Pure: no clock.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from triage.duplicates import Comparer
from triage.sides import Side

FOUNDED = 0.3
"""How strongly a second report must be tied to the first."""
JOINED = 0.2
"""The same for an event of two or more: several weak ties are a strong one."""
HALVED = timedelta(days=7)
"""The time between two reports after which their link counts half."""
COMPARED = 12
"""Members, the latest, that a newcomer is compared with."""
CONSIDERED = 16
"""Events, those with most keys in common, that a newcomer is compared with."""
_FIGURES = re.compile(r"\d{3,}")


def keys(side: Side) -> frozenset[str]:
    """What an event must share with a text for the two to be compared at all: places, lines, codes, names, things.

    A dozen of them for an ordinary text, none for one that says nothing.
    """
    places, told = side.places, side.traits
    found = {
        "place": places.names | places.heads,
        "community": places.communities,
        "line": told.lines,
        "code": told.codes,
        "figure": frozenset(_FIGURES.findall(side.text)),
        "name": frozenset(name[:2] for _, name in side.names),
        "quoted": frozenset(name[:2] for name in told.names),
        "strange": side.strange - {""},
        "thing": (side.objects | side.troubles) - side.settings,
    }
    return frozenset(f"{kind}:{each}" for kind, given in found.items() for each in given)


def strength(comparer: Comparer, side: Side, members: Sequence[Side]) -> float:
    """How far the members of one event speak for a text, 0 … 1; 0 without members. Their order says nothing."""
    links = sorted((_link(comparer, side, member) for member in members), reverse=True)
    better = links[: (len(links) + 1) // 2]
    return sum(better) / len(better) if better else 0.0


def _link(comparer: Comparer, one: Side, other: Side) -> float:
    found = comparer.probability(one, other)
    if one.at is None or other.at is None:
        return found
    return found * float(0.5 ** (abs(one.at - other.at) / HALVED))


def enough(members: int) -> float:
    """How strongly an event of so many must speak for a text that is to be of it."""
    return FOUNDED if members == 1 else JOINED


def joined(comparer: Comparer, side: Side, events: Iterable[tuple[str, Sequence[Side]]]) -> str | None:
    """The event (id, its latest members) that a text belongs to; None where it begins one of its own."""
    best, found = 0.0, None
    for event, members in events:
        strong = strength(comparer, side, members)
        if strong >= enough(len(members)) and strong > best:
            best, found = strong, event
    return found


def grouped(comparer: Comparer, sides: Sequence[Side], *, quiet: timedelta) -> list[int]:
    """The events of a stream in order of time: for each text the place in ``sides`` of the first of its event.

    An event that nobody reported for longer than ``quiet`` is over and takes no newcomer.
    """
    members: dict[int, list[Side]] = {}
    known: dict[str, set[int]] = defaultdict(set)
    found: list[int] = []
    for place, side in enumerate(sides):
        own = keys(side)
        shared: dict[int, int] = defaultdict(int)
        for key in own:
            for event in known[key]:
                shared[event] += 1
        fresh = [event for event in shared if not _is_over(members[event][-1], side, quiet)]
        nearest = sorted(fresh, key=lambda event: (-shared[event], -event))[:CONSIDERED]
        chosen = joined(comparer, side, [(str(event), members[event][-COMPARED:]) for event in nearest])
        event = place if chosen is None else int(chosen)
        members.setdefault(event, []).append(side)
        for key in own:
            known[key].add(event)
        found.append(event)
    return found


def _is_over(last: Side, side: Side, quiet: timedelta) -> bool:
    return last.at is not None and side.at is not None and side.at - last.at > quiet


def crowded(reports: Iterable[tuple[datetime, str]], *, reporters: int, within: timedelta) -> datetime | None:
    """When an event became a mass event (群体事件): the first report (moment, reporter) that made so many different
    reporters within that time; None where none did.
    """
    recent: list[tuple[datetime, str]] = []
    for at, who in sorted(reports):
        recent = [each for each in recent if at - each[0] <= within]
        recent.append((at, who))
        if len({each for _, each in recent}) >= reporters:
            return at
    return None
