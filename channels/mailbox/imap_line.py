"""One IMAP connection: commands under a watchdog, answers made into values.

aioimaplib waits for ever on a line that went dead, raises four kinds of errors, and logs what it cannot place. Here
each command ends within its time or with ``LineLost``, whatever the reason.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import ssl
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aioimaplib

from channels.errors import ChannelMisconfigured
from channels.mailbox.parse import MAX_BYTES
from channels.message import Account

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
LONGEST_IDLE = 28 * 60.0
"""Servers end an IDLE after 30 minutes (RFC 2177); it is renewed before."""

_VALIDITY = re.compile(rb"UIDVALIDITY (\d+)")
_NEXT = re.compile(rb"UIDNEXT (\d+)")
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_QUOTED_BODY = re.compile(rb'BODY\[\](?:<0>)? "((?:[^"\\]|\\.)*)"')
_PASSING = re.compile(rb"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]|try again|too many", re.IGNORECASE)


class LineLost(Exception):
    """The connection is gone, or the server no longer answers in time or in order."""


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Where the letters lie; made from an account's settings (``docs/channels/mailbox.md``)."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    tls: bool = True
    ca_file: str = ""
    poll_seconds: float = 60.0
    timeout: float = 30.0
    retry_seconds: float = 60.0
    max_bytes: int = MAX_BYTES
    mark_seen: bool = True
    first: str = "all"

    @classmethod
    def of(cls, account: Account) -> MailboxSettings:
        """From ``account.settings``. Raises ``ChannelMisconfigured``; clear text is for loopback only."""
        given = account.settings
        for name in ("imap_host", "imap_user", "imap_password"):
            if not given.get(name):
                raise ChannelMisconfigured(name, "没有设置")
        tls = _is_on(given.get("imap_tls", True))
        host = str(given["imap_host"])
        if not tls and host not in LOOPBACK:
            raise ChannelMisconfigured("imap_tls", "明文 IMAP 只能用于本机地址")
        try:
            return cls(
                host=host,
                port=int(given.get("imap_port") or (993 if tls else 143)),
                user=str(given["imap_user"]),
                password=str(given["imap_password"]),
                folder=str(given.get("imap_folder") or "INBOX"),
                tls=tls,
                ca_file=str(given.get("imap_ca_file") or ""),
                poll_seconds=max(0.1, float(given.get("poll_seconds") or 60)),
                timeout=max(0.1, float(given.get("imap_timeout") or 30)),
                retry_seconds=max(0.1, float(given.get("retry_seconds") or 60)),
                max_bytes=int(given.get("max_bytes") or MAX_BYTES),
                mark_seen=_is_on(given.get("mark_seen", True)),
                first=str(given.get("imap_first") or "all"),
            )
        except ValueError as problem:
            raise ChannelMisconfigured("imap_*", f"不是数字：{problem}") from problem


def _is_on(value: object) -> bool:
    return str(value).strip().lower() not in {"", "0", "false", "no", "off", "none"}


@dataclass(frozen=True, slots=True)
class Opened:
    """The state of a folder as SELECT tells it."""

    validity: str
    next_uid: int


class Line:
    """A logged-in connection."""

    def __init__(self, client: Any, lost: asyncio.Event, settings: MailboxSettings) -> None:
        self._client = client
        self._lost = lost
        self._settings = settings

    async def call(self, command: Coroutine[Any, Any, Any], seconds: float | None = None) -> Any:
        """Run one command; ``LineLost`` when the line breaks or ``seconds`` pass first."""
        task = asyncio.ensure_future(command)
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait(
                {task, lost}, timeout=seconds or self._settings.timeout, return_when=asyncio.FIRST_COMPLETED
            )
            if not task.done():
                raise LineLost("no answer" if not self._lost.is_set() else "closed")
            return task.result()
        except (aioimaplib.AioImapException, OSError, TimeoutError, asyncio.IncompleteReadError) as problem:
            raise LineLost(type(problem).__name__) from problem
        finally:
            for each in (task, lost):
                each.cancel()
            await asyncio.gather(task, lost, return_exceptions=True)

    async def open(self) -> None:
        """Log in and say who we are (some Chinese hosts refuse SELECT without ID)."""
        answer = await self.call(self._client.login(_quoted(self._settings.user), self._settings.password))
        if answer.result != "OK":
            words = b" ".join(bytes(line) for line in answer.lines)
            if _PASSING.search(words):
                raise LineLost("login unavailable")
            raise ChannelMisconfigured("imap_password", "邮箱服务器拒绝登录")
        await self.call(self._client.protocol.capability())
        if self._client.has_capability("ID"):
            await self.call(self._client.id(name="yingsheng", vendor="yingsheng"))

    async def select(self) -> Opened:
        """Open the folder. Raises ``ChannelMisconfigured`` when there is none of that name."""
        answer = await self.call(self._client.select(_quoted(modified_utf7(self._settings.folder))))
        words = b" ".join(bytes(line) for line in answer.lines)
        if answer.result != "OK":
            if _PASSING.search(words):
                raise LineLost("folder unavailable")
            raise ChannelMisconfigured("imap_folder", f"邮箱里没有文件夹 {self._settings.folder}")
        validity, following = _VALIDITY.search(words), _NEXT.search(words)
        return Opened(validity.group(1).decode() if validity else "0", int(following.group(1)) if following else 1)

    async def uids_after(self, last: int) -> list[int]:
        """UIDs above ``last``, ascending. (``n:*`` names the last letter even where it is below ``n``.)"""
        answer = await self.call(self._client.uid_search(f"UID {last + 1}:*", charset=None))
        if answer.result != "OK":
            raise LineLost("search refused")
        words = b" ".join(bytes(line) for line in answer.lines[:-1]).split()
        return sorted({int(word) for word in words if word.isdigit() and int(word) > last})

    async def sizes(self, uids: list[int]) -> dict[int, int]:
        """Bytes of each letter that is still there."""
        wanted = ",".join(map(str, uids))
        answer = await self.call(self._client.uid("fetch", wanted, "(UID RFC822.SIZE)"))
        sizes: dict[int, int] = {}
        for line in answer.lines[:-1]:
            uid, size = _UID.search(bytes(line)), _SIZE.search(bytes(line))
            if uid and size:
                sizes[int(uid.group(1))] = int(size.group(1))
        return sizes

    async def letter(self, uid: int, limit: int) -> bytes | None:
        """The first ``limit`` bytes of a letter, without marking it read; None when it is gone.

        Raises ``ValueError`` when the server refuses to give this one.
        """
        # The library's own timer starts anew with each piece that comes in; ours bounds the whole.
        fetch = self._client.uid("fetch", str(uid), f"(UID BODY.PEEK[]<0.{limit}>)")
        answer = await self.call(fetch, max(self._settings.timeout * 20, 60.0))
        if answer.result != "OK":
            raise ValueError(f"letter {uid} refused by the server")
        literals = [bytes(line) for line in answer.lines if isinstance(line, bytearray)]
        if literals:
            return max(literals, key=len)
        short = _QUOTED_BODY.search(b" ".join(answer.lines))
        return re.sub(rb"\\(.)", rb"\1", short.group(1)) if short else None

    async def mark_seen(self, uid: int) -> None:
        """Set the flag for read letters; a folder that may only be read refuses, which does no harm."""
        await self.call(self._client.uid("store", str(uid), "+FLAGS.SILENT", r"(\Seen)"))

    async def wait(self, seconds: float) -> None:
        """Return when letters may have come, at the latest after ``seconds``: IDLE where offered, else a pause."""
        if self._client.has_capability("IDLE"):
            await self._idle(min(seconds, LONGEST_IDLE))
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._lost.wait(), seconds)
            raise LineLost("closed")
        await self.call(self._client.noop())

    async def _idle(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        idling = await self.call(self._client.idle_start(timeout=seconds + 3600))
        try:
            while (left := until - loop.time()) > 0:
                pushed = await self._pushed(left)
                if pushed is None or any(b"EXISTS" in bytes(line) or b"RECENT" in bytes(line) for line in pushed):
                    break
            self._client.idle_done()
            await self.call(_finished(idling))
        except OSError as problem:
            raise LineLost(type(problem).__name__) from problem
        finally:
            idling.cancel()
            await asyncio.gather(idling, return_exceptions=True)

    async def _pushed(self, seconds: float) -> list[bytes] | None:
        """What the server says while idle; None when it said nothing in time."""
        push = asyncio.ensure_future(self._client.protocol.idle_queue.get())
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({push, lost}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if self._lost.is_set():
                raise LineLost("closed")
            return list(push.result()) if push.done() else None
        finally:
            for each in (push, lost):
                each.cancel()
            await asyncio.gather(push, lost, return_exceptions=True)


async def _finished(task: asyncio.Future[Any]) -> Any:
    return await task


@contextlib.asynccontextmanager
async def connected(settings: MailboxSettings) -> AsyncIterator[Line]:
    """A line that is logged in and is torn down on leaving, answered or not."""
    lost = asyncio.Event()

    def on_lost(_reason: object) -> None:
        lost.set()

    # The class for TLS takes no callback for a lost line (2.0.3); the plain one takes both.
    client = aioimaplib.IMAP4(
        settings.host, settings.port, timeout=settings.timeout, conn_lost_cb=on_lost, ssl_context=_context(settings)
    )
    line = Line(client, lost, settings)
    try:
        await _greeted(client, line)
        await line.open()
        yield line
        with contextlib.suppress(LineLost):
            await line.call(client.logout(), 2.0)
    finally:
        client._client_task.cancel()  # noqa: SLF001 - else a connection still being made is left behind
        await asyncio.gather(client._client_task, return_exceptions=True)  # noqa: SLF001
        if client.protocol.transport is not None:
            client.protocol.transport.abort()
            await asyncio.sleep(0)  # the loop closes the socket in its next turn


async def _greeted(client: Any, line: Line) -> None:
    try:
        await line.call(client.wait_hello_from_server())
    except LineLost as problem:
        if isinstance(problem.__cause__, ssl.SSLCertVerificationError):
            raise ChannelMisconfigured("imap_ca_file", "邮箱服务器的证书无法验证") from problem
        raise


def _context(settings: MailboxSettings) -> ssl.SSLContext | None:
    if not settings.tls:
        return None
    try:
        return ssl.create_default_context(cafile=settings.ca_file or None)
    except OSError as problem:
        raise ChannelMisconfigured("imap_ca_file", "证书文件无法读取") from problem


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def modified_utf7(name: str) -> str:
    """A folder's name as IMAP writes it (RFC 3501, 5.1.3): 已处理 is ``&XfJZBHQG-``."""
    out: list[str] = []
    for run in re.findall(r"[ -~]+|[^ -~]+", name):
        if run.isascii() and run.isprintable():
            out.append(run.replace("&", "&-"))
        else:
            encoded = base64.b64encode(run.encode("utf-16-be")).decode("ascii").rstrip("=").replace("/", ",")
            out.append(f"&{encoded}-")
    return "".join(out)
