"""What is fitted anew by every process, though it hangs on the pack alone: kept on disk by what it was fitted on.

The folder may be deleted at any time, and several processes may share it: what is not there, or cannot be read, is
fitted and written again.
"""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import numpy.typing as npt

Arrays = Mapping[str, npt.NDArray[Any]]

KINDS = 8
"""Files that stay: those of the packs in use, and of the packs before."""

log = logging.getLogger(__name__)
_folder: Path | None = None


def keep_in(folder: Path | None) -> None:
    """From now on this process reads and writes there; None: it fits everything itself."""
    global _folder  # noqa: PLW0603  of the process, like the threads of its products
    _folder = folder


def through(key: str, fit: Callable[[], Arrays]) -> Arrays:
    """The arrays that were kept by this key, else those that ``fit`` makes, which are kept if the disk takes them."""
    folder = _folder
    if folder is None:
        return fit()
    file = folder / f"{key}.npz"
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as read:
            return {name: read[name] for name in read.files}
    except FileNotFoundError:
        pass
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as problem:
        log.warning("what was kept in %s cannot be read, it is fitted anew: %s", file, problem)
    made = fit()
    try:
        _write(file, made)
    except OSError as problem:
        log.warning("what was fitted cannot be kept in %s: %s", file, problem)
    return made


def _write(file: Path, made: Arrays) -> None:
    """Whole or not at all: others may be reading, and writing the same."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.stem}.{uuid4().hex}.part")
    try:
        with part.open("wb") as out:
            np.savez(out, allow_pickle=False, **made)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    for old in sorted(file.parent.glob("*.npz"), key=lambda each: each.stat().st_mtime, reverse=True)[KINDS:]:
        old.unlink(missing_ok=True)
