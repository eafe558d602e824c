"""Several matters in one message: cut where the writer turns to another, if the parts are of different kinds."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from triage.assessment import CategoryGuess, Matter

SURE = 0.5
"""A part less sure than this is no matter of its own: it belongs to what stands before it."""
LOOKED_AT = 3_000
MOST = 6
SHORTEST = 8
"""Characters of a part: a turn right after another begins nothing."""

_TURN = re.compile(
    r"另外|还有(?:就是|一个|一件|件)|此外|再(?:就是|反映|问)|顺便|第[二三四五][,，、个件点:：]|其次|[二三四五]是"
    r"|(?:(?<=[。；;，,\s])|(?<=\n))[2-5][、.．)）](?!\d)|(?<=[。；;\s])[二三四五]、"
)


def split(text: str, whole: CategoryGuess, judge: Callable[[str], CategoryGuess]) -> tuple[Matter, ...]:
    """The separate matters in order, one at least; together they cover the text. ``judge`` classifies a part."""
    cuts = _cuts(text)
    found: list[Matter] = []
    if len(cuts) > 2:
        for start, end in pairwise(cuts):
            guess = judge(text[start:end])
            if found and (guess.probability < SURE or any(guess.code == each.category.code for each in found)):
                found[-1] = Matter(found[-1].start, end, found[-1].category)
            else:
                found.append(Matter(start, end, guess))
    return tuple(found) if len(found) > 1 else (Matter(0, len(text), whole),)


def _cuts(text: str) -> list[int]:
    cuts = [0]
    for turn in _TURN.finditer(text[:LOOKED_AT]):
        if turn.start() - cuts[-1] >= SHORTEST and len(text) - turn.start() >= SHORTEST and len(cuts) < MOST:
            cuts.append(turn.start())
    return [*cuts, len(text)]
