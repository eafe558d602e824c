"""Who may do what, read from the pack's own ``workflow.yaml``: a second reading, which asks nothing of casework."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

import packs
from district.process import Role

WORKFLOW = Path(packs.__file__).parent / "demo" / "workflow.yaml"
ROLES = tuple(role for role in Role if role not in (Role.RESIDENT, Role.SYSTEM))
"""Roles of people who can sign in."""
OF_A_UNIT = frozenset({Role.UNIT_OFFICER, Role.UNIT_LEAD})


class Place(StrEnum):
    """Where somebody's unit stands to the case."""

    NONE = "none"
    """Of no unit: the desk's people, and an officer whose unit was not set."""
    LEAD = "lead"
    ABOVE = "above"
    CO = "co"
    STRANGER = "stranger"


LEADS = frozenset({Place.LEAD, Place.ABOVE})
HAS_PART = LEADS | {Place.CO}


@dataclass(frozen=True)
class Standing:
    """Somebody in a role, and where his unit stands; the login of his account."""

    role: Role
    place: Place = Place.NONE

    @property
    def login(self) -> str:
        return f"{self.role}-{self.place}" if self.role in OF_A_UNIT else str(self.role)

    def __str__(self) -> str:
        return self.login

    def sees(self, *, in_hand: bool) -> bool:
        """A unit sees what it, or one below it, leads or co-handles, and nothing else."""
        return self.role not in OF_A_UNIT or (in_hand and self.place in HAS_PART)


STANDINGS = tuple(
    Standing(role, place) for role in ROLES for place in (tuple(Place) if role in OF_A_UNIT else (Place.NONE,))
)


class Verdict(StrEnum):
    """What must come of an act."""

    MOVES = "moves"
    ASKS = "asks"
    """A request is made; the state stays."""
    REFUSED = "refused"
    UNSEEN = "unseen"
    CONFLICT = "conflict"
    """His to do, and not in this state."""


Move = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """An act from a state, before it is asked whose it is."""

    life: str
    """``ticket`` or ``case``."""
    act: str
    """``move``, ``ask`` or ``decide``."""
    state: str
    given: Move = field(hash=False, compare=False)

    @property
    def name(self) -> str:
        return str(self.given["name"])

    def __str__(self) -> str:
        return f"{self.life} {self.act} {self.name} from {self.state}"


class Book:
    """The pack's workflow as plain data."""

    def __init__(self, path: Path = WORKFLOW) -> None:
        self.read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.kinds: dict[str, Move] = {kind["name"]: kind for kind in self.read["requests"]}

    def states(self, life: str) -> tuple[str, ...]:
        return tuple(self.read[life]["states"])

    def initial(self, life: str) -> str:
        return str(self.read[life]["initial"])

    def final(self, life: str) -> tuple[str, ...]:
        return tuple(self.read[life]["final"])

    def moves(self, life: str) -> list[Move]:
        return list(self.read[life]["transitions"])

    def roles(self, life: str, name: str) -> frozenset[Role]:
        """People who may make this move."""
        return frozenset(
            role for role in ROLES for move in self.moves(life) if move["name"] == name and role in move["roles"]
        )

    def cells(self) -> Iterator[Cell]:
        """Every transition from every state it starts from, every request asked where it may be, and decided."""
        for life in ("ticket", "case"):
            for move in self.moves(life):
                for state in move["from"]:
                    yield Cell(life, "move", state, move)
        for kind in self.kinds.values():
            for state in kind["states"]:
                yield Cell("case", "ask", state, kind)
            yield Cell("case", "decide", kind["states"][0], kind)

    def verdict(self, cell: Cell, who: Standing, *, in_hand: bool) -> Verdict:
        """What the pack says of this person and this act; ``in_hand``: the matter is with a unit."""
        if not who.sees(in_hand=in_hand):
            return Verdict.UNSEEN
        if cell.act == "decide":
            return _fits(who, cell.given["decided_by"], LEADS, Verdict.MOVES)
        if cell.act == "ask":
            return self._asks(cell.given, cell.state, who)
        approval = cell.given.get("approval")
        if approval and who.role not in cell.given.get("exempt", ()):
            return self._asks(self.kinds[approval], cell.state, who)
        places = frozenset({Place.CO}) if cell.given.get("co_unit") else LEADS
        return _fits(who, cell.given["roles"], places, Verdict.MOVES)

    @staticmethod
    def _asks(kind: Move, state: str, who: Standing) -> Verdict:
        then = Verdict.ASKS if state in kind["states"] else Verdict.CONFLICT
        return _fits(who, kind["asked_by"], LEADS if kind.get("own_unit", True) else HAS_PART, then)


def _fits(who: Standing, roles: list[str], places: frozenset[Place], then: Verdict) -> Verdict:
    if who.role not in roles or (who.role in OF_A_UNIT and who.place not in places):
        return Verdict.REFUSED
    return then
