"""The stand-in as a server beside a desk or a test."""

from __future__ import annotations

from api.standins.background import BackgroundServer
from api.standins.wecom.app import create_app
from api.standins.wecom.platform import Platform


class WecomServer(BackgroundServer):
    """A context manager: inside it the robots answer on loopback at ``url``, for an account's ``api_base``."""

    def __init__(self, platform: Platform | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.platform = platform or Platform()
        super().__init__(create_app(self.platform), host=host, port=port)
