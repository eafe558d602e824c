"""What casework refuses. Each error states a fact with the words of the domain; ``api.errors`` finds the answer."""

from __future__ import annotations

from collections.abc import Sequence


class CaseworkError(Exception):
    """Base of this package."""


class UnknownTicket(CaseworkError):
    """No ticket has this id, number or code."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no ticket {key}")
        self.key = key


class UnknownCase(CaseworkError):
    """No case has this id or number, or the actor may not see it."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no case {key}")
        self.key = key


class UnknownRequest(CaseworkError):
    """No request has this id."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no request {key}")
        self.key = key


class UnknownMove(CaseworkError):
    """The workflow has no transition of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no transition {name}")
        self.name = name


class NotFromCity(CaseworkError):
    """The ticket was not opened by an order of the city's platform."""

    def __init__(self, number: str) -> None:
        super().__init__(f"ticket {number} is no order of the city")
        self.number = number


class CityKeepsOut(CaseworkError):
    """The city's rule for this order allows no return."""

    def __init__(self, number: str) -> None:
        super().__init__(f"order {number} may not be returned")
        self.number = number


class WrongState(CaseworkError):
    """The move does not start from the state the thing is in. ``state_label`` is its Chinese name."""

    def __init__(self, move: str, state: str, state_label: str) -> None:
        super().__init__(f"{move} does not start from {state}")
        self.move = move
        self.state = state
        self.state_label = state_label


class AlreadyOver(WrongState):
    """The ticket or case is over: nothing more is done to it but by a reopening."""


class CaseChanged(CaseworkError):
    """Somebody moved the case since the actor looked at it. ``since`` are the Chinese lines of what happened."""

    def __init__(self, number: str, since: Sequence[str]) -> None:
        super().__init__(f"case {number} changed meanwhile")
        self.number = number
        self.since = tuple(since)


class DecidedMeanwhile(CaseworkError):
    """Another decided about the ticket while the actor had it open. ``label`` is the Chinese for what he did."""

    def __init__(self, number: str, by_name: str, label: str) -> None:
        super().__init__(f"ticket {number} was decided meanwhile")
        self.number = number
        self.by_name = by_name
        self.label = label


class NothingToSplit(CaseworkError):
    """The ticket has one matter only, or nothing that was split off it."""

    def __init__(self, number: str) -> None:
        super().__init__(f"ticket {number} has nothing to split")
        self.number = number


class WordsChanged(CaseworkError):
    """The ticket's words are not those that were to be split: its resident wrote more meanwhile."""

    def __init__(self, number: str) -> None:
        super().__init__(f"the words of ticket {number} changed")
        self.number = number


class CoUnitsSilent(CaseworkError):
    """Co-handlers have not answered the lead, and no reason is given for not waiting. ``units`` are their names."""

    def __init__(self, move: str, units: Sequence[str]) -> None:
        super().__init__(f"{move}: {len(units)} co-handlers are silent")
        self.move = move
        self.units = tuple(units)


class MergeRing(CaseworkError):
    """A case is merged into one that was merged into it, or into itself."""

    def __init__(self, number: str, into: str) -> None:
        super().__init__(f"{number} into {into} closes a ring")
        self.number = number
        self.into = into


class MergedAway(CaseworkError):
    """The case was merged into another: what there is to do is done on that one. ``into`` is its number."""

    def __init__(self, number: str, into: str) -> None:
        super().__init__(f"case {number} was merged into {into}")
        self.number = number
        self.into = into


class AloneOnCase(CaseworkError):
    """The only ticket of a case cannot be taken out of it."""

    def __init__(self, number: str) -> None:
        super().__init__(f"ticket {number} is alone on its case")
        self.number = number


class NotAllowed(CaseworkError):
    """The actor's role may not do this, or the case is not his unit's. ``why`` is Chinese."""

    def __init__(self, move: str, why: str) -> None:
        super().__init__(f"{move}: {why}")
        self.move = move
        self.why = why


class NeedMissing(CaseworkError):
    """The move needs something that was not given: ``need`` is a word of ``district.schemas.Need``."""

    def __init__(self, move: str, need: str) -> None:
        super().__init__(f"{move} needs {need}")
        self.move = move
        self.need = need


class UnknownReason(CaseworkError):
    """The reason code is not one of the move's."""

    def __init__(self, move: str, reason: str, known: dict[str, str]) -> None:
        super().__init__(f"{move}: unknown reason {reason}")
        self.move = move
        self.reason = reason
        self.known = known


class UnknownUnit(CaseworkError):
    """No unit is meant by what was typed, or several may be; ``why`` is the Chinese sentence."""

    def __init__(self, unit: str, why: str) -> None:
        super().__init__(f"no unit {unit}")
        self.unit = unit
        self.why = why


