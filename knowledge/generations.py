"""Where an index lies on disk: a folder per generation and a pointer to the one in force.

A rebuild writes beside the old generation and then moves the pointer with one ``os.replace``: a reader finds the
old index or the new one, never half of either. One writer at a time, over all processes, holds the lock.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POINTER = "CURRENT"


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

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writers' lock. The system releases it when the process dies."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.folder / "LOCK", os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def begin(self) -> Path:
        """An empty folder for the next generation. Call it under the lock."""
        numbers = [int(path.name[1:]) for path in self._folders()]
        folder = self.folder / f"g{max(numbers, default=0) + 1}"
        folder.mkdir()
        return folder

    def switch(self, to: Path) -> None:
        """Put ``to`` in force. The generation before stays for readers that hold it, older ones are removed."""
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
