"""What can go wrong below the domain."""

from __future__ import annotations

from datetime import datetime


class StorageError(Exception):
    """Base of this package."""


class NaiveTime(StorageError):
    """A datetime without a zone reached the database."""

    def __init__(self, value: datetime) -> None:
        super().__init__(f"naive datetime {value.isoformat()}: times are aware")


class TimeOutOfRange(StorageError):
    """A moment at the very edge of the calendar: no other time zone could show it."""

    def __init__(self, value: datetime) -> None:
        super().__init__(f"{value.isoformat()} is at the edge of the calendar")


class BlobMissing(StorageError):
    """A blob the database names is not on disk."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"blob {digest} is missing")
        self.digest = digest


class BlobCorrupt(StorageError):
    """A blob's bytes no longer have the digest they are stored under."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"blob {digest} does not hash to its name")
        self.digest = digest


class UnknownRow(StorageError):
    """No row has this key. ``kind`` is a word of the domain (delivery, quarantine, user)."""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"no {kind} {key}")
        self.kind = kind
        self.key = key


class LoginTaken(StorageError):
    """A user with this login exists."""

    def __init__(self, login: str) -> None:
        super().__init__(f"login {login} is taken")
        self.login = login


class AuditBroken(StorageError):
    """The sealed chain does not fit the rows. ``seal`` is the number of the first seal that fails."""

    def __init__(self, seal: int, why: str) -> None:
        super().__init__(f"seal {seal}: {why}")
        self.seal = seal
        self.why = why
