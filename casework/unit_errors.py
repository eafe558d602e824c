"""What can be wrong on a unit's own desk, as facts."""

from __future__ import annotations

from casework.errors import CaseworkError


class UnknownSavedReply(CaseworkError):
    """There is no such saved answer, or not in this unit."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no saved answer {key}")
        self.key = key


class TooManySaved(CaseworkError):
    """The unit keeps as many answers as it may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"a unit keeps at most {most} saved answers")
        self.most = most
