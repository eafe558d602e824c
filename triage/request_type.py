"""What kind of request (咨询 求助 投诉 举报 建议 表扬 其他): cues and example sentences of the pack, and a head."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from district.examples import NONE, Examples
from district.schemas import RequestType
from triage.assessment import RequestTypeGuess
from triage.features import Counts, Floats
from triage.head import Head
from triage.likeness import Likeness
from triage.text import fold

TITLE, LOOKED_AT = 200, 1_500
"""Characters of title and text in which cues are looked for."""
COMPARED = 300
"""Characters of title and text that are compared with the examples; more of a letter is its story."""
CUE = 0.3
"""How much a cue of weight one counts beside the learnt log-probability."""
ENDS = 8
"""Characters at the beginning and at the end whose runs count once more: 请问 is said first, 谢谢 last."""
_RUN = re.compile(r"[a-z\d][a-z\d-]+")
_DIGIT = re.compile(r"\d")
EDGE = 150
"""Characters of a body's head and of its end."""
ALIKE = 4.0
"""How much a likeness of one to a type's examples counts beside it."""
HEAD = 0.2
"""How much the learnt log-probability counts where the pack has examples: a head learnt from made texts misleads."""


class RequestTypes:
    """The compiled cues of one pack, and what its examples taught. Read only, safe to share between threads."""

    def __init__(self, kinds: Sequence[RequestType], examples: Examples = NONE) -> None:
        self.names = tuple(kind.name for kind in kinds)
        self._cues = [[(re.compile(cue.pattern), cue.weight) for cue in kind.cues] for kind in kinds]
        told = [row for row in examples.rows if row.request_type in self.names]
        of = np.array([self.names.index(row.request_type) for row in told], dtype=np.intp)
        self._taught = np.flatnonzero(np.bincount(of, minlength=len(kinds)))
        self._likeness = None
        if len(self._taught) > 1:
            self._likeness = Likeness(
                [_said(row.text[:COMPARED]) for row in told], [of == kind for kind in self._taught], ends=ENDS
            )

    def guess(self, title: str, text: str, counts: Counts, head: Head | None) -> RequestTypeGuess:
        """The likeliest kind. A cue found counts once, however often it stands in the text."""
        scores = CUE * self._cued(fold(f"{title[:TITLE]}\n{text[:LOOKED_AT]}"))
        if self._likeness is not None:
            scores[self._taught] += ALIKE * self._likeness.of(_said(f"{title[:TITLE]} {text[:COMPARED]}".strip()))
        if head is not None and counts.known:
            learnt = dict(zip(head.labels, head.probabilities(counts), strict=True))
            scores += (HEAD if self._likeness else 1.0) * np.log(
                [max(learnt.get(name, 0.01), 0.01) for name in self.names]
            )
        shares = np.exp(scores - scores.max())
        shares /= shares.sum()
        best = int(shares.argmax())
        return RequestTypeGuess(self.names[best], round(float(shares[best]), 4))

    def alike(self, title: str, body: str) -> Floats:
        """How like the examples of each type title and body are, the title, the body's head and its end; empty without.

        For whoever has kinds of request of his own: they are other names, and often mixtures, of these.
        """
        if self._likeness is None:
            return np.empty(0, dtype=np.float32)
        parts = (f"{title} {body[:COMPARED]}".strip(), title, body[:EDGE], body[-EDGE:])
        return np.concatenate([self._likeness.of(_said(part)) for part in parts])

    def _cued(self, folded: str) -> np.ndarray:
        return np.array(
            [sum(weight for cue, weight in cues if cue.search(folded)) for cues in self._cues], dtype=np.float64
        )


def _said(text: str) -> str:
    """The folded text as it is compared: a code (a run with a digit in it: of a post, a plate, an order) is one sign,
    whatever its letters spell.
    """
    return _RUN.sub(lambda run: "0" if _DIGIT.search(run[0]) else run[0], fold(text))
