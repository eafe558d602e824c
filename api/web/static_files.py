"""Style sheets, scripts and pictures: each address carries a hash of the content, so a browser asks for it once.

A template writes ``"/static/desk.css"``; ``hashed`` makes ``"/static/desk.css?v=…"`` of it when the template is read.
An address with the hash of what is there now may be kept for ever; any other is asked about again, by its ETag.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import Headers, QueryParams
from starlette.types import Scope

from api.packing import gzipped, takes_gzip

FOLDER = Path(__file__).parent / "static"
PACKED = (".css", ".js", ".svg")
TOGETHER = {
    "staff.js": ("words.js", "desk.js", "session.js", "keys.js", "drafts.js"),
    "at-ticket.js": ("stream.js", "talk.js", "arrivals.js", "at-desk.js"),
}
"""Scripts of the same pages go as one file: a first view asks for few things. In this order they are run."""
FOR_EVER, ASKED_AGAIN = "public, max-age=31536000, immutable", "no-cache"
_NAMED = re.compile(r'"/static/([\w./-]+)(?=["#])')


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in memory, as it is and packed."""

    content: bytes
    packed: bytes
    digest: str
    media_type: str


@lru_cache(maxsize=256)
def _read(path: str, changed: int, size: int) -> Kept:
    """The file as it was last changed: packed once, well, since it is sent so often."""
    del changed, size
    return _made(path, Path(path).read_bytes())


def _made(name: str, content: bytes) -> Kept:
    packed = gzipped(content, level=9, padding=0) if name.endswith(PACKED) else b""
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Kept(content, packed, hashlib.sha256(content).hexdigest()[:16], media_type)


def _kept(path: str | os.PathLike[str], found: os.stat_result) -> Kept:
    return _read(os.fspath(path), found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=len(TOGETHER))
def _one(name: str, contents: tuple[bytes, ...]) -> Kept:
    return _made(name, b"\n".join(contents))


def _together(name: str) -> Kept:
    """The files that go as one of this name."""
    parts = [FOLDER / each for each in TOGETHER[name]]
    return _one(name, tuple(_kept(each, each.stat()).content for each in parts))


def hashed(source: str) -> str:
    """The source of a template with hashes in the addresses of the files that are there."""

    def address(found: re.Match[str]) -> str:
        path = FOLDER / found[1]
        if found[1] in TOGETHER:
            return f"{found[0]}?v={_together(found[1]).digest}"
        return f"{found[0]}?v={_kept(path, path.stat()).digest}" if path.is_file() else found[0]

    return _NAMED.sub(address, source)


class HashedFiles(StaticFiles):
    """The files of a folder with how long they may be kept, packed for who takes it."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """What lies there, or the files that go together under this name."""
        if path in TOGETHER and scope["method"] in ("GET", "HEAD"):
            return _answer(_together(path), scope)
        return await super().get_response(path, scope)

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """The file, or that it has not changed."""
        return _answer(_kept(full_path, stat_result), scope, status_code)


def _answer(kept: Kept, scope: Scope, status_code: int = 200) -> Response:
    asked = Headers(scope=scope)
    packed = bool(kept.packed) and takes_gzip(asked)
    etag = f'"{kept.digest}{"-gzip" if packed else ""}"'
    its_own = QueryParams(scope["query_string"]).get("v") == kept.digest
    headers = {
        "etag": etag,
        "cache-control": FOR_EVER if its_own else ASKED_AGAIN,
        "vary": "accept-encoding",
    }
    if etag in (each.strip().removeprefix("W/") for each in asked.get("if-none-match", "").split(",")):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["content-encoding"] = "gzip"
    return Response(kept.packed if packed else kept.content, status_code, headers, kept.media_type)
