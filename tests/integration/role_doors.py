"""What a row of ``role_duties`` is made of: a door with what is sent to it, and whom it is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from district.process import Role


@dataclass(frozen=True)
class Door:
    """A route with what is sent to it. ``empty``: here it has nothing to do even for whom it is."""

    route: str
    on: str = ""
    body: dict[str, Any] = field(default_factory=dict, hash=False)
    file: bytes = b""
    query: str = ""
    empty: bool = False

    @property
    def method(self) -> str:
        return self.route.split(" ")[0]

    @property
    def path(self) -> str:
        return self.route.split(" ")[1]


@dataclass(frozen=True)
class Duty:
    """Whom the doors are for. ``roles`` None: the pack says, and ``test_role_matrix`` tries it act by act."""

    rule: str
    roles: frozenset[Role] | None
    doors: tuple[Door, ...]
