"""Looking for viruses before anybody sees a file, where a desk has a scanner (``YINGSHENG_CLAMD``).

The jobs scan what arrives; who is faster than they has it scanned as he asks for it. A file in which something was
found keeps its bytes and is never given out, also when the desk has no scanner any more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Literal

from sqlalchemy.orm import Session

from api.clamd import Result, ScannerAway
from api.desk import Desk
from api.errors import Forbidden
from casework import infections
from casework.case_file_tables import CaseFile
from casework.message_tables import AttachedFile
from knowledge.tables import ArticleAttachment
from storage import scans
from storage.errors import BlobMissing
from storage.scans import Scan

log = logging.getLogger(__name__)

BATCH = 20

Shown = Literal["", "infected", "unscanned"]


class Infected(Forbidden):
    """The scanner found something in the file."""


class NotScanned(ScannerAway):
    """The desk gives out no file that was not scanned, and this one cannot be now."""


def admit(desk: Desk, digest: str) -> None:
    """Return if the file may be given out; it is scanned first where that was not done. Blocks.

    Raises ``Infected``, and ``NotScanned`` where the desk blocks what was not scanned.
    """
    with desk.database.read() as session:
        known = scans.of(session, [digest]).get(digest)
        verdict = Result(known.state, known.found) if known is not None else None  # type: ignore[arg-type]
    if verdict is None and desk.scanner is not None:
        try:
            verdict = _scan(desk, digest)
        except ScannerAway as problem:
            verdict = Result("unscannable", problem.why)
    if verdict is not None and verdict.state == "infected":
        raise Infected(f"附件查出病毒（{verdict.found}），已隔离，不提供查看和下载")
    if verdict is not None and verdict.state == "unscannable" and _blocks(desk):
        raise NotScanned(f"附件未查毒，暂不能查看：{verdict.found}")


def _blocks(desk: Desk) -> bool:
    return desk.scanner is not None and desk.settings.unscanned_files == "block"


def _scan(desk: Desk, digest: str) -> Result:
    if desk.scanner is None:
        raise ScannerAway("没有设置查毒服务")
    result = desk.scanner.scan(desk.blobs.get(digest))
    with desk.database.write.begin() as session:
        infections.keep(session, desk.district, digest, result.state, result.found, now=desk.now())
    if result.state != "clean":
        log.warning("file %s: %s %s", digest[:12], result.state, result.found)
    return result


def scan_waiting(desk: Desk) -> int:
    """Scan a batch of what has arrived. Return how many; while the scanner is away, none, and the files wait."""
    if desk.scanner is None:
        return 0
    with desk.database.read() as session:
        found = infections.waiting(session, now=desk.now(), limit=BATCH)
    done = 0
    for digest in found:
        try:
            _scan(desk, digest)
        except ScannerAway as problem:
            log.warning("%d files wait for the scanner: %s", len(found) - done, problem.why)
            break
        except BlobMissing:
            log.error("file %s is not on the disk", digest[:12])  # noqa: TRY400  its place in the code says nothing
            continue
        done += 1
    return done


def shown(
    session: Session, desk: Desk, files: Iterable[AttachedFile | ArticleAttachment | CaseFile]
) -> dict[str, tuple[Shown, str]]:
    """What a page says of each file's scan, by digest: the state and the scanner's words; nothing where all is well."""
    digests = {file.blob for file in files if file.blob}
    known = scans.of(session, digests)
    return {digest: _shown(known.get(digest), scans_here=desk.scanner is not None) for digest in digests}


def _shown(scan: Scan | None, *, scans_here: bool) -> tuple[Shown, str]:
    if scan is not None and scan.state == "infected":
        return "infected", scan.found
    if scans_here and (scan is None or scan.state == "unscannable"):
        return "unscanned", scan.found if scan is not None else ""
    return "", ""
