"""The recorded samples of every channel damaged at random, and payloads that are made to be slow.

``CHANNELS`` and ``tests/contract`` say what there is: a new channel is covered as soon as it has samples.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from channels.registry import CHANNELS
from drills.bulk import bulky
from drills.parsing import Outcome, Watched
from drills.wounds import wounded
from tests.contract.conftest import Subject, registered


def payloads_of(subject: Subject) -> list[bytes]:
    """What the channel's samples hold, the short ones first."""
    return sorted({sample.payload for sample in subject.samples}, key=lambda payload: (len(payload), payload))


def damaged(parser: Watched, subject: Subject, *, examples: int, number: int = 0) -> Counter[str]:
    """Parse so many damaged samples; what became of them, counted. Raises ``AssertionError`` with the smallest."""
    counted: Counter[str] = Counter()

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(payload=wounded(payloads_of(subject)))
    def holds(payload: bytes) -> None:
        outcome = parser.parse(payload)
        counted["unreadable" if not outcome.taken else "taken"] += 1
        assert not outcome.fault, f"{subject.name}: {outcome.fault}: {len(payload)} bytes: {payload[:2000]!r}"

    holds()
    return counted


def bulk(parser: Watched, subject: Subject, *, every: int = 1) -> tuple[dict[str, Outcome], int]:
    """Parse what is made to be slow; the outcomes that broke the promise, by name, and how many were parsed."""
    broken: dict[str, Outcome] = {}
    count = 0
    for name, payload in bulky(payloads_of(subject), every=every):
        count += 1
        outcome = parser.parse(payload)
        if outcome.fault:
            broken[name] = outcome
    return broken, count


def run(given: argparse.Namespace) -> None:
    """Every channel in turn, for so many seconds each; what breaks the promise is kept in a folder."""
    kept = Path(tempfile.gettempdir()) / "yingsheng-hostile"
    failed = [each for name in CHANNELS if (each := _drilled(registered(name), given.seconds, kept))]
    assert not failed, "; ".join(failed)


def _drilled(subject: Subject, seconds: float, kept: Path) -> str:
    faults: list[str] = []
    counted: Counter[str] = Counter()
    with Watched(subject.account) as parser:
        broken, count = bulk(parser, subject)
        faults += [f"{name}: {outcome.fault}" for name, outcome in broken.items()]
        until = time.monotonic() + seconds
        number = int.from_bytes(os.urandom(4), "big")
        while time.monotonic() < until:
            number += 1
            try:
                counted += damaged(parser, subject, examples=200, number=number)
            except AssertionError as problem:
                faults.append(f"seed {number}: {str(problem)[:600]}")
                kept.mkdir(exist_ok=True)
                (kept / hashlib.sha256(str(problem).encode()).hexdigest()[:12]).write_text(str(problem))
    print(f"   {subject.name}: {count} bulky, {counted.total()} damaged ({dict(counted)})", flush=True)
    for fault in faults[:20]:
        print(f"     {fault}", flush=True)
    return f"{subject.name}: {len(faults)} broke the promise" if faults else ""
