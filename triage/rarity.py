"""Weights of features by rarity alone, where no labels say which of them tell classes apart."""

from __future__ import annotations

import numpy as np

from triage.classifier import Weighting
from triage.features import Table


def weigh(table: Table) -> Weighting:
    """The weight of each column: its inverse frequency among the texts; unknown features weigh nothing."""
    spread = np.zeros(table.blocks[0].shape[1])
    for block in table.blocks:
        spread += np.asarray((block > 0).sum(axis=0)).ravel()
    idf = np.log((1 + len(table)) / (1 + spread)) + 1
    return Weighting(np.where(spread >= 1, idf, idf.max()).astype(np.float32), 0.0)
