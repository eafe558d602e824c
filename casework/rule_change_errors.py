"""What a change of the rules (规则版本更新) refuses."""

from __future__ import annotations

from casework.errors import CaseworkError


class StateInUse(CaseworkError):
    """The new workflow has no such state, and open cases stand in it: they end by the rules they began with."""

    def __init__(self, state_label: str, count: int) -> None:
        super().__init__(f"{count} open cases stand in the removed state {state_label}")
        self.state_label = state_label
        self.count = count


class CannotMigrate(CaseworkError):
    """The case cannot go on by the new rules; ``why`` says in Chinese what of it they do not know."""

    def __init__(self, number: str, why: str) -> None:
        super().__init__(f"case {number} keeps its rules: {why}")
        self.number = number
        self.why = why


class CaseIsOver(CaseworkError):
    """A closed case keeps the rules it was handled by."""

    def __init__(self, number: str) -> None:
        super().__init__(f"case {number} is closed")
        self.number = number


class UnknownRuleVersion(CaseworkError):
    """No rules were ever in force under this version."""

    def __init__(self, version: str) -> None:
        super().__init__(f"no rule version {version}")
        self.version = version
