"""The mail server that letters are sent through: a real SMTP server on loopback that can be made to fail.

Used by the contract suite (``bench``) and by ``test_mailbox_smtp.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from channels.errors import ChannelMisconfigured, SendDelayed, SendFailed, SendUncertain
from channels.message import Account

SETTINGS = {"address": "mayor@example.com", "display_name": "区长信箱"}
ACCOUNT = Account("mailbox", "letters", SETTINGS)
RECIPIENT = "resident@example.com"
USER, PASSWORD = "mayor@example.com", "not-a-secret"

FAULTS: tuple[tuple[str, type[Exception]], ...] = (
    ("greylisted", SendDelayed),
    ("recipient mailbox full", SendDelayed),
    ("server shutting down", SendDelayed),
    ("content deferred", SendDelayed),
    ("line broken before the letter", SendDelayed),
    ("server away", SendDelayed),
    ("server turns us away", SendDelayed),
    ("login for the moment impossible", SendDelayed),
    ("unknown recipient", SendFailed),
    ("content refused", SendFailed),
    ("line broken after the letter", SendUncertain),
    ("no answer after the letter", SendUncertain),
    ("login refused", ChannelMisconfigured),
    ("our address refused", ChannelMisconfigured),
)

_AT_RECIPIENT = {
    "greylisted": "450 4.2.0 Greylisted, try again in 300 seconds",
    "recipient mailbox full": "452 4.2.2 Mailbox full",
    "server shutting down": "421 4.3.2 Shutting down",
    "unknown recipient": "550 5.1.1 No such user here",
}
_AT_CONTENT = {
    "content deferred": "451 4.7.1 Please try again later",
    "content refused": "554 5.7.1 Message refused as spam",
}


class _Server(SMTP):
    """aiosmtpd's server with a greeting that can turn a client away."""

    platform: Platform

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802 - the library's name for the command
        """The library knows no parameters of RFC 3461: they are taken down and left out."""
        await super().smtp_MAIL(self._without_dsn(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802 - as above
        await super().smtp_RCPT(self._without_dsn(arg))

    def _without_dsn(self, arg: str | None) -> str | None:
        if not arg or not self.platform.tells_dsn:
            return arg
        ours = [word for word in arg.split() if word.partition("=")[0] in {"ENVID", "RET", "NOTIFY"}]
        self.platform.mail_options += ours
        return " ".join(word for word in arg.split() if word not in ours)

    async def push(self, status: str | bytes) -> None:
        greeting = isinstance(status, str) and status.startswith("220 ") and "STARTTLS" not in status
        if greeting and self.platform.fault == "server turns us away":
            status = "554 5.7.1 Your address is on a block list"
        await super().push(status)


@dataclass
class Platform:
    """One SMTP server; what it took lies in ``taken``."""

    fault: str = ""
    port: int = 0
    taken: list[Envelope] = field(default_factory=list)
    logins: int = 0
    tells_dsn: bool = False
    mail_options: list[str] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)
    breaks_at_login: bool = False
    _listener: asyncio.Server | None = None
    _servers: list[_Server] = field(default_factory=list)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()

        def made() -> _Server:
            server = _Server(
                self,
                hostname="mx.example.com",
                authenticator=self._login,
                auth_require_tls=False,
                loop=loop,
                **self.options,
            )
            server.platform = self
            self._servers.append(server)
            return server

        self._listener = await loop.create_server(made, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for server in self._servers:
            if server.transport is not None:
                server.transport.abort()
        self._servers.clear()
        await asyncio.sleep(0.05)

    def _login(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins += 1
        if self.breaks_at_login:
            assert server.transport is not None
            server.transport.abort()
        if self.fault == "login for the moment impossible":
            return AuthResult(success=False, handled=False, message="454 4.7.0 Temporary authentication failure")
        known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=known and self.fault != "login refused", handled=False)

    async def handle_EHLO(  # noqa: N802 - the server's name for its hook
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(["250-DSN"] if self.tells_dsn else []), responses[-1]]

    async def handle_MAIL(  # noqa: N802 - the server's name for its hook
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.fault == "our address refused":
            return "553 5.7.1 Sender address must be the one logged in"
        if self.fault == "line broken before the letter":
            assert server.transport is not None
            server.transport.abort()
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - the server's name for its hook
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.fault in _AT_RECIPIENT:
            return _AT_RECIPIENT[self.fault]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.fault in _AT_CONTENT:
            return _AT_CONTENT[self.fault]
        self.taken.append(envelope)
        if self.fault == "line broken after the letter":
            assert server.transport is not None
            server.transport.abort()
        if self.fault == "no answer after the letter":
            await asyncio.sleep(5)
        return "250 Taken"


@dataclass
class Bench:
    """The running server with an account that sends through it."""

    platform: Platform
    account: Account
    state: Any = None

    async def inject(self, fault: str) -> None:
        """Make the server fail in this way from now on; "" mends it."""
        was_away = self.platform.fault == "server away"
        self.platform.fault = fault
        if fault == "server away":
            await self.platform.stop()
        elif was_away:
            await self.platform.start()


@contextlib.asynccontextmanager
async def bench(**settings: Any) -> AsyncIterator[Bench]:
    """Run the server. ``settings`` are added to the account's."""
    platform = Platform()
    await platform.start()
    more = {"smtp_host": "127.0.0.1", "smtp_port": platform.port, "smtp_tls": "none", "smtp_timeout": 1.5}
    more |= {"smtp_user": USER, "smtp_password": PASSWORD}
    try:
        yield Bench(platform, Account("mailbox", "letters", {**SETTINGS, **more, **settings}))
    finally:
        await platform.stop()
