"""What most of a test's time went into, and what comes out the same each time, is done once for all tests of a process.

Nothing a test looks at is replaced: what is lent is what the product itself made from the same bytes, and it is read
only there. Whatever a file says is read anew when any file of its folder has changed. A test of the making itself finds
the product's own function by ``inspect.unwrap``.
"""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, event

Made = TypeVar("Made")
KEPT = 6
"""Of each kind; a test that alters a pack or a model has one of its own, and there are hundreds."""


def install(patch: pytest.MonkeyPatch) -> None:
    """From now on, in this process: cheap password hashes, no waiting for disks, one TLS context, and packs,
    dictionaries, models and what an engine makes of them once each."""
    import api.desk
    import district.pack
    import knowledge.analysis
    import storage.database
    import storage.identity
    import triage.assess
    import triage.model

    # Argon2 is made to cost memory and time, and a test signs in a dozen people.
    patch.setattr(storage.identity, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    patch.setattr(storage.identity, "HASH_OF_NOBODY", storage.identity._of_nobody())
    patch.setattr(storage.database, "_open_sqlite", unhurried(storage.database._open_sqlite))
    # A context reads all certificates of the machine, 20 ms for each client that then speaks plain HTTP.
    patch.setattr("httpx._transports.default.create_ssl_context", lru_cache(httpx.create_ssl_context))
    load_pack = by_key(district.pack.load, lambda folder: (folder, _files(folder)))
    patch.setattr(api.desk, "load", load_pack)
    patch.setattr(district.pack, "load", load_pack)
    patch.setattr(triage.model, "load", by_key(triage.model.load, lambda folder: (folder.name, _files(folder))))
    for name in ("RequestTypes", "SideReader"):
        patch.setattr(triage.assess, name, by_identity(getattr(triage.assess, name)))
    patch.setattr(knowledge.analysis, "_tokenizer", by_key(knowledge.analysis._tokenizer, lambda _folder: ""))


def unhurried(opened: Callable[..., Engine]) -> Callable[..., Engine]:
    """The engine without its care for a power cut, after which no test goes on: each commit waited for the disk."""

    @wraps(opened)
    def lend(*given: Any, **more: Any) -> Engine:
        engine = opened(*given, **more)

        @event.listens_for(engine, "connect")
        def _let_the_disk_be(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute("PRAGMA synchronous=OFF")

        return engine

    return lend


def by_key(make: Callable[[Path], Made], key_of: Callable[[Path], Hashable]) -> Callable[[Path], Made]:
    """``make``, asked once for each of the last few keys. What it raises is not kept."""
    made: OrderedDict[Hashable, Made] = OrderedDict()

    @wraps(make)
    def lend(folder: Path) -> Made:
        key = key_of(folder)
        if key not in made:
            made[key] = make(folder)
            _make_room(made)
        return made[key]

    return lend


def by_identity(make: Callable[..., Made]) -> Callable[..., Made]:
    """``make``, asked once for the same things; they are kept alive with it, so that no other takes their identity."""
    made: OrderedDict[tuple[int, ...], tuple[tuple[Any, ...], Made]] = OrderedDict()

    @wraps(make)
    def lend(*given: Any) -> Made:
        key = tuple(map(id, given))
        if key not in made:
            made[key] = given, make(*given)
            _make_room(made)
        return made[key][1]

    return lend


def _make_room(made: OrderedDict[Any, Any]) -> None:
    """The first stays: it is the demo pack's, or its model's."""
    if len(made) > KEPT:
        del made[list(made)[1]]


def _files(folder: Path) -> Hashable:
    """What is another one when a file of the folder is written, comes or goes, and the same of a copy."""
    found = [(path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file()]
    return tuple((path.relative_to(folder), status.st_size, status.st_mtime_ns) for path, status in found)
