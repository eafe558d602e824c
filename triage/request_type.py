"""What kind of request (咨询 求助 投诉 举报 建议 表扬 其他): the pack's cues and, where texts were labelled, a head."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from district.schemas import RequestType
from triage.assessment import RequestTypeGuess
from triage.features import Counts
from triage.head import Head

TITLE, LOOKED_AT = 200, 1_500
"""Characters of title and text in which cues are looked for."""
CUE = 0.8
"""How much a cue of weight one counts beside the learnt log-probability."""


class RequestTypes:
    """The compiled cues of one pack. Read only, safe to share between threads."""

    def __init__(self, kinds: Sequence[RequestType]) -> None:
        self.names = tuple(kind.name for kind in kinds)
        self._cues = [[(re.compile(cue.pattern), cue.weight) for cue in kind.cues] for kind in kinds]

    def guess(self, title: str, text: str, counts: Counts, head: Head | None) -> RequestTypeGuess:
        """The likeliest kind. A cue found counts once, however often it stands in the text."""
        looked = f"{title[:TITLE]}\n{text[:LOOKED_AT]}"
        scores = np.array(
            [CUE * sum(weight for cue, weight in cues if cue.search(looked)) for cues in self._cues], dtype=np.float64
        )
        if head is not None and counts.known:
            learnt = dict(zip(head.labels, head.probabilities(counts), strict=True))
            scores += np.log([max(learnt.get(name, 0.01), 0.01) for name in self.names])
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        best = int(shares.argmax())
        return RequestTypeGuess(self.names[best], round(float(shares[best]), 4))
