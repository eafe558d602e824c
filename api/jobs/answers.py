"""What the answer bot learns by itself, once a week: see ``knowledge.weights``."""

from __future__ import annotations

from api.desk import Desk
from knowledge import weights
from knowledge.acts import SYSTEM


def refit(desk: Desk) -> int:
    """Refit the weights on the judgements of a year. Return 1 if they changed."""
    with desk.database.write.begin() as session:
        known, made = weights.relearn(session, now=desk.now())
        if made is None:
            return 0
        weights.keep(session, known, made, actor=SYSTEM, now=desk.now())
        return 1
