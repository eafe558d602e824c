"""Raw payloads and attachments, content-addressed on disk.

A blob is durable before the commit that names it: bytes and folder are fsynced. A crash in between leaves an
orphan, which ``sweep`` removes once it is old enough to belong to no transaction still running.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable
from pathlib import Path

from storage.database import new_id
from storage.errors import BlobCorrupt, BlobMissing


def digest_of(content: bytes) -> str:
    """The name of these bytes: SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


class BlobStore:
    """A folder of immutable files named by their SHA-256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._laid_out = False

    def path(self, digest: str) -> Path:
        return self.folder / digest[:2] / digest

    def put(self, content: bytes) -> str:
        """Store durably and return the digest. Bytes that are there count as written now, so no sweep takes them."""
        return self.put_many([content])[0]

    def put_many(self, contents: Iterable[bytes]) -> list[str]:
        """Store several and fsync each touched folder once, which is what makes a batch cheap."""
        self._lay_out()
        digests: list[str] = []
        folders: set[Path] = set()
        for content in contents:
            digest = digest_of(content)
            digests.append(digest)
            target = self.path(digest)
            if _refreshed(target):
                # A crash may have come between its rename and the sync of its folder.
                folders.add(target.parent)
                continue
            try:
                _write(target, content)
            except FileNotFoundError:  # the folders were taken away under us
                self._laid_out = False
                self._lay_out()
                _write(target, content)
            folders.add(target.parent)
        for folder in folders:
            sync_folder(folder)
        return digests

    def _lay_out(self) -> None:
        """Have all folders, durably: one made by another process just now may not be on disk yet."""
        if self._laid_out:
            return
        for number in range(256):
            (self.folder / f"{number:02x}").mkdir(parents=True, exist_ok=True)
        sync_folder(self.folder)
        self._laid_out = True

    def get(self, digest: str) -> bytes:
        """The bytes. Raises ``BlobMissing`` or ``BlobCorrupt``."""
        try:
            content = self.path(digest).read_bytes()
        except FileNotFoundError:
            raise BlobMissing(digest) from None
        if digest_of(content) != digest:
            raise BlobCorrupt(digest)
        return content

    def sweep(self, named: Collection[str], *, older_than: float) -> int:
        """Remove blobs that ``named`` does not hold and that were written before ``older_than`` (seconds of epoch)."""
        removed = 0
        for path in self.folder.glob("??/*"):
            orphan = path.name.endswith(".part") or path.name not in named
            if orphan and path.stat().st_mtime < older_than:
                path.unlink(missing_ok=True)
                removed += 1
        return removed


def _write(target: Path, content: bytes) -> None:
    part = target.with_name(f".{new_id()}.part")
    with part.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)


def _refreshed(path: Path) -> bool:
    """Whether the file is there; if so it is as young as one written now."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Have the names in it on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
