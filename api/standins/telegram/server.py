"""The stand-in as a server beside a desk or a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.standins.background import BackgroundServer
from api.standins.telegram.app import create_app
from api.standins.telegram.platform import Platform


class TelegramServer(BackgroundServer):
    """A context manager: inside it the Bot API answers on loopback at ``url``, for an account's ``base_url``."""

    def __init__(self, platform: Platform | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.platform = platform or Platform()
        super().__init__(create_app(self.platform), host=host, port=port, lifespan="on")

    def sent(self, chat: int) -> list[str]:
        """The texts sent to this chat, oldest first."""
        return [each.text for each in self.platform.sent(chat)]

    def offer(self, token: str, update: Mapping[str, Any]) -> int:
        """Put an update for the bot of this token; its number."""
        return self.platform.offer(token, update)

    def keep(self, file_id: str, content: bytes) -> None:
        """A resident sent a file."""
        self.platform.keep(file_id, content)

    def inject(self, fault: str, at: str = "sendMessage", *, after: int = 0) -> None:
        """Go wrong in this way (``faults.fault`` names them) at that method after so many calls; "" mends it.

        Raises ``ValueError``.
        """
        self.platform.inject(fault, at, after=after)
