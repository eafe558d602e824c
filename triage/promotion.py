"""Whether a new model may take an older one's place: what is held back, and the test of both on it.

Held back is by text alone, never by when or in which order: near copies share a group, and a group is held back by the
digest of one of its texts. The model that is compared has not read what is held back; the one that will serve learns
from it too. Texts ``kept`` from learning are held back always, and their copies with them. Texts that are on trial
themselves (files handed in) judge nothing: a file that is wrong throughout would call its own errors right.

The tests are one-sided sign tests on the texts that only one of the two models answers right (McNemar, exact).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from math import comb

import numpy as np
import numpy.typing as npt

from triage import features, folds
from triage.examples import Labelled
from triage.model import Model

SHARE = 0.2
"""Groups held back. A fifth, as in cross-fitting with five folds."""
LEVEL = 0.05
"""Chance of refusing a model that is as good. One question is asked, so the usual level serves."""
EACH = 0.01
"""The same of a category, for hundreds are asked: seven texts lost and none won are enough to refuse."""
BOUND = 0.1
"""Share of a category's texts that may be lost before its test speaks: below it, a loss is no harm to the desk."""


def digest(row: Labelled) -> str:
    """A name for a text with its title, by which it is known again and not read."""
    return hashlib.sha256(f"{row.title}\n{row.text}".encode(errors="surrogatepass")).hexdigest()[:16]


def fingerprint(rows: Iterable[Labelled]) -> str:
    """A name for the labelled rows a model learnt from, whatever their order."""
    lines = sorted(f"{digest(row)} {row.category} {row.request_type} {row.unit} {row.use}" for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def held_back(rows: Sequence[Labelled], tried: AbstractSet[str] = frozenset()) -> npt.NDArray[np.bool_]:
    """Which rows are for comparing only. Made ones never are, nor those ``tried`` (digests) unless copies of others."""
    from sklearn.feature_extraction.text import HashingVectorizer

    held = np.zeros(len(rows), bool)
    natural = [at for at, row in enumerate(rows) if row.use != "made"]
    if not natural:
        return held
    grams = HashingVectorizer(analyzer="char", ngram_range=(2, 3), n_features=2**17, alternate_sign=False)
    groups = folds.copies(grams.transform(f"{rows[at].title}\n{rows[at].text}" for at in natural).tocsr())
    members: dict[int, list[int]] = defaultdict(list)
    for at, group in zip(natural, groups, strict=True):
        members[int(group)].append(at)
    for group in members.values():
        judges = [at for at in group if digest(rows[at]) not in tried]
        kept = any(rows[at].use == "kept" for at in group)
        held[group] = bool(judges) and (kept or _drawn(min(digest(rows[at]) for at in judges)))
    return held


def answered(model: Model, rows: Sequence[Labelled]) -> dict[str, str]:
    """The category the model puts each text into, by the text's digest."""
    if not rows:
        return {}
    table = features.table([features.prepared(row.title, row.text) for row in rows], model.vocabulary)
    best = model.category.many(table).argmax(axis=1)
    return {digest(row): model.category.labels[at] for row, at in zip(rows, best, strict=True)}


def _drawn(name: str) -> bool:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") < SHARE * 2**32


@dataclass(frozen=True, slots=True)
class Loss:
    """A category in which the candidate is worse, as ``code``, or all of them together, as an empty one."""

    category: str
    texts: int
    before: int
    now: int
    p: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Both models on the same ``texts``: how many each answers right, and what speaks against the candidate."""

    texts: int
    before: int
    now: int
    p: float
    losses: tuple[Loss, ...]

    @property
    def worse(self) -> bool:
        return bool(self.losses)


def compare(answers: Mapping[str, str], current: Mapping[str, str], candidate: Mapping[str, str]) -> Verdict | None:
    """Judge on the texts, by digest, that both models have answered without having learnt from them.

    None where there is no such text: nothing was compared then, which is not the same as being no worse.
    """
    both = [name for name in answers if name in current and name in candidate]
    if not both:
        return None
    whole = _loss("", both, answers, current, candidate)
    losses = [whole] if whole.p < LEVEL else []
    of: dict[str, list[str]] = defaultdict(list)
    for name in both:
        of[answers[name]].append(name)
    for category in sorted(of):
        loss = _loss(category, of[category], answers, current, candidate)
        lost = loss.before - loss.now
        if lost > BOUND * loss.texts and loss.p < EACH:
            losses.append(loss)
    return Verdict(whole.texts, whole.before, whole.now, whole.p, tuple(losses))


def _loss(
    category: str, names: Sequence[str], answers: Mapping[str, str], before: Mapping[str, str], now: Mapping[str, str]
) -> Loss:
    old = [before[name] == answers[name] for name in names]
    new = [now[name] == answers[name] for name in names]
    lost = sum(a and not b for a, b in zip(old, new, strict=True))
    won = sum(b and not a for a, b in zip(old, new, strict=True))
    return Loss(category, len(names), sum(old), sum(new), sign_test(lost, won))


def sign_test(lost: int, won: int) -> float:
    """The chance of so many losses or more if each of these texts were lost or won by the toss of a coin."""
    n = lost + won
    return float(sum(comb(n, k) for k in range(lost, n + 1)) / 2**n)
