"""Parses payloads of a channel in a process of its own, so that one that hangs or devours memory can be ended.

``Watched`` is the near side; ``main`` is the far one, which parses whatever it is handed and looks
at what comes out: something that the desk can store, or ``UnreadableMessage``. The limits are the promise of
``docs/channels.md``.
"""

from __future__ import annotations

import os
import pickle
import resource
import select
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from channels.errors import UnreadableMessage
from channels.message import Account, Ignored, InboundMessage, Refused

LARGEST = 1_000_000
"""Bytes of a payload for which the limits hold; of a workbook, unpacked."""

SECONDS = 5.0
"""Of one processor, for one payload; a list of many calls or rows has a second more for each ``A_SECOND``."""

A_SECOND = 2_000
"""Messages, refused or ignored parts."""

MEGABYTES = 256
"""Above what the process holds before its first payload."""

_PATIENCE = 30.0
"""Seconds of the wall clock after which a payload is taken to hang: the far side may share its processor."""

_LID = 2_000_000_000
_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one payload. ``fault`` is empty where the promise was kept."""

    fault: str
    seconds: float = 0.0
    megabytes: float = 0.0
    taken: int = 0
    """Messages, ignored and refused parts."""


class Watched:
    """A parser behind a watchdog. It is started anew after a payload that ended it or filled its memory."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def parse(self, payload: bytes) -> Outcome:
        """Have it parsed; ``fault`` says how the promise was broken."""
        process = self._started()
        try:
            _write(process, payload)
            found: Outcome | None = _read(process, _PATIENCE)
        except (EOFError, BrokenPipeError):
            self.end()
            return Outcome(f"ended the process: {process.returncode}")
        if found is None:
            self.end()
            return Outcome(f"no answer in {_PATIENCE:.0f} s")
        if found.megabytes > MEGABYTES:
            self.end()  # its peak would be held against the next payload
            return Outcome(f"{found.megabytes:.0f} MB", found.seconds, found.megabytes)
        if found.seconds > SECONDS + found.taken / A_SECOND and not found.fault:
            return Outcome(f"{found.seconds:.1f} s", found.seconds, found.megabytes)
        return found

    def end(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.communicate()
        self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from drills.parsing import main; main()"],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            _write(self._process, self.account)
            if _read(self._process, 2 * _PATIENCE) is None:
                self.end()
                raise TimeoutError("the parser did not start")
        return self._process


def _write(process: subprocess.Popen[bytes], value: object) -> None:
    assert process.stdin is not None
    data = pickle.dumps(value)
    process.stdin.write(struct.pack(">I", len(data)) + data)
    process.stdin.flush()


def _read(process: subprocess.Popen[bytes], patience: float) -> Any:
    """The next answer; None where none came in time. Raises ``EOFError`` where the process is gone."""
    assert process.stdout is not None
    until = time.monotonic() + patience
    data, wanted = b"", 4
    while len(data) < wanted:
        ready, _, _ = select.select([process.stdout], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            return None
        more = os.read(process.stdout.fileno(), 1 << 16)
        if not more:
            process.wait()
            raise EOFError
        data += more
        if len(data) >= 4:
            wanted = 4 + struct.unpack(">I", data[:4])[0]
    return pickle.loads(data[4:])


def main() -> None:
    """The far side: answers each payload on stdin with its ``Outcome``."""
    from channels.registry import CHANNELS

    source, target = sys.stdin.buffer, os.dup(1)
    os.dup2(2, 1)  # whatever a library prints is no answer
    account: Account = _received(source)
    channel = CHANNELS[account.channel]
    limits = _widths()
    _warm(channel, account)
    before = _peak()
    _answer(target, "ready")
    held = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (held + _LID, held + _LID))
    while (payload := _received(source)) is not None:
        started = time.process_time()
        fault, taken = _tried(channel, account, payload, limits)
        _answer(target, Outcome(fault, time.process_time() - started, _peak() - before, taken))


def _warm(channel: Any, account: Account) -> None:
    """What is imported and compiled at the first payload is not the payload's doing."""
    for payload in (b"", b"{}", b"<xml></xml>", b"PK\x03\x04", b"Subject: a\n\nb", b"\xff\xfea\0"):
        try:
            channel.parse(payload, account)
        except UnreadableMessage:
            continue


def _tried(channel: Any, account: Account, payload: bytes, limits: dict[str, int]) -> tuple[str, int]:
    try:
        found = channel.parse(payload, account)
    except UnreadableMessage as unreadable:
        return ("" if unreadable.why else "unreadable, and no word why"), 0
    except BaseException as problem:
        import traceback

        at = traceback.extract_tb(problem.__traceback__)[-1]
        return f"{type(problem).__name__}: {str(problem)[:200]} ({Path(at.filename).name}:{at.lineno})", 0
    faults = (unfit for one in found for unfit in _unfit(one, account, limits))
    return next(faults, "" if found else "neither a message nor a reason"), len(found)


def _unfit(one: Any, account: Account, limits: dict[str, int]) -> Iterator[str]:
    """Why the desk could not store this."""
    if not isinstance(one, InboundMessage | Ignored | Refused):
        yield f"a {type(one).__name__}"
        return
    if (one.channel, one.account) != (account.channel, account.name):
        yield f"of {one.channel}/{one.account}"
    for text in _texts(one):
        if "\0" in text:
            yield "a NUL in a text"
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            yield "half a surrogate in a text"
    if not 0 < len(one.delivery_id) <= limits["delivery_id"]:
        yield f"a delivery id of {len(one.delivery_id)} characters"
    if isinstance(one, InboundMessage):
        yield from _too_wide(one, limits)
        if one.sent_at is not None and one.sent_at.utcoffset() is None:
            yield "a time without a zone"
    elif isinstance(one, Ignored) and not one.reason:
        yield "ignored for no reason"


def _too_wide(message: InboundMessage, limits: dict[str, int]) -> Iterator[str]:
    values = {
        "external_id": message.external_id,
        "revises": message.revises,
        "kind": message.kind,
        "event": message.event,
        "external": message.sender.id,
        "name": message.sender.name,
        "phone": message.sender.phone,
    }
    if not message.sender.id:
        yield "nobody sent it"
    for name, value in values.items():
        if len(value) > limits[name]:
            yield f"{len(value)} characters for {name}"


def _widths() -> dict[str, int]:
    """Characters that the columns hold which a message is written to."""
    from casework.message_tables import Message
    from casework.resident_tables import Identity, Resident
    from storage.statements import table_of

    columns = [column for table in (Message, Identity, Resident) for column in table_of(table).columns]
    return {column.name: width for column in columns if (width := getattr(column.type, "length", None))}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for one in fields(value):
            yield from _texts(getattr(value, one.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts(each)


def _received(source: Any) -> Any:
    head = source.read(4)
    return pickle.loads(source.read(struct.unpack(">I", head)[0])) if len(head) == 4 else None


def _answer(target: int, value: object) -> None:
    data = pickle.dumps(value)
    os.write(target, struct.pack(">I", len(data)) + data)


def _peak() -> float:
    """The most memory that this process ever held, in megabytes. Not ``ru_maxrss``, which begins with the parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
