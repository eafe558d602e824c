"""What a person of the desk writes down of somebody who speaks to him, for a channel to make a payload of it.

So what is registered on a page goes the way of what machines hand in: kept as bytes, parsed, known again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Written:
    """One matter as written down. ``number`` names it for good: the same number again is the same matter.

    ``stated`` are lines that stand below the resident's words, ``at`` is aware, ``clerk`` who wrote it down.
    """

    number: str
    at: datetime
    text: str
    phone: str = ""
    name: str = ""
    place: str = ""
    stated: tuple[str, ...] = ()
    id_number: str = ""
    clerk: str = ""
