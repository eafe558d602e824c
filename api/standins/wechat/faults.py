"""What the stand-in can be made to do wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Place = Literal["send", "token", "media", "upload", "typing", "template", "subscribe", "menu"]
PLACES: tuple[Place, ...] = ("send", "token", "media", "upload", "typing", "template", "subscribe", "menu")
Kind = Literal["errcode", "http", "garbage", "cut", "hang", "token lost"]

_NUMBERED = re.compile(r"(errcode|http) (-?\d{1,6})")
_PLAIN: dict[str, Kind] = {"garbage": "garbage", "cut": "cut", "hang": "hang", "token lost": "token lost"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``number`` is the errcode or the HTTP status."""

    kind: Kind
    number: int = 0


def fault(named: str) -> Fault:
    """The fault of this name. Raises ``ValueError`` with the names there are.

    ``errcode N`` and ``http N``: that answer, and nothing done. ``garbage``: HTML of a box in between, and nothing
    done. ``cut``: done, and the connection cut before the answer. ``hang``: done, and never answered.
    ``token lost``: the tokens given out so far are no longer known, as after an operator's refresh elsewhere.
    """
    if found := _NUMBERED.fullmatch(named):
        return Fault("errcode" if found[1] == "errcode" else "http", int(found[2]))
    if named in _PLAIN:
        return Fault(_PLAIN[named])
    raise ValueError(f"no fault {named!r}: errcode N, http N, {', '.join(_PLAIN)}")
