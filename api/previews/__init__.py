"""What is shown of a file: a picture that the desk drew itself, never the resident's own bytes.

Drawn once for each content by a program of its own (``draw``) and kept in a folder that may be deleted at any time.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from api.errors import NotFound
from channels.media_types import sniff
from storage import watched
from storage.database import new_id

DRAWN: Mapping[str, str] = MappingProxyType(
    {
        "image/png": "picture",
        "image/jpeg": "picture",
        "image/webp": "picture",
        "image/gif": "picture",
        "application/pdf": "page",
    }
)
"""How a file of a type is drawn; what is not here is a download and nothing else."""

EDGES: Mapping[str, int] = MappingProxyType({"shown": 2048, "small": 480})
"""The longer side in pixels: of what is opened, and of what stands in the conversation."""

_PROGRAM = Path(__file__).with_name("draw.py")
_SECONDS = 15
_WITHIN = 25.0
_BUSY = 30.0
_VERSION = "1"
"""Another one when ``draw`` draws otherwise: what was kept is drawn anew."""
_AT_ONCE = threading.BoundedSemaphore(2)


class NotShown(NotFound):
    """No picture can be shown of this file; it can still be downloaded."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A picture of ours: JPEG or PNG."""

    content: bytes
    media_type: str


class Previews:
    """The drawn pictures of one home. Safe to share between threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, digest: str, form: str, content: Callable[[], bytes]) -> Preview:
        """The picture of the file of that digest in one of the forms of ``EDGES``. Blocks while it is drawn.

        ``content`` gives the file's bytes if they are needed. Raises ``NotShown``.
        """
        kept = self.folder / digest[:2] / f"{digest}.{_VERSION}.{form}"
        refused = kept.with_name(f"{kept.name}.no")
        try:
            return _preview(kept.read_bytes())
        except FileNotFoundError:
            if refused.exists():
                raise NotShown(refused.read_text("utf-8")) from None
        kept.parent.mkdir(parents=True, exist_ok=True)
        drawn, why = _draw(content(), EDGES[form])
        if drawn:
            _write(kept, drawn)
            return _preview(drawn)
        _write(refused, why.encode())
        raise NotShown(why)

    def sweep(self, is_kept: Callable[[str], bool]) -> int:
        """Remove the pictures of files whose bytes are gone. Return how many."""
        removed = 0
        for path in self.folder.glob("??/*"):
            if not is_kept(path.name.partition(".")[0]):
                path.unlink(missing_ok=True)
                removed += 1
        return removed


def _preview(content: bytes) -> Preview:
    return Preview(content, sniff(content))


def _draw(content: bytes, edge: int) -> tuple[bytes, str]:
    """The picture, or why there is none. Raises ``NotShown`` where it may be had another time."""
    kind = DRAWN.get(sniff(content))
    if kind is None:
        return b"", "这个附件不是可以显示的图片或 PDF，请下载查看"
    if not _AT_ONCE.acquire(timeout=_BUSY):
        raise NotShown("正在生成其他附件的预览，请稍后刷新")
    try:
        done = watched.run(_PROGRAM, kind, str(edge), content=content, seconds=_SECONDS, within=_WITHIN)
    except subprocess.TimeoutExpired:
        return b"", "文件过于复杂，无法显示，请下载查看"
    finally:
        _AT_ONCE.release()
    if done.returncode == 0 and sniff(done.stdout) in {"image/png", "image/jpeg"}:
        return done.stdout, ""
    if done.returncode == watched.REFUSED:
        return b"", f"{done.stderr.decode('utf-8', 'replace')}，请下载查看"
    return b"", "文件无法显示，请下载查看"


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.{new_id()}.part")
    part.write_bytes(content)
    part.replace(path)
