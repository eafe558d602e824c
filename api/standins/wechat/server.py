"""The stand-in as a server beside a desk or a test."""

from __future__ import annotations

from api.standins.background import BackgroundServer
from api.standins.wechat.app import create_app
from api.standins.wechat.faults import Place
from api.standins.wechat.platform import Act, Platform


class WeChatServer(BackgroundServer):
    """A context manager: inside it WeChat's API answers on loopback at ``url``, for an account's ``api_base``."""

    def __init__(self, platform: Platform | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.platform = platform or Platform()
        super().__init__(create_app(self.platform), host=host, port=port)

    def sent(self, openid: str) -> list[str]:
        """The texts sent to this resident, oldest first."""
        return [each.text for each in self.platform.sent(openid)]

    def heard(self, openid: str, act: Act = "message") -> None:
        """A resident did something with the account: it may write to him for a while."""
        self.platform.heard(openid, act)

    def keep(self, media_id: str, content: bytes, media_type: str) -> None:
        """A resident sent a file: it can be fetched under this id for three days."""
        self.platform.keep(media_id, content, media_type)

    def inject(self, fault: str, at: Place = "send") -> None:
        """Go wrong in this way from now on (``faults.fault`` names them); "" mends it. Raises ``ValueError``."""
        self.platform.inject(fault, at)
