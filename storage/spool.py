"""What came in and is not yet in the database: a folder of files, each durable before whoever sent it hears so.

A platform gives a desk little time to say that a message arrived, and the database may be busy for longer: SQLite has
one writer. A file needs nobody's turn. Each process has a folder of its own, which it holds locked while it lives; what
a dead one left is found by whoever starts next.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from storage.blobs import digest_of, sync_folder
from storage.database import new_id
from storage.locks import file_lock

log = logging.getLogger(__name__)

_LOCK = "held"
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
        self._held = [file_lock(self._own, _LOCK)]
        sync_folder(folder)
        self._numbers = count(1)

    def put(self, channel: str, account: str, payload: bytes, *, now: datetime) -> Spooled:
        """Keep it: it is on the disk when this returns. Raises ``OSError`` where there is no room."""
        head = {
            "channel": channel,
            "account": account,
            "received_at": now.isoformat(),
            "sha256": digest_of(payload),
        }
        path = self._own / f"{next(self._numbers):012d}{_SUFFIX}"
        with path.open("xb") as file:
            file.write(json.dumps(head, ensure_ascii=False).encode() + b"\n" + payload)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self._own)
        return Spooled(path, channel, account, now, payload)

    def done(self, spooled: Spooled) -> None:
        """It is in the database. After a power cut it may be back: storing it again changes nothing."""
        spooled.path.unlink(missing_ok=True)

    def left(self) -> Iterator[Spooled]:
        """What processes that have ended left, in the order in which each took it in. Theirs is ours from now on."""
        for folder in sorted(self._all.iterdir()):
            if folder == self._own or not folder.is_dir():
                continue
            lock = file_lock(folder, _LOCK)
            if lock is None:
                continue  # its process lives
            files = sorted(folder.glob(f"*{_SUFFIX}"))
            if not files:
                _remove(folder)
                lock.release()
                continue
            self._held.append(lock)
            for path in files:
                if (found := _read(path)) is not None:
                    yield found

    def close(self) -> None:
        """Let whoever starts next have what is left."""
        for lock in self._held:
            if lock is not None:
                lock.release()


def _read(path: Path) -> Spooled | None:
    """What the file keeps. One that was cut off was never acknowledged, so it is sent again: it is set aside."""
    head, _, payload = path.read_bytes().partition(b"\n")
    try:
        said = json.loads(head)
        if said["sha256"] != digest_of(payload):
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
    (folder / f"{_LOCK}.lock").unlink(missing_ok=True)
    with suppress(OSError):  # another that starts just now may be looking into it
        folder.rmdir()
