"""A mail server for trying and testing: takes what the desk sends and keeps it for the resident to read."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from dataclasses import dataclass
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Taken:
    """One mail that was handed over, with the envelope's recipients."""

    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        if not isinstance(parsed, EmailMessage):
            raise TypeError(type(parsed).__name__)
        return parsed


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


class MailStandIn:
    """An SMTP server on a loopback port that keeps the mails it takes, in memory."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._taken: list[Taken] = []
        self._lock = threading.Lock()
        # aiosmtpd greets itself on the port it was given, so a free one is chosen beforehand.
        self.port = port or _free_port(host)
        """The port it listens on."""
        self._controller = Controller(self, hostname=host, port=self.port, ready_timeout=10)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep one mail; the name is aiosmtpd's."""
        content = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        with self._lock:
            self._taken.append(Taken(tuple(envelope.rcpt_tos), content))
        return "250 OK"

    def all(self) -> list[Taken]:
        """Every mail, oldest first."""
        with self._lock:
            return list(self._taken)

    def to(self, recipient: str) -> list[Taken]:
        """Mails to one address, oldest first."""
        with self._lock:
            return [mail for mail in self._taken if recipient.lower() in (each.lower() for each in mail.recipients)]

    def start(self) -> None:
        """Listen."""
        self._controller.start()

    def stop(self) -> None:
        """Stop listening."""
        self._controller.stop()
