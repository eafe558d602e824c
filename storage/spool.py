"""What came in and is not yet in the database: a folder of files, each durable before whoever sent it hears so.

A platform gives a desk little time to say that a message arrived, and the database may be busy for longer: SQLite has
one writer. A file needs nobody's turn. Each process has a folder of its own, which it holds locked while it lives; what
a dead one left is found by whoever starts next.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import IO

from storage.database import new_id

log = logging.getLogger(__name__)

_LOCK = ".lock"
_SUFFIX = ".in"
_BROKEN = ".broken"


@dataclass(frozen=True, slots=True)
class Spooled:
    """One payload as it came in, and the file that keeps it."""

    path: Path
    channel: str
    account: str
    received_at: datetime
    payload: bytes


class Spool:
    """The folders of all processes of a desk, one of them this process's. Safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self._all = folder
        self._own = folder / new_id()
        self._own.mkdir(parents=True)
        self._held = [_locked(self._own)]
        _sync(folder)
        self._numbers = count(1)

    def put(self, channel: str, account: str, payload: bytes, *, now: datetime) -> Spooled:
        """Keep it: it is on the disk when this returns. Raises ``OSError`` where there is no room."""
        head = {
            "channel": channel,
            "account": account,
            "received_at": now.isoformat(),
            "sha256": hashlib.sha256(payload).hexdigest(),
        }
        path = self._own / f"{next(self._numbers):012d}{_SUFFIX}"
        with path.open("xb") as file:
            file.write(json.dumps(head, ensure_ascii=False).encode() + b"\n" + payload)
            file.flush()
            os.fsync(file.fileno())
        _sync(self._own)
        return Spooled(path, channel, account, now, payload)

    def done(self, spooled: Spooled) -> None:
        """It is in the database. After a power cut it may be back: storing it again changes nothing."""
        spooled.path.unlink(missing_ok=True)

    def left(self) -> Iterator[Spooled]:
        """What processes that have ended left, in the order in which each took it in. Theirs is ours from now on."""
        for folder in sorted(self._all.iterdir()):
            if folder == self._own or not folder.is_dir():
                continue
            lock = _locked(folder)
            if lock is None:
                continue  # its process lives
            files = sorted(folder.glob(f"*{_SUFFIX}"))
            if not files:
                _remove(folder)
                lock.close()
                continue
            self._held.append(lock)
            for path in files:
                if (found := _read(path)) is not None:
                    yield found

    def close(self) -> None:
        """Let whoever starts next have what is left."""
        for lock in self._held:
            if lock is not None:
                lock.close()


def _locked(folder: Path) -> IO[bytes] | None:
    """The folder's lock, held until it is closed or the process ends; None while another process holds it."""
    lock = (folder / _LOCK).open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def _read(path: Path) -> Spooled | None:
    """What the file keeps. One that was cut off was never acknowledged, so it is sent again: it is set aside."""
    head, _, payload = path.read_bytes().partition(b"\n")
    try:
        said = json.loads(head)
        if said["sha256"] != hashlib.sha256(payload).hexdigest():
            raise ValueError
        at = datetime.fromisoformat(said["received_at"])
        return Spooled(path, str(said["channel"]), str(said["account"]), at, payload)
    except (ValueError, KeyError, TypeError):
        log.warning("a message that was cut off while it was kept is set aside: %s", path.name)
        path.replace(path.with_suffix(_BROKEN))
        return None


def _remove(folder: Path) -> None:
    """Take an emptied folder away, but for one in which something was set aside."""
    if any(folder.glob(f"*{_BROKEN}")):
        return
    (folder / _LOCK).unlink(missing_ok=True)
    folder.rmdir()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
