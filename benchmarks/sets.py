"""Triage on the hand-written sets of ``tests/sets``: ``python -m benchmarks.sets [--held|--second] [SET …]``."""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import combinations, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.answer_figures import answers
from benchmarks.event_figures import events, ratios
from district.pack import load
from triage import training
from triage.assess import Engine
from triage.assessment import Context
from triage.calibration import ece, ece_floor
from triage.duplicates import SAME

SETS = Path(__file__).parent.parent / "tests" / "sets"
PACK = Path(__file__).parent.parent / "packs" / "demo"
LOWEST = 0.9
"""No category is ever sent by itself below this probability (``triage.head.LEAST``)."""
CLOSE = 4
"""Characters by which the bound of a matter may be off."""

Rows = Sequence[dict[str, Any]]
Figures = dict[str, float]


def engine_of_the_demo() -> Engine:
    """An engine with a model of the demo pack, trained here."""
    district = load(PACK)
    with tempfile.TemporaryDirectory() as folder:
        samples = training.pack_samples(PACK)
        model = training.train(district, samples, version="benchmark", cache=Path(folder))
    return Engine(district, model)


def urgency(engine: Engine, rows: Rows) -> Figures:
    """Emergencies against all else, and the share of right levels."""
    said = [engine.assess(row["text"]).urgency.level for row in rows]
    wanted = [row["level"] for row in rows]
    both = sum(one == other == "emergency" for one, other in zip(said, wanted, strict=True))
    right = sum(one == other for one, other in zip(said, wanted, strict=True))
    figures = ratios(both, said.count("emergency"), wanted.count("emergency"))
    return figures | {"levels_right": round(right / len(rows), 3)}


def request_type(engine: Engine, rows: Rows) -> Figures:
    """Macro-F1 over the seven types."""
    said = [engine.assess(row["text"], Context(title=row["title"])).request_type.value for row in rows]
    wanted = [row["request_type"] for row in rows]
    hits = Counter(one for one, other in zip(said, wanted, strict=True) if one == other)
    each = [2 * hits[kind] / (said.count(kind) + wanted.count(kind)) for kind in sorted(set(wanted))]
    return {"macro_f1": round(float(np.mean(each)), 3), "accuracy": round(hits.total() / len(rows), 3)}


def matters(engine: Engine, rows: Rows) -> Figures:
    """Several or one; and, where both say several, how many of the inner bounds are found."""
    said = [engine.assess(row["text"]).matters for row in rows]
    several = [len(row["matters"]) > 1 for row in rows]
    both = sum(wanted and len(found) > 1 for found, wanted in zip(said, several, strict=True))
    bounds = found_bounds = 0
    for found, row in zip(said, rows, strict=True):
        if len(found) > 1 and len(row["matters"]) > 1:
            starts = [matter.start for matter in found[1:]]
            bounds += len(row["matters"]) - 1
            found_bounds += sum(any(abs(start - at) <= CLOSE for at in starts) for start, _ in row["matters"][1:])
    figures = ratios(both, sum(len(found) > 1 for found in said), sum(several))
    return figures | {"bounds": round(found_bounds / max(bounds, 1), 3)}


def nonsense(engine: Engine, rows: Rows) -> Figures:
    """The share left to a person, as the model stands and were every category trusted from ``LOWEST`` on."""
    category = engine.model.category
    trusting = replace(category, thresholds=np.full(len(category.labels), LOWEST))
    careless = Engine(engine.district, replace(engine.model, category=trusting))
    shares = [np.mean([each.assess(row["text"]).decision == "review" for row in rows]) for each in (engine, careless)]
    return {"kept_out": round(float(shares[0]), 3), f"kept_out_at_{LOWEST}": round(float(shares[1]), 3)}


