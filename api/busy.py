"""Whether a database's error means "try again in a moment", or that something is wrong with us."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError

LOCKED = ("database is locked", "database table is locked", "database schema is locked")
"""SQLite's words for another writer that does not let go."""
AGAIN = frozenset({"55P03", "40001", "40P01", "57014", "57P01", "57P02", "57P03", "53300"})
"""PostgreSQL: lock not available, serialisation failure, deadlock, cancelled, shutting down, starting, too many."""
CONNECTION = "08"
UNREACHED = ("connection refused", "connection failed", "connection timeout", "server closed the connection")


def is_busy(error: OperationalError) -> bool:
    """True for a lock, a time-out, a lost or refused connection; false for a missing table or column."""
    state = str(getattr(error.orig, "sqlstate", "") or "")
    if state:
        return state in AGAIN or state.startswith(CONNECTION)
    said = str(error.orig).lower()
    return error.connection_invalidated or any(words in said for words in (*LOCKED, *UNREACHED))
