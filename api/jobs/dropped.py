"""File drop (文件落地): payloads that a call platform, a counter or an export leaves in a folder, taken as they come.

An account whose settings name a folder in ``drop`` has one; a relative one lies in ``YINGSHENG_HOME``. A file is taken
when it has been left alone for ``SETTLED`` seconds, so that nobody reads half of what is still being written. What was
taken moves to ``taken/``, what could not be read to ``refused/`` with the reasons beside it; killed in between, a file
is taken again and adds nothing.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from api import intake_files, pipeline
from api.desk import Desk
from api.intake_files import Report
from channels.message import Account
from channels.registry import CHANNELS

log = logging.getLogger(__name__)

SETTLED = 5.0
AT_ONCE = 50
"""Files of one folder a time: the next come at the next turn."""
LARGEST = 32_000_000
TAKEN, REFUSED = "taken", "refused"
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", "~")

_under_way = threading.Lock()


def take_dropped(desk: Desk) -> int:
    """Take what lies in the folders. Return how many files were; none while another turn is under way."""
    if not _under_way.acquire(blocking=False):
        return 0
    try:
        return sum(_take_folder(desk, *each) for each in _folders(desk))
    finally:
        _under_way.release()


def _folders(desk: Desk) -> Iterator[tuple[Account, Path]]:
    for account in desk.settings.list_accounts():
        if account.channel in CHANNELS and (named := str(account.settings.get("drop", "")).strip()):
            yield desk.account_or_bare(account.channel, account.name), desk.home / named


def _take_folder(desk: Desk, account: Account, folder: Path) -> int:
    try:
        for name in (TAKEN, REFUSED):
            (folder / name).mkdir(parents=True, exist_ok=True)
        files = sorted(_settled(desk, folder))[:AT_ONCE]
    except OSError as problem:
        log.warning("drop of %s/%s: %s", account.channel, account.name, problem.strerror)
        return 0
    taken = 0
    for file in files:
        try:
            _take(desk, account, file)
            taken += 1
        except OSError as problem:  # gone meanwhile, or not ours to read: no reason not to take the others
            log.warning("a dropped file of %s/%s: %s", account.channel, account.name, problem.strerror)
    return taken


def _settled(desk: Desk, folder: Path) -> Iterator[Path]:
    before = desk.now().timestamp() - SETTLED
    for entry in os.scandir(folder):
        hidden = entry.name.startswith(".") or entry.name.lower().endswith(UNFINISHED)
        if not hidden and entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_mtime <= before:
            yield Path(entry.path)


def _take(desk: Desk, account: Account, file: Path) -> None:
    if file.stat().st_size > LARGEST:
        _put_away(file, REFUSED, "", f"超过 {LARGEST // 1_000_000} MB，请分成几个文件")
        return
    payload, report = file.read_bytes(), Report()
    intake_files.take(desk, account, [(file.name, payload)], report)
    reasons = "\n".join(_sentence(each) for each in report.errors)
    _put_away(file, REFUSED if reasons else TAKEN, pipeline.fingerprint(payload), reasons)


def _sentence(error: dict[str, object]) -> str:
    row = f"第 {error['row']} 行 " if error["row"] is not None else ""
    return f"{row}{error['field']} {error['message']}".strip()


def _put_away(file: Path, into: str, digest: str, reasons: str) -> None:
    """Under its own name; under its digest as well where one of that name is there already."""
    target = file.parent / into / file.name
    if target.exists():
        target = target.with_name(f"{digest or 'again'}-{file.name}")
    if reasons:
        target.with_name(f"{target.name}.txt").write_text(reasons + "\n", encoding="utf-8")
    file.replace(target)
