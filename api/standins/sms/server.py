"""The stand-in as a server beside a desk or a test."""

from __future__ import annotations

import httpx

from api.standins.background import BackgroundServer
from api.standins.sms.app import create_app
from api.standins.sms.platform import ACCOUNT, Platform


class SmsServer(BackgroundServer):
    """A context manager: inside it the provider answers on loopback at ``url``."""

    def __init__(self, platform: Platform | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.platform = platform or Platform()
        super().__init__(create_app(self.platform), host=host, port=port)

    def sent(self, phone: str) -> list[str]:
        """The texts sent to this number, as its phone shows them, oldest first."""
        return [each.text for each in self.platform.sent(phone)]

    def reply(self, phone: str, said: str, *, account: str = ACCOUNT) -> None:
        """A resident answers, and the account is called back."""
        given = {"who": phone, "act": "reply", "text": said, "account": account}
        httpx.post(f"{self.url}/standin/act", json=given, trust_env=False).raise_for_status()

    def inject(self, fault: str, at: str = "send", *, times: int | None = None) -> None:
        """Go wrong in this way (``faults.fault`` names them), so many times or until mended by "".

        Raises ``ValueError``.
        """
        self.platform.break_at(at, fault, times)
