"""What callback and after refuse."""

from __future__ import annotations

from datetime import date, datetime

from casework.errors import CaseworkError


class ClaimedByOther(CaseworkError):
    """Another member of staff has this ticket to himself for a while; ``state`` is the ticket's."""

    def __init__(self, number: str, by_name: str, until: datetime, state: str) -> None:
        super().__init__(f"ticket {number} is claimed until {until}")
        self.state = state
        self.number = number
        self.by_name = by_name
        self.until = until


class TooLateToReopen(CaseworkError):
    """The days within which a resident may ask for his matter to be taken up again are over."""

    def __init__(self, number: str, days: int, last: date) -> None:
        super().__init__(f"ticket {number} could be reopened until {last}")
        self.number = number
        self.days = days
        self.last = last


class UnknownMark(CaseworkError):
    """No marked caller under this id."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no mark {key}")
        self.key = key


class TooLittleEvidence(CaseworkError):
    """A caller is marked for what several of his own tickets show."""

    def __init__(self, given: int, least: int) -> None:
        super().__init__(f"{given} tickets of {least}")
        self.given = given
        self.least = least


class NotHisTicket(CaseworkError):
    """A ticket given as evidence is another resident's."""

    def __init__(self, number: str) -> None:
        super().__init__(f"ticket {number} is another resident's")
        self.number = number


class MarkTooLong(CaseworkError):
    """A mark may not last so many days."""

    def __init__(self, days: int, at_most: int) -> None:
        super().__init__(f"{days} days of {at_most}")
        self.days = days
        self.at_most = at_most


class AlreadyMarked(CaseworkError):
    """The resident is marked, or it is being decided whether he shall be."""


class MarkNotWaiting(CaseworkError):
    """The mark is not in a state for this: decided already, or over."""
