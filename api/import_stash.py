"""Uploaded files between the look at what an import would do and the word to do it; each kept for who uploaded it."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from api.errors import NotFound, TooMany

KEPT = timedelta(hours=24)
MOST_OF_ONE = 100_000_000
"""Bytes of one user's; his oldest go first."""
MOST_TOGETHER = 1_000_000_000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_GONE = "上传的文件已不在（超过一天、已经导入，或后来又上传了许多），请重新上传"
_FULL = "等待导入的文件太多，请先导入已上传的，或明天再试"
_STATED = "files.json"
Named = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class _Kept:
    """One upload as its folder states it."""

    place: Path
    owner: str
    at: datetime
    names: Sequence[str]
    size: int


class ImportStash:
    """A folder in the desk's home, of which every process sees the same."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "imports"

    def put(self, files: Sequence[Named], *, owner: str, now: datetime) -> str:
        """Keep the files; the token that gives them back. Raises ``TooMany`` where all users keep too much."""
        self.sweep(now)
        size = sum(len(content) for _, content in files)
        self._make_room(owner, size)
        token = secrets.token_urlsafe(24)
        place = self.folder / token
        place.mkdir(parents=True, mode=0o700)
        for number, (_, content) in enumerate(files):
            (place / str(number)).write_bytes(content)
        stated = {"owner": owner, "at": now.isoformat(), "names": [name for name, _ in files], "size": size}
        (place / _STATED).write_text(json.dumps(stated), "utf-8")
        return token

    def get(self, token: str, *, owner: str, now: datetime) -> list[Named]:
        """The files under their names. Raises ``NotFound`` where they are gone, too old, or another's."""
        kept = _stated(self.folder / token) if _TOKEN.fullmatch(token) else None
        if kept is None or kept.owner != owner or now - kept.at > KEPT:
            raise NotFound(_GONE)
        try:
            return [(name, (kept.place / str(at)).read_bytes()) for at, name in enumerate(kept.names)]
        except OSError as problem:
            raise NotFound(_GONE) from problem

    def drop(self, token: str) -> None:
        """Forget the files."""
        if _TOKEN.fullmatch(token):
            shutil.rmtree(self.folder / token, ignore_errors=True)

    def sweep(self, now: datetime) -> int:
        """Remove what was left more than ``KEPT`` ago, and what a process left half written. Return how many."""
        over = [place for place in self.folder.glob("*") if now - _left(place, now) > KEPT]
        for place in over:
            shutil.rmtree(place, ignore_errors=True)
        return len(over)

    def _make_room(self, owner: str, size: int) -> None:
        kept = sorted(self._all(), key=lambda each: each.at)
        his = [each for each in kept if each.owner == owner]
        mine, together = sum(each.size for each in his), sum(each.size for each in kept)
        for oldest in his:
            if mine + size <= MOST_OF_ONE:
                break
            mine, together = mine - oldest.size, together - oldest.size
            shutil.rmtree(oldest.place, ignore_errors=True)
        if together + size > MOST_TOGETHER:
            raise TooMany(_FULL)

    def _all(self) -> Iterator[_Kept]:
        yield from (kept for place in self.folder.glob("*") if (kept := _stated(place)) is not None)


def _stated(place: Path) -> _Kept | None:
    """The upload in a folder; None where it is not whole."""
    try:
        said = json.loads((place / _STATED).read_text("utf-8"))
        return _Kept(place, said["owner"], datetime.fromisoformat(said["at"]), said["names"], said["size"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _left(place: Path, now: datetime) -> datetime:
    """When the upload was left; by the file system where it does not say so."""
    kept = _stated(place)
    if kept is not None:
        return kept.at
    try:
        return datetime.fromtimestamp(place.stat().st_mtime, now.tzinfo)
    except OSError:  # another process has just removed it
        return now
