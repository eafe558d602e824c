"""Where names may begin in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator


class Starts:
    """Where a name may begin: by its first characters, ``size`` of them."""

    def __init__(self, names: Iterable[str], size: int) -> None:
        starts: dict[str, list[str]] = {}
        for name in names:
            starts.setdefault(name[:size], []).append(name)
        self._size = size
        self._longest_first = {start: tuple(sorted(same, key=len, reverse=True)) for start, same in starts.items()}
        classes = (re.escape("".join(sorted({start[at] for start in starts}))) for at in range(2))
        self._may = re.compile("[{}](?=[{}])".format(*classes)) if starts else None

    def candidates(self, text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Every place in the text where a name may begin, with the names that may begin there, the longest first."""
        if self._may is None:
            return
        known, size = self._longest_first, self._size
        for found in self._may.finditer(text):
            at = found.start()
            if names := known.get(text[at : at + size]):
                yield at, names
