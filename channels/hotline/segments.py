"""Pieces of a call as a recogniser sends them while people talk, put together into the document ``parse`` takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece. ``sequence`` counts the call's pieces; ``final`` is false for a guess that will be sent again.

    ``start`` and ``end`` are seconds from the call's start. ``revision`` counts the wordings of one piece, from a
    platform that counts them.
    """

    sequence: int
    speaker: str
    text: str
    start: float | None = None
    end: float | None = None
    final: bool = True
    revision: int = 0


def latest(segments: Iterable[Segment]) -> dict[int, Segment]:
    """The wording that holds of each sequence number, by number: a final one beats a guess, then the higher revision
    holds, and among equals the one that came last.
    """
    held: dict[int, Segment] = {}
    for segment in segments:
        before = held.get(segment.sequence)
        if before is None or (segment.final, segment.revision) >= (before.final, before.revision):
            held[segment.sequence] = segment
    return {number: held[number] for number in sorted(held)}


def joined(segments: Iterable[Segment]) -> dict[str, Any]:
    """``{"turns": [...], "missing_segments": [...]}``, to be completed with ``call_id`` and ``caller`` for ``parse``.

    Pure. Segments may come in any order and more than once; of each number the ``latest`` wording is taken. Numbers
    that never came, between the lowest and the highest, are listed (the first thousand) and noted on the message; they
    hold nothing up.
    """
    held = latest(segments)
    return {
        "turns": [_turn(each) for each in held.values() if each.text.strip()],
        "missing_segments": _missing(list(held)),
    }


def _turn(segment: Segment) -> dict[str, Any]:
    times = {name: value for name, value in (("start", segment.start), ("end", segment.end)) if value is not None}
    return {"speaker": segment.speaker, "text": segment.text, **times}


def _missing(order: list[int]) -> list[int]:
    found: list[int] = []
    for before, after in pairwise(order):
        found += range(before + 1, min(after, before + 1001 - len(found)))
    return found[:1000]
