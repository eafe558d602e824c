"""The stand-in as a server beside a desk or a test."""

from __future__ import annotations

from typing import Any

from api.standins.background import BackgroundServer
from api.standins.city.app import create_app
from api.standins.city.platform import Platform


class CityServer(BackgroundServer):
    """A context manager: inside it the platform answers on loopback at ``url``, for an account's ``api_base``."""

    def __init__(self, platform: Platform | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.platform = platform or Platform()
        super().__init__(create_app(self.platform), host=host, port=port)

    @property
    def settings(self) -> dict[str, Any]:
        """What an account needs to be served by it."""
        return {"api_base": self.url, "app_key": self.platform.app_key, "secret": self.platform.secret}
