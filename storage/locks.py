"""Locks that outlive no process: a file lock beside SQLite, an advisory lock on PostgreSQL.

The operating system or the server frees them when the process dies, however it dies.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from storage.database import Database


class Lock:
    """A held lock; ``release`` gives it back."""

    def __init__(self, name: str, release: object) -> None:
        self.name = name
        self._release = release

    def release(self) -> None:
        """Give the lock back."""
        if callable(self._release):
            self._release()
            self._release = None


def try_lock(database: Database, folder: Path, name: str) -> Lock | None:
    """Take the lock of this name if nobody holds it; None otherwise. It does not wait."""
    return file_lock(folder, name) if database.is_sqlite else _advisory_lock(database, name)


def file_lock(folder: Path, name: str) -> Lock | None:
    """Take the lock of this name in the folder if nobody holds it; None otherwise. It does not wait."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return Lock(name, lambda: os.close(handle))


def _advisory_lock(database: Database, name: str) -> Lock | None:
    key = int.from_bytes(hashlib.sha256(f"yingsheng:{name}".encode()).digest()[:8], "big", signed=True)
    connection = database.writer.connect().execution_options(isolation_level="AUTOCOMMIT")
    taken = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar()
    if not taken:
        connection.close()
        return None
    connection.detach()  # the pool must not hand a connection that holds a lock to anybody else

    def release() -> None:
        # Closing alone frees the lock only when the server has noticed it, which is too late for who takes it next.
        try:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
        except DBAPIError:
            pass  # the line is gone, and the lock with it
        finally:
            connection.close()

    return Lock(name, release)