def area(engine: Engine, rows: Rows) -> Figures:
    """Streets and communities where the text names a place, and whether what is open is left open."""
    said = [engine.assess(row["text"]) for row in rows]
    named = [(found, row) for found, row in zip(said, rows, strict=True) if row["street"]]
    streets = np.mean([found.street == row["street"] for found, row in named])
    told = [(found, row) for found, row in named if row["community"]]
    communities = np.mean([found.community == row["community"] for found, row in told])
    left_open = np.mean([not found.street for found, row in zip(said, rows, strict=True) if row["ask"]])
    return {
        "street": round(float(streets), 3),
        "community": round(float(communities), 3),
        "left_open": round(float(left_open), 3),
    }


def entities(engine: Engine, rows: Rows) -> Figures:
    """Spans and kinds, exactly as marked, and as they overlap."""
    right = overlap = said = wanted = 0
    for row in rows:
        found = engine.assess(row["text"], Context(at=datetime.fromisoformat(row["time"]))).entities
        marked = {(each["kind"], each["start"], each["end"]) for each in row["entities"]}
        said, wanted = said + len(found), wanted + len(marked)
        right += sum((each.kind, each.start, each.end) in marked for each in found)
        overlap += sum(
            any(kind == each.kind and start < each.end and each.start < end for kind, start, end in marked)
            for each in found
        )
    return ratios(right, said, wanted) | {"overlapping": round(overlap / max(said, 1), 3)}


def duplicates(engine: Engine, rows: Rows) -> Figures:
    """Whether two texts are of one matter, and how far the probabilities can be believed."""
    return _judged(engine, [(row["a"], row["b"]) for row in rows], [row["same_matter"] for row in rows])


def tellings(engine: Engine, rows: Rows) -> Figures:
    """The same of any two texts of one group: all of one matter, and as many of two matters, drawn by their words."""
    pairs = [pair for _, group in groupby(rows, key=itemgetter("group")) for pair in combinations(group, 2)]
    same = [pair for pair in pairs if pair[0]["matter"] == pair[1]["matter"]]
    others = [pair for pair in pairs if pair[0]["matter"] != pair[1]["matter"]]
    others.sort(key=lambda pair: hashlib.sha256((pair[0]["text"] + pair[1]["text"]).encode()).digest())
    drawn = [*same, *others[: len(same)]]
    return {"pairs": len(drawn)} | _judged(engine, drawn, [one["matter"] == other["matter"] for one, other in drawn])


def _judged(engine: Engine, pairs: Sequence[tuple[Any, Any]], same: Sequence[bool]) -> Figures:
    probabilities = []
    for pair in pairs:
        one, other = (engine.sides.read(each["text"], at=datetime.fromisoformat(each["time"])) for each in pair)
        probabilities.append(engine.comparer.compare(one, other).probability)
    said = np.array(probabilities) >= SAME
    wanted = np.array(same)
    sure = np.maximum(probabilities, 1 - np.array(probabilities))
    figures = ratios(int((said & wanted).sum()), int(said.sum()), int(wanted.sum()))
    return figures | {"ece": round(ece(sure, said == wanted), 3), "ece_floor": round(ece_floor(sure), 3)}


MEASURES: dict[str, Callable[[Engine, Rows], Figures]] = {
    "urgency": urgency,
    "request_type": request_type,
    "matters": matters,
    "nonsense": nonsense,
    "area": area,
    "entities": entities,
    "duplicates": duplicates,
    "tellings": tellings,
    "events": events,
    "answers": answers,
}


def main() -> None:
    """Print the figures of each set asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help="sets to measure")
    parser.add_argument("--held", dest="part", action="store_const", const="held", help="the part not built on")
    parser.add_argument("--second", dest="part", action="store_const", const="second", help="another hand's")
    chosen = parser.parse_args()
    part = f"{chosen.part or 'develop'}.jsonl"
    engine = engine_of_the_demo()
    for name in chosen.sets or [name for name in MEASURES if (SETS / name / part).exists()]:
        lines = (SETS / name / part).read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        figures = "  ".join(f"{key} {value}" for key, value in MEASURES[name](engine, rows).items())
        print(f"{name:14s} n {len(rows):4d}  {figures}", flush=True)


if __name__ == "__main__":
    main()
