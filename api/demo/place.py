"""Where the demo's platforms are: stand-ins of WeChat's API and of a mail server, beside the desk on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from api.desk import Desk


@contextmanager
def demo_place(desk: Desk) -> Iterator[None]:
    """In demo mode, run the stand-ins while the desk is served and point the demo accounts at them.

    Outside demo mode nothing is started: the accounts of the settings name the real platforms.
    """
    if not desk.settings.demo:
        yield
        return
    from api.standins.mail import MailStandIn
    from api.standins.wechat import WeChatServer

    mail = MailStandIn()
    mail.start()
    try:
        with WeChatServer() as wechat:
            desk.place("wechat", "demo", api_base=wechat.url)
            desk.place("mailbox", "demo", smtp_host="127.0.0.1", smtp_port=mail.port, smtp_tls="none")
            yield
    finally:
        mail.stop()
