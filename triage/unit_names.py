"""Units that a text names, wholly or in part: 环保局 for 环境保护局, a district's name for its government.

A unit answers few letters or many; its name is known before the first one. So a name found in a text speaks for the
unit however seldom it was asked before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from triage.features import Floats
from triage.text import mask

_KIND = re.compile(
    "(管理委员会|行政管理局|监督管理局|管理局|管理中心|委员会|人民政府|有限公司|办事处|公司|中心|局|办|支队|分局|街道)$"
)
_ASIDE = re.compile("（.*?）|\\(.*?\\)")


def core(name: str) -> str:
    """The name without the kind of body that it is; the whole of it where nothing would be left."""
    plain = _ASIDE.sub("", name)
    return _KIND.sub("", plain) or plain or name


def _runs(text: str) -> set[str]:
    """Runs of two and of three characters; the text itself where it has only one."""
    return {text[at : at + size] for size in (2, 3) for at in range(len(text) - size + 1)} or {text}


@dataclass(frozen=True, slots=True)
class UnitNames:
    """Shares of units' names found in texts: ``weights`` of runs (by their row) for units. Read only."""

    runs: tuple[str, ...]
    weights: Floats
    _row: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_row", {run: at for at, run in enumerate(self.runs)})

    @classmethod
    def of(cls, units: Sequence[str], texts: Sequence[str]) -> UnitNames:
        """``texts`` tell how rare a run of characters is; runs in several units' names count less for each."""
        named = [_runs(mask(core(unit))) for unit in units]
        units_with = Counter(run for runs in named for run in runs)
        row = {run: at for at, run in enumerate(sorted(units_with))}
        texts_with = Counter(run for text in texts for run in _runs(text) & units_with.keys())
        weights = np.zeros((len(row), len(units)), dtype=np.float32)
        for at, runs in enumerate(named):
            for run in runs:
                weights[row[run], at] = np.log((len(texts) + 2) / (texts_with[run] + 1)) / units_with[run]
        return cls(tuple(row), weights / np.maximum(weights.sum(axis=0), 1e-6))

    def found(self, masked: str) -> Floats:
        """Zero to one a unit: the share of its name that stands in the masked text."""
        rows = [self._row[run] for run in _runs(masked) if run in self._row]
        return np.asarray(self.weights[rows].sum(axis=0), dtype=np.float32)