class UnknownCategory(CaseworkError):
    """No third-level category has this code."""

    def __init__(self, category: str) -> None:
        super().__init__(f"no category {category}")
        self.category = category


class UnknownRequestType(CaseworkError):
    """The district knows no request type (诉求类型) of this name."""

    def __init__(self, request_type: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no request type {request_type}")
        self.request_type = request_type
        self.known = known


class UnknownLine(CaseworkError):
    """The dispatch directory has no line of this number."""

    def __init__(self, line: str) -> None:
        super().__init__(f"no directory line {line}")
        self.line = line


class ReviewDatePast(CaseworkError):
    """A review date must lie ahead."""

    def __init__(self, day: str) -> None:
        super().__init__(f"review date {day}")
        self.day = day


class DeadlinePassed(CaseworkError):
    """The request must be made while the clock it would extend still runs in time."""

    def __init__(self, kind: str, clock: str) -> None:
        super().__init__(f"{kind} after the clock {clock} ran out")
        self.kind = kind
        self.clock = clock


class AgainstDirectory(CaseworkError):
    """The dispatch directory gives the matter to another unit and no reason was stated."""

    def __init__(self, line: str, unit: str) -> None:
        super().__init__(f"directory line {line} names {unit}")
        self.line = line
        self.unit = unit


class NeedsApproval(CaseworkError):
    """The move is made by an approved request of this kind."""

    def __init__(self, move: str, kind: str) -> None:
        super().__init__(f"{move} needs an approved request {kind}")
        self.move = move
        self.kind = kind


class RequestLimit(CaseworkError):
    """The case has had as many requests of the kind as the workflow allows."""

    def __init__(self, kind: str, at_most: int) -> None:
        super().__init__(f"at most {at_most} requests {kind}")
        self.kind = kind
        self.at_most = at_most


class RequestPending(CaseworkError):
    """A request of the kind is waiting for its decision."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"a request {kind} is pending")
        self.kind = kind


class RequestDecided(CaseworkError):
    """The request was decided before."""

    def __init__(self, key: str, state: str) -> None:
        super().__init__(f"request {key} is {state}")
        self.key = key
        self.state = state


class OwnCallback(CaseworkError):
    """A handler never calls back his own case."""

    def __init__(self, number: str) -> None:
        super().__init__(f"the caller handled case {number}")
        self.number = number


class BadPeriod(CaseworkError):
    """A period that ends before it starts."""

    def __init__(self, start: str, end: str) -> None:
        super().__init__(f"period {start} to {end}")
        self.start = start
        self.end = end


class TooManyPeriods(CaseworkError):
    """A stretch of days that holds more weeks or months than one table shows."""

    def __init__(self, periods: int, most: int) -> None:
        super().__init__(f"{periods} periods")
        self.periods = periods
        self.most = most


class UnknownGrouping(CaseworkError):
    """Rates are not grouped by this."""

    def __init__(self, by: str) -> None:
        super().__init__(f"no grouping {by}")
        self.by = by


class NotQualified(CaseworkError):
    """The category's shadow figures do not allow automatic dispatch; ``lacks`` says in Chinese what is missing."""

    def __init__(self, category: str, lacks: Sequence[str]) -> None:
        super().__init__(f"{category}: {'; '.join(lacks)}")
        self.category = category
        self.lacks = tuple(lacks)


class UnknownEvent(CaseworkError):
    """No event has this id or number."""

    def __init__(self, key: str) -> None:
        super().__init__(f"no event {key}")
        self.key = key


class AloneInEvent(CaseworkError):
    """The ticket shares its event with no other: there is nothing to take it out of."""

    def __init__(self, number: str) -> None:
        super().__init__(f"ticket {number} is alone in its event")
        self.number = number


class NotOfEvent(CaseworkError):
    """The ticket is of another event than was asked for: someone moved it meanwhile."""

    def __init__(self, number: str) -> None:
        super().__init__(f"ticket {number} is not of this event")
        self.number = number


class MergedInEvent(CaseworkError):
    """The ticket hangs on one case with others of its event: a person said that they are one matter."""

    def __init__(self, number: str) -> None:
        super().__init__(f"ticket {number} is merged with others of its event")
        self.number = number


class NotTakenOut(CaseworkError):
    """The ticket was not taken out of this event: there is nothing to undo."""

    def __init__(self, number: str) -> None:
        super().__init__(f"ticket {number} was not taken out")
        self.number = number


class NoMasterCase(CaseworkError):
    """None of the event's tickets is on a case that others may still join."""

    def __init__(self, event: str) -> None:
        super().__init__(f"event {event} has no case to merge into")
        self.event = event


class NothingToReview(CaseworkError):
    """The desk did not dispatch the ticket by itself, or it is known already whether that was right."""

    def __init__(self, number: str) -> None:
        super().__init__(f"ticket {number} has nothing to review")
        self.number = number
