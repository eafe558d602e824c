"""WeChat's side of a callback: makes the signed request, and reads the answer as the resident's phone shows it.

Made with wechatpy's signature and cipher, and not with the adapter's own, so that the two check each other.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from api import clock
from channels.message import WebhookRequest

Mode = Literal["plain", "compatible", "aes"]

_NAME = re.compile(rb"<(ToUserName|FromUserName)>(?:<!\[CDATA\[)?([^<\]]*)")
_END = b"</xml>"


class AnswerRefused(Exception):
    """The answer to a callback that makes WeChat tell the resident that the account is out of order."""


class Signer:
    """Signs callbacks for one account. ``settings`` are the account's: token, app_id, encoding_aes_key, mode."""

    def __init__(self, settings: Mapping[str, Any], *, now: Callable[[], datetime] = clock.now) -> None:
        self._token = str(settings["token"])
        self._app_id = str(settings.get("app_id", ""))
        key = str(settings.get("encoding_aes_key", ""))
        self._key = base64.b64decode(key + "=") if key else b""
        self.mode: Mode = settings.get("mode") or ("aes" if key else "plain")
        self._now = now

    def request(self, payload: bytes, *, at: datetime | None = None) -> WebhookRequest:
        """The callback that delivers this payload, signed for that moment."""
        names = dict(_NAME.findall(payload))
        query = self._signed(at) | {"openid": names.get(b"FromUserName", b"").decode("ascii", "ignore")}
        body = payload
        if self.mode != "plain":
            sealed = self._seal(payload)
            query |= {"encrypt_type": "aes"}
            query |= {"msg_signature": _signature(self._token, query["timestamp"], query["nonce"], sealed)}
            element = b"<Encrypt><![CDATA[" + sealed.encode() + b"]]></Encrypt>"
            whole = payload.rstrip()
            if self.mode == "compatible" and whole.endswith(_END):
                body = whole.removesuffix(_END) + element + _END
            else:
                to = b"<ToUserName><![CDATA[" + names.get(b"ToUserName", b"") + b"]]></ToUserName>"
                body = b"<xml>" + to + element + _END
        return WebhookRequest("POST", query, {"content-type": "text/xml"}, body)

    def echo(self, text: str, *, at: datetime | None = None) -> WebhookRequest:
        """The check of the address. It is not encrypted, whatever the mode."""
        return WebhookRequest("GET", self._signed(at) | {"echostr": text}, {}, b"")

    def shown(self, answer: bytes) -> str | None:
        """What the resident sees of this answer; None when nothing. Raises ``AnswerRefused``."""
        if answer in (b"", b"success"):
            return None
        root = _document(answer)
        if (sealed := root.findtext("Encrypt")) is not None:
            given = root.findtext("MsgSignature", "")
            made = _signature(self._token, root.findtext("TimeStamp", ""), root.findtext("Nonce", ""), sealed)
            if not hmac.compare_digest(given.encode(), made.encode()):
                raise AnswerRefused("MsgSignature")
            root = _document(self._unseal(sealed))
        elif self.mode == "aes":
            raise AnswerRefused("an answer in clear to an encrypted callback")
        if root.findtext("MsgType") != "text" or not root.findtext("ToUserName") or not root.findtext("CreateTime"):
            raise AnswerRefused("not a text message")
        return root.findtext("Content", "")

    def _signed(self, at: datetime | None) -> dict[str, str]:
        stamp, nonce = str(int((at or self._now()).timestamp())), str(secrets.randbelow(10**10))
        return {"signature": _signature(self._token, stamp, nonce), "timestamp": stamp, "nonce": nonce}

    def _seal(self, payload: bytes) -> str:
        from wechatpy.crypto import PrpCrypto

        return bytes(PrpCrypto(self._key).encrypt(payload, self._app_id)).decode("ascii")

    def _unseal(self, sealed: str) -> bytes:
        from wechatpy.crypto import PrpCrypto
        from wechatpy.exceptions import InvalidAppIdException

        try:
            return str(PrpCrypto(self._key).decrypt(sealed, self._app_id)).encode()
        except (InvalidAppIdException, ValueError, IndexError) as problem:
            raise AnswerRefused("Encrypt") from problem


def _signature(*parts: str) -> str:
    from wechatpy.utils import WeChatSigner

    signer = WeChatSigner()
    signer.add_data(*parts)
    return str(signer.signature)


def _document(content: bytes) -> Element:
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as problem:
        raise AnswerRefused("not XML") from problem
    return root
