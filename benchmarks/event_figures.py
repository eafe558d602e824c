"""Figures of the set ``events``: a stream grouped into events, by itself and amid thousands of other tickets."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations
from time import perf_counter
from typing import Any

from triage import events as grouping
from triage.assess import Engine
from triage.sides import Side

Rows = Sequence[dict[str, Any]]
Figures = dict[str, float]
AMID = 5_000
"""Made appeals spread over the time of the stream."""
SEED = 2


def ratios(right: int, said: int, wanted: int) -> Figures:
    """Precision, recall and F1 to three places."""
    precision, recall = right / max(said, 1), right / max(wanted, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(f1, 3)}


def events(engine: Engine, rows: Rows) -> Figures:
    """The stream grouped into events: pairs of one event, and B-cubed, where what is of no event is one of its own.

    ``mass_found`` of ``mass_wanted`` events are told as mass events, each text being another reporter's;
    ``mass_split`` are told once more, ``mass_false`` are none. ``amid_…``: the same texts, grouped amid ``AMID`` made
    appeals; ``amid_ms``: comparing and grouping one text there.
    """
    said = _grouped(engine, _sides(engine, rows))
    wanted = [row["event"] or row["id"] for row in rows]
    return _of_pairs(said, wanted) | _b_cubed(said, wanted) | _mass(engine, rows, said) | _amid(engine, rows)


def _sides(engine: Engine, rows: Rows) -> list[Side]:
    return [engine.sides.read(row["text"], at=datetime.fromisoformat(row["time"])) for row in rows]


def _grouped(engine: Engine, sides: Sequence[Side]) -> list[int]:
    quiet = timedelta(hours=engine.district.matters.event.quiet_hours)
    return grouping.grouped(engine.comparer, sides, quiet=quiet)


def _mass(engine: Engine, rows: Rows, said: Sequence[int]) -> Figures:
    rule = engine.district.matters.event
    told = []
    for event in set(said):
        members = [place for place, each in enumerate(said) if each == event]
        reports = [(datetime.fromisoformat(rows[place]["time"]), str(place)) for place in members]
        if grouping.crowded(reports, reporters=rule.reporters, within=timedelta(hours=rule.hours)):
            told.append(Counter(rows[place]["event"] for place in members).most_common(1)[0][0])
    found = set(told) - {""}
    return {
        "mass_wanted": len({row["event"] for row in rows} - {""}),
        "mass_found": len(found),
        "mass_split": len(told) - told.count("") - len(found),
        "mass_false": told.count(""),
    }


def _amid(engine: Engine, rows: Rows) -> Figures:
    dice = random.Random(SEED)
    file = engine.district.folder / "samples" / "appeals.jsonl"
    made = [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines()]
    moments = [datetime.fromisoformat(row["time"]) for row in rows]
    length = moments[-1] - moments[0]
    noise = [
        {"time": (moments[0] + length * dice.random()).isoformat(), "text": text}
        for text in dice.sample(made, min(AMID, len(made)))
    ]
    every = sorted([*rows, *noise], key=lambda row: datetime.fromisoformat(row["time"]))
    sides = _sides(engine, every)
    started = perf_counter()
    said = _grouped(engine, sides)
    took = (perf_counter() - started) * 1000 / len(every)
    ours = [(group, row["event"] or row["id"]) for group, row in zip(said, every, strict=True) if "event" in row]
    groups, wanted = [group for group, _ in ours], [event for _, event in ours]
    found = _of_pairs(groups, wanted) | _b_cubed(groups, wanted)
    return {f"amid_{name}": value for name, value in found.items()} | {"amid_ms": round(took, 2)}


def _of_pairs(said: Sequence[int], wanted: Sequence[str]) -> Figures:
    pairs = list(combinations(range(len(said)), 2))
    together = [said[one] == said[other] for one, other in pairs]
    belong = [wanted[one] == wanted[other] for one, other in pairs]
    both = sum(one and other for one, other in zip(together, belong, strict=True))
    return ratios(both, sum(together), sum(belong))


def _b_cubed(said: Sequence[int], wanted: Sequence[str]) -> Figures:
    """Bagga and Baldwin 1998: the share of right ones in each text's group, and of its event in its group."""
    sizes, events_of = Counter(said), Counter(wanted)
    cells = Counter(zip(said, wanted, strict=True))
    precision = sum(n * n / sizes[group] for (group, _), n in cells.items()) / len(said)
    recall = sum(n * n / events_of[event] for (_, event), n in cells.items()) / len(said)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"b3_precision": round(precision, 3), "b3_recall": round(recall, 3), "b3_f1": round(f1, 3)}
