"""市平台: orders of the city's platform, and what was done about them told there. See ``docs/channels/city.md``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from channels.base import ChannelState, Fetched, Opened
from channels.city import words
from channels.city.account import has_interface, interface, secret_of
from channels.city.orders import NAME
from channels.city.words import WordsUnfit
from channels.errors import ChannelMisconfigured, ForgedMessage
from channels.message import Account, OutboundMessage, Parsed, WebhookRequest

__all__ = ["CHANNEL", "CityChannel"]


class CityChannel:
    """``Channel``, ``ReportsUp``, ``Webhook``, ``MediaSource`` and ``Checked``.

    The resident is the city's to write to: what he is told goes to its platform, as an act on its order.
    """

    name = NAME
    label = "市平台"
    keeps = timedelta(days=30)
    resend_is_safe = True
    acts: Mapping[str, str] = MappingProxyType(
        {
            "received": "receipt",
            "answered": "answer",
            "answered_directly": "answer",
            "rejected": "answer",
            "withdrawn": "answer",
        }
    )

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        """A push (JSON, one order or several) or an export (XLSX, CSV). Raises ``UnreadableMessage``."""
        from channels.city.parse import parse  # sheets are slow to import and seldom needed

        return parse(payload, account)

    def open(self, request: WebhookRequest, account: Account, *, now: datetime) -> Opened:
        """Raises ``ForgedMessage`` or ``ChannelMisconfigured``."""
        from channels.city import signing

        if request.method.upper() != "POST":
            raise ForgedMessage("市平台推送只用 POST")
        signing.verify(secret_of(account), request.headers, request.body, now=now)
        return Opened(request.body)

    def passive_reply(
        self,
        request: WebhookRequest,  # noqa: ARG002  (the protocol's)
        payload: bytes,  # noqa: ARG002
        text: str | None,  # noqa: ARG002
        account: Account,  # noqa: ARG002
        *,
        now: datetime,  # noqa: ARG002
    ) -> tuple[bytes, str]:
        """That it arrived: answers are acts on the order, and are told by ``send``."""
        return json.dumps({"code": 0, "message": "已接收"}, ensure_ascii=False).encode(), "application/json"

    async def send(self, message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
        """Tell the platform one act. Raises as ``channels.city.send.send`` does."""
        del state
        from channels.city.send import send

        return await send(message, account, now=now)

    def upload(self, messages: Sequence[OutboundMessage], account: Account) -> bytes:
        del account
        from channels.city.upload import sheet

        return sheet(messages)

    async def fetch(self, reference: str, account: Account, state: ChannelState, *, now: datetime) -> Fetched:
        """A file of an order. Raises as ``channels.city.files.fetch`` does."""
        del state
        from channels.city.files import fetch

        return await fetch(reference, account, now=now)

    def check(self, account: Account) -> None:
        """Raises ``ChannelMisconfigured``. An account without an interface reads exports and leaves acts to upload."""
        try:
            words.fields_of(account)
            words.values_of(account)
        except WordsUnfit as problem:
            raise ChannelMisconfigured("fields", problem.why) from problem
        if has_interface(account):
            interface(account)


CHANNEL = CityChannel()
