"""What supervision and quality inspection refuse."""

from __future__ import annotations

from casework.errors import CaseworkError


class UnknownOrder(CaseworkError):
    """No supervision order has this id, or the actor may not see its case."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no supervision order {key}")
        self.key = key


class UnknownLevel(CaseworkError):
    """The pack has no level of supervision orders of this name."""

    def __init__(self, level: str, known: dict[str, str]) -> None:
        super().__init__(f"no level {level}")
        self.level = level
        self.known = known


class OrderOpen(CaseworkError):
    """The case has an order that is not over: it is upgraded or withdrawn before another is issued."""

    def __init__(self, number: str, label: str) -> None:
        super().__init__(f"case {number} has an open order")
        self.number = number
        self.label = label


class OrderStands(CaseworkError):
    """The order is in a state from which this does not start. ``state_label`` is its Chinese name."""

    def __init__(self, act: str, state: str, state_label: str) -> None:
        super().__init__(f"{act} does not start from {state}")
        self.act = act
        self.state = state
        self.state_label = state_label


class HighestLevel(CaseworkError):
    """There is no level above this one."""

    def __init__(self, label: str) -> None:
        super().__init__(f"no level above {label}")
        self.label = label


class NobodyToOrder(CaseworkError):
    """The case has no lead unit: there is nobody whom an order could be for."""

    def __init__(self, number: str) -> None:
        super().__init__(f"case {number} has no lead unit")
        self.number = number


class UnknownNote(CaseworkError):
    """No leader's note has this id, or the actor may not see its case."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no leader's note {key}")
        self.key = key


class NoteStands(CaseworkError):
    """The note was answered or withdrawn, or asks for no answer."""

    def __init__(self, act: str, state_label: str) -> None:
        super().__init__(f"{act}: {state_label}")
        self.act = act
        self.state_label = state_label


class NotedInFuture(CaseworkError):
    """A note cannot be of a day that is still to come."""

    def __init__(self, day: str) -> None:
        super().__init__(f"note of {day}")
        self.day = day


class NotOnFollowUp(CaseworkError):
    """The follow-up list has no such line: it was seen to meanwhile, or its reason is gone."""

    def __init__(self, subject: str) -> None:
        super().__init__(f"nothing to follow up on {subject}")
        self.subject = subject


class UnknownInspection(CaseworkError):
    """No inspection has this id, or it is of another's work."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no inspection {key}")
        self.key = key


class OwnInspection(CaseworkError):
    """Nobody inspects his own work, and whoever scored does not decide about the objection."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class InspectionStands(CaseworkError):
    """The inspection is in a state from which this does not start. ``state_label`` is its Chinese name."""

    def __init__(self, act: str, state_label: str) -> None:
        super().__init__(f"{act}: {state_label}")
        self.act = act
        self.state_label = state_label


class BadScore(CaseworkError):
    """The points do not fit the sheet: an item without points, points beyond the item's, or a code it has not."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ObjectionLate(CaseworkError):
    """The time to object to the result is over; ``until`` in the district's time."""

    def __init__(self, until: str) -> None:
        super().__init__(f"objections ended at {until}")
        self.until = until
