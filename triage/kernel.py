"""Nearness of meanings to those of known texts: a Gaussian kernel, which tells apart what no sum of words can.

A price complaint about water is of another class than a complaint about the pipe, though each word of it speaks for the
pipe. The kernel is spanned by landmarks, texts learnt from (Nyström; all of them where they are few).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from triage.features import Floats

LANDMARKS = 2_000
WIDTH = 0.25
"""Distance (one minus the cosine) at which the nearness has fallen to 1/e."""
SHARE = 0.5
"""How much nearness counts beside the features."""
JITTER = 1e-3


@dataclass(frozen=True, slots=True)
class Nearness:
    """Scores from meanings: ``landmarks`` (landmarks × dimensions), ``weights`` (landmarks × classes)."""

    landmarks: Floats
    weights: Floats

    def scores(self, meanings: Floats) -> Floats:
        """What nearness adds to the scores of one text (classes,) or of many (texts, classes)."""
        return np.asarray(near(meanings, self.landmarks) @ self.weights)


def near(meanings: Floats, landmarks: Floats) -> Floats:
    """1 for the same meaning, towards 0 for others: (texts ×) landmarks."""
    return np.asarray(np.exp((meanings @ landmarks.T - 1) / np.float32(WIDTH)))


@dataclass(frozen=True, slots=True)
class Span:
    """Coordinates in which the kernel is a plain product: ``coordinates`` (texts × landmarks) of the texts given."""

    landmarks: Floats
    back: Floats
    coordinates: Floats

    def nearness(self, weights: Floats) -> Nearness:
        """From weights of coordinates (landmarks × classes) to weights of landmarks."""
        return Nearness(self.landmarks, np.ascontiguousarray(self.back @ weights, dtype=np.float32))


def span(meanings: Floats, *, seed: int = 0) -> Span:
    """The kernel of texts with these meanings (texts × dimensions). No labels are looked at."""
    from scipy.linalg import solve_triangular

    known = np.flatnonzero(np.abs(meanings).sum(axis=1) > 0)
    if not len(known):
        nothing = np.zeros((0, meanings.shape[1]), np.float32)
        return Span(nothing, np.zeros((0, 0), np.float32), np.zeros((len(meanings), 0), np.float32))
    if len(known) > LANDMARKS:
        known = np.sort(np.random.default_rng(seed).choice(known, LANDMARKS, replace=False))
    landmarks = np.ascontiguousarray(meanings[known])
    among = near(landmarks, landmarks)
    among[np.diag_indices_from(among)] += np.float32(JITTER)
    root = np.linalg.cholesky(among)
    back = solve_triangular(root, np.eye(len(root), dtype=np.float32), lower=True).T * np.float32(np.sqrt(SHARE))
    return Span(landmarks, back, np.asarray(near(meanings, landmarks) @ back, dtype=np.float32))
