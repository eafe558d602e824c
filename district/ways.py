"""Ways through a life (流程): which states a ticket or a case comes to from where it stands, and with which clocks."""

from __future__ import annotations

from collections.abc import Collection

from district.schemas import Life


def reachable(life: Life, start: str) -> frozenset[str]:
    """The states that can be come to from this one, itself among them."""
    return _walk(life, start, without=())


def dead_ends(life: Life) -> tuple[str, ...]:
    """States that are come to and lead on, but never to an end, in the order of the file."""
    return tuple(
        state
        for state in life.states
        if state in reachable(life, life.initial)
        and any(state in each.sources for each in life.transitions)
        and not reachable(life, state) & set(life.final)
    )


def may_outlast(life: Life, state: str, clock: str) -> bool:
    """Whether a clock that is not stopped in this state can still be there when the life is over."""
    stopping = [at for at, each in enumerate(life.transitions) if clock in each.stops]
    return bool(_walk(life, state, without=stopping) & set(life.final))


def may_resume(life: Life, state: str, clock: str) -> bool:
    """Whether a clock that stands still in this state can be let go on by a transition, sooner or later."""
    come_to = reachable(life, state)
    return any(clock in each.resumes and come_to & set(each.sources) for each in life.transitions)


def running(life: Life) -> dict[str, set[str]]:
    """Clocks that may run in each state, by following every transition until nothing is added."""
    found: dict[str, set[str]] = {life.initial: set(life.starts)}
    grew = True
    while grew:
        grew = False
        for each in life.transitions:
            for source in each.sources:
                then = (found.get(source, set()) - set(each.stops)) | set(each.starts)
                there = found.setdefault(each.target, set())
                if not then <= there:
                    there |= then
                    grew = True
    return found


def _walk(life: Life, start: str, *, without: Collection[int]) -> frozenset[str]:
    seen, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        for at, each in enumerate(life.transitions):
            if at not in without and here in each.sources and each.target not in seen:
                seen.add(each.target)
                waiting.append(each.target)
    return frozenset(seen)
