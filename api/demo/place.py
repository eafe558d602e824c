"""Where the demo's platforms are: stand-ins beside the desk on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import select

from api.demo.media import VOICE
from api.demo.residents import ACCOUNT
from api.desk import Desk
from casework.city_tables import CityOrder
from casework.message_tables import AttachedFile, Message
from storage.deliveries import Delivery

if TYPE_CHECKING:
    from api.standins.city import CityServer
    from api.standins.sms import SmsServer
    from api.standins.wechat.platform import Platform


@contextmanager
def demo_place(desk: Desk, address: str = "") -> Iterator[None]:
    """In demo mode, run the stand-ins while the desk is served and point the demo accounts at them.

    ``address`` is where the desk is served: the SMS provider reports there. Empty: it reports nowhere.

    Outside demo mode nothing is started: the accounts of the settings name the real platforms.
    """
    if not desk.settings.demo:
        yield
        return
    from api.standins.city import CityServer
    from api.standins.mail import MailStandIn
    from api.standins.sms import SmsServer
    from api.standins.telegram import TelegramServer
    from api.standins.wechat import WeChatServer
    from api.standins.wecom import WecomServer

    mail = MailStandIn()
    mail.start()
    try:
        with ExitStack() as stack:
            wechat, telegram = stack.enter_context(WeChatServer()), stack.enter_context(TelegramServer())
            sms, city = stack.enter_context(SmsServer()), stack.enter_context(CityServer())
            wecom = stack.enter_context(WecomServer())
            desk.place("wechat", ACCOUNT, api_base=wechat.url)
            _keep_recordings(desk, wechat.platform)
            desk.place("telegram", ACCOUNT, base_url=telegram.url)
            desk.place("sms", ACCOUNT, url=f"{sms.url}/sms/send")
            _know_desk(desk, sms, address)
            desk.place("city", ACCOUNT, **city.settings)
            _know_orders(desk, city)
            desk.place("wecom_robot", ACCOUNT, api_base=wecom.url)
            desk.place("mailbox", ACCOUNT, smtp_host="127.0.0.1", smtp_port=mail.port, smtp_tls="none")
            yield
    finally:
        mail.stop()


def _know_desk(desk: Desk, sms: SmsServer, address: str) -> None:
    """The provider shows the demo account's heading, and calls the desk back where it is served."""
    settings = desk.account_or_bare("sms", ACCOUNT).settings
    name = str(settings["account"])
    sms.platform.admit({"account": name, "heading": settings["heading"]})
    callback = f"{address}/channels/sms/{ACCOUNT}" if address else ""
    sms.platform.call_back(name, {"receipts": callback, "replies": callback})


def _know_orders(desk: Desk, city: CityServer) -> None:
    """The stand-in forgets at each start: it knows again the district's orders, and what it was told about them."""
    orders = select(CityOrder.number).where(CityOrder.channel == "city", CityOrder.account == ACCOUNT)
    told = (
        select(Delivery)
        .where(Delivery.channel == "city", Delivery.account == ACCOUNT, Delivery.state == "sent", Delivery.act != "")
        .order_by(Delivery.sent_at, Delivery.id)
    )
    with desk.database.read() as session:
        known = set(session.scalars(orders))
        for number in known:
            city.platform.issue({"number": number})
        for each in session.scalars(told):
            if each.recipient in known:
                given = {"id": each.id, "text": each.text, **each.details}
                city.platform.report(each.recipient, each.act, given)


def _keep_recordings(desk: Desk, platform: Platform) -> None:
    """The stand-in forgets at each start; the voice messages of the last days are still to be fetched from it.

    What is older WeChat has dropped, and the desk says so.
    """
    from api.standins.wechat.platform import MEDIA_LIFE

    wanted = (
        select(AttachedFile.reference)
        .join(Message, Message.id == AttachedFile.message_id)
        .where(
            AttachedFile.fetch_state == "wanted",
            AttachedFile.media_type == "audio/amr",
            Message.channel == "wechat",
            Message.account == ACCOUNT,
            Message.received_at > desk.now() - MEDIA_LIFE,
        )
    )
    with desk.database.read() as session:
        for reference in session.scalars(wanted):
            platform.keep(reference, VOICE, "audio/amr")
