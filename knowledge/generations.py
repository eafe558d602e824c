"""Where an index lies on disk: a folder per generation and a pointer to the one in force.

A rebuild writes beside the old generation and then moves the pointer with one ``os.replace``: a reader finds the
old index or the new one, never half of either. Over all processes one at a time builds, and one at a time changes what
is in force: changes go on while the next generation is built.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

POINTER = "CURRENT"
KIND = "ENGINE"
"""File of a generation that says what made it."""
_CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class Kind:
    """The engine of a generation, and whether a person chose it rather than the number of articles."""

    engine: str
    chosen: bool = False


class Generations:
    """The generations of one index below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pointer = folder / POINTER

    def current(self) -> Path | None:
        """The folder of the generation in force; None before the first."""
        try:
            name = self._pointer.read_bytes().decode("ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return None
        folder = self.folder / name
        return folder if name.isalnum() and folder.is_dir() else None

    def writing(self) -> AbstractContextManager[None]:
        """Hold the lock of who changes the generation in force or puts another in force; for moments only."""
        return self._holding("LOCK")

    def building(self) -> AbstractContextManager[None]:
        """Hold the lock of who builds the next generation. It comes before the other."""
        return self._holding("BUILDING")

    @contextmanager
    def _holding(self, name: str) -> Iterator[None]:
        """The system releases a lock when the process dies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.folder / name, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def kind(self, folder: Path) -> Kind:
        """What made a generation. One without the file is of the time when Whoosh was the only engine."""
        try:
            words = (folder / KIND).read_text(encoding="ascii", errors="replace").split()
        except FileNotFoundError:
            return Kind("whoosh")
        return Kind(words[0] if words else "", _CHOSEN in words)

    def begin(self, kind: Kind) -> Path:
        """An empty folder for the next generation's index. Call it under the builders' lock."""
        numbers = [int(path.name[1:]) for path in self._folders()]
        folder = self.folder / f"g{max(numbers, default=0) + 1}"
        folder.mkdir()
        (folder / KIND).write_text(f"{kind.engine} {_CHOSEN if kind.chosen else ''}".strip(), encoding="ascii")
        return folder

    def switch(self, to: Path) -> None:
        """Put ``to`` in force. The generation before stays for readers that hold it, older ones are removed.

        Call it under both locks.
        """
        before = self.current()
        part = self.folder / f"{POINTER}.part"
        with part.open("w", encoding="ascii") as file:
            file.write(to.name)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._pointer)
        for folder in self._folders():
            if folder not in (to, before):
                shutil.rmtree(folder, ignore_errors=True)

    def _folders(self) -> list[Path]:
        return [path for path in self.folder.glob("g*") if path.name[1:].isdigit()]
