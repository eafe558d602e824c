"""What the provider can be made to do wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from api.standins.sms.refusals import MESSAGES

Kind = Literal["code", "http", "garbage", "cut", "hang"]

_NUMBERED = re.compile(r"(code|http) ([0-9]{3,4})")
_PLAIN: dict[str, Kind] = {"garbage": "garbage", "cut": "cut", "hang": "hang"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``number`` is the provider's code or the HTTP status."""

    kind: Kind
    number: int = 0


def fault(named: str) -> Fault:
    """The fault of this name. Raises ``ValueError`` with the names there are.

    ``code N`` and ``http N``: that answer, and nothing done. ``garbage``: HTML of a box in between, and nothing done.
    ``cut``: done, and the connection cut before the answer. ``hang``: done, and never answered.
    """
    if (found := _NUMBERED.fullmatch(named)) and (found[1] == "http" or int(found[2]) in MESSAGES):
        return Fault("code" if found[1] == "code" else "http", int(found[2]))
    if named in _PLAIN:
        return Fault(_PLAIN[named])
    raise ValueError(f"no fault {named!r}: code N of {sorted(MESSAGES)}, http N, {', '.join(_PLAIN)}")
