"""Uploaded files between the look at what an import would do and the word to do it; each kept for who uploaded it."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from api.errors import NotFound

KEPT = timedelta(hours=24)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
_GONE = "上传的文件已不在（超过一天，或已经导入），请重新上传"
Named = tuple[str, bytes]


class ImportStash:
    """A folder in the home, of which every process of the desk sees the same."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, files: Sequence[Named], *, owner: str, now: datetime) -> str:
        """Keep the files; the token that gives them back. What was left more than ``KEPT`` ago is removed."""
        self._sweep(now)
        token = secrets.token_urlsafe(24)
        place = self.folder / token
        place.mkdir(parents=True)
        for number, (_, content) in enumerate(files):
            (place / str(number)).write_bytes(content)
        stated = {"owner": owner, "at": now.isoformat(), "names": [name for name, _ in files]}
        (place / "files.json").write_text(json.dumps(stated), "utf-8")
        return token

    def get(self, token: str, *, owner: str) -> list[Named]:
        """The files under their names. Raises ``NotFound`` where they are gone, or another's."""
        stated = self._stated(token)
        if stated is None or stated["owner"] != owner:
            raise NotFound(_GONE)
        try:
            return [(name, (self.folder / token / str(at)).read_bytes()) for at, name in enumerate(stated["names"])]
        except OSError as problem:
            raise NotFound(_GONE) from problem

    def drop(self, token: str) -> None:
        """Forget the files."""
        if _TOKEN.fullmatch(token):
            shutil.rmtree(self.folder / token, ignore_errors=True)

    def _stated(self, token: str) -> dict[str, Any] | None:
        if not _TOKEN.fullmatch(token):
            return None
        try:
            found: dict[str, Any] = json.loads((self.folder / token / "files.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found

    def _sweep(self, now: datetime) -> None:
        for place in self.folder.glob("*"):
            left = datetime.fromtimestamp(place.stat().st_mtime, now.tzinfo)
            if now - left > KEPT:
                shutil.rmtree(place, ignore_errors=True)
