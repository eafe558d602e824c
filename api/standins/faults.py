"""Which call of a stand-in goes wrong, how often, and how many calls there were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Fault = TypeVar("Fault")


@dataclass(slots=True)
class _InForce(Generic[Fault]):
    fault: Fault
    after: int
    """The number of the last call that goes well."""
    times: int | None


class Faults(Generic[Fault]):
    """What is in force at which call. Not safe to share: its platform's lock guards it."""

    def __init__(self) -> None:
        self.calls: dict[str, int] = {}
        """Calls so far, refused ones too."""
        self._in_force: dict[str, _InForce[Fault]] = {}

    def put(self, at: str, fault: Fault, *, after: int = 0, times: int | None = None) -> None:
        """Break ``at`` once ``after`` more calls went well, so many ``times``, or until it is mended."""
        self._in_force[at] = _InForce(fault, self.calls.get(at, 0) + after, times)

    def mend(self, at: str) -> None:
        """Nothing is wrong there any more."""
        self._in_force.pop(at, None)

    def called(self, at: str) -> Fault | None:
        """Count a call; the fault that it meets, if any."""
        self.calls[at] = self.calls.get(at, 0) + 1
        found = self._in_force.get(at)
        if found is None or self.calls[at] <= found.after:
            return None
        if found.times is not None:
            found.times -= 1
            if found.times <= 0:
                self.mend(at)
        return found.fault
