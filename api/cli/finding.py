"""What ``yingsheng doctor`` found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: ``level`` is ok, warning or error; ``mend`` says what to do."""

    check: str
    level: str
    words: str
    mend: str = ""
