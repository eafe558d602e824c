"""The clocks (时限) of a district: which column of the table binds a case, and what each clock allows in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from district.errors import UnknownName
from district.schemas import Allowance, ClockRule, Column, Ladder, RequestType
from district.timing import DEFAULT_LADDER


class Clocks:
    """The clock table. Read only, safe to share between threads."""

    def __init__(
        self, rules: Iterable[ClockRule], request_types: Iterable[RequestType] = (), ladder: Ladder | None = None
    ) -> None:
        default = ladder or DEFAULT_LADDER
        filled = (rule if rule.ladder else rule.model_copy(update={"ladder": default}) for rule in rules)
        self._rules = {rule.name: rule for rule in filled}
        self._columns = {each.name: each.column for each in request_types}

    def __iter__(self) -> Iterator[ClockRule]:
        return iter(self._rules.values())

    def __contains__(self, name: object) -> bool:
        return name in self._rules

    @property
    def rules(self) -> tuple[ClockRule, ...]:
        """All clocks, in the order of the file."""
        return tuple(self._rules.values())

    def get(self, name: str) -> ClockRule:
        """The clock of this name; raises ``UnknownName``."""
        try:
            return self._rules[name]
        except KeyError:
            raise UnknownName("时限", name) from None

    def column(self, *, urgency: str, hard: bool, request_type: str) -> Column:
        """The column that binds: emergency, urgent, hard (疑难), then the request type's own; else the standard one."""
        if urgency == "emergency":
            return Column.EMERGENCY
        if urgency == "urgent":
            return Column.URGENT
        if hard:
            return Column.HARD
        return self._columns.get(request_type, Column.STANDARD)

    def ladder(self, name: str) -> Ladder:
        """Who is told when this clock runs low; raises ``UnknownName``."""
        return self.get(name).ladder or DEFAULT_LADDER

    def allowance(self, clock: str, column: Column | str) -> Allowance:
        """What the clock allows in the column; raises ``UnknownName`` for either."""
        allow = self.get(clock).allow
        try:
            return allow[Column(column)]
        except (KeyError, ValueError):
            raise UnknownName("时限列", f"{clock}/{column}") from None
