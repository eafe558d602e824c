"""How far a message sounds like somebody who complains rather than asks: learnt from messages written for it.

``manner`` counts the signs that a person would name. This sees all runs of up to three characters of the message's
beginning and adds up what each speaks for; the strongest are shipped with their weights, to be read by whoever wants to
know why. ``python -m benchmarks.confidence --write`` learns them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from knowledge.analysis import fold

LOOKED_AT = 100
"""Characters of a message that are looked at: who complains begins with it."""
LONGEST = 3
FILE = "grievance.json"


class Said(NamedTuple):
    """What a run of characters says: how rare it is among messages, and its weight."""

    rarity: float
    weight: float


@dataclass(frozen=True)
class Grievance:
    """A logistic regression over the runs of characters that a message has at least once."""

    runs: Mapping[str, Said]
    bias: float

    def log_odds(self, message: str) -> float:
        """That the message complains: above 0 it rather does, below it rather asks."""
        said = [self.runs[run] for run in runs_of(message) if run in self.runs]
        size = math.sqrt(sum(one.rarity**2 for one in said)) or 1.0
        return sum(one.rarity * one.weight for one in said) / size + self.bias

    def to_json(self) -> str:
        """As text, the strongest signs of a complaint first, a line each."""
        ordered = sorted(self.runs.items(), key=lambda item: (-item[1].weight, item[0]))
        rows = ",\n".join(
            f"  {json.dumps(run, ensure_ascii=False)}: [{said.rarity:.3f}, {said.weight:.3f}]" for run, said in ordered
        )
        return f'{{"bias": {self.bias:.4f},\n "runs": {{\n{rows}\n }}}}\n'

    @classmethod
    def from_json(cls, text: str) -> Grievance:
        """The way back."""
        values = json.loads(text)
        return cls({run: Said(*map(float, said)) for run, said in values["runs"].items()}, float(values["bias"]))


def runs_of(message: str) -> frozenset[str]:
    """The runs of up to three characters of the message's beginning, punctuation and spaces among them."""
    text = fold(message.strip()[:LOOKED_AT])
    return frozenset(text[at : at + size] for size in range(1, LONGEST + 1) for at in range(len(text) - size + 1))


@lru_cache(maxsize=1)
def shipped() -> Grievance:
    """What is shipped, read once."""
    return Grievance.from_json(resources.files("knowledge").joinpath(FILE).read_text(encoding="utf-8"))
