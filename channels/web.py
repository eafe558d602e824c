"""网页: the form a resident fills in, and whatever program speaks for him. One form is one payload, as JSON.

``{"id", "text", "title"?, "name"?, "phone"?, "email"?, "place"?: {"label", "latitude", "longitude"}, "at"?, "photos"?:
[{"name", "content" (base64)}]}``. ``id`` is the sender's own name for the form (an ``Idempotency-Key``): sent again it
is the same appeal. There is no line back: the answer stands on the resident's page, and the callback desk has his
telephone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from channels import form_fields
from channels.cleaning import clean_line, tidy
from channels.errors import UnreadableMessage
from channels.file_limits import FileLimits, limits_of
from channels.json_payload import read_json
from channels.message import Account, Attachment, GeoPoint, InboundMessage, Parsed, Sender

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,180}\.[^@\s.]{2,20}")
_FIELDS = frozenset({"id", "text", "title", "name", "phone", "email", "place", "at", "photos"})


class Web:
    name, label = "web", "网页"

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        form = read_json(payload)
        if not isinstance(form, dict):
            raise UnreadableMessage("", "应为一个 JSON 对象")
        if unknown := sorted(form.keys() - _FIELDS):
            raise UnreadableMessage(unknown[0][:40], "没有这个字段")
        text = tidy(_words(form, "text", form_fields.LONGEST))
        photos = _photos(form.get("photos"), limits_of(account))
        if not text and not photos:
            raise UnreadableMessage("text", "没有写诉求内容")
        phone = form_fields.phone(_words(form, "phone", 40))
        email = _email(tidy(_words(form, "email", 254)))
        identity = clean_line(_words(form, "id", 120), 120) or hashlib.sha256(payload).hexdigest()
        message = InboundMessage(
            channel=self.name,
            account=account.name,
            delivery_id=f"form:{identity}",
            external_id=identity,
            kind="text" if text else "image",
            sender=Sender(phone or email or f"form:{identity}", clean_line(_words(form, "name", 60), 60), phone),
            title=clean_line(_words(form, "title", 120), 120),
            text=text,
            sent_at=_moment(_words(form, "at", 40)),
            attachments=photos,
            place=_place(form.get("place")),
        )
        return [message]


def _words(form: Mapping[str, Any], name: str, most: int) -> str:
    given = form.get(name)
    if given is None:
        return ""
    if not isinstance(given, str):
        raise UnreadableMessage(name, "应为文字")
    if len(given) > most:
        raise UnreadableMessage(name, f"不能超过 {most} 字")
    return given


def _email(given: str) -> str:
    if given and not _EMAIL.fullmatch(given):
        raise UnreadableMessage("email", "不是电子邮箱地址")
    return given.lower()


def _moment(given: str) -> datetime | None:
    if not given:
        return None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise UnreadableMessage("at", "时间应写成 2026-03-05T10:30:00+08:00") from None
    if at.tzinfo is None:
        raise UnreadableMessage("at", "时间缺少时区")
    return at


def _place(given: Any) -> GeoPoint | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise UnreadableMessage("place", "应为一个 JSON 对象")
    latitude, longitude = (_degrees(given, name, most) for name, most in (("latitude", 90), ("longitude", 180)))
    return GeoPoint(latitude, longitude, clean_line(_words(given, "label", 200), 200))


def _degrees(place: Mapping[str, Any], name: str, most: int) -> float:
    given = place.get(name)
    if isinstance(given, bool) or not isinstance(given, int | float) or not -most <= given <= most:
        raise UnreadableMessage(f"place.{name}", f"应为 -{most} 到 {most} 之间的数")
    return float(given)


def _photos(given: Any, limits: FileLimits) -> tuple[Attachment, ...]:
    if given is None:
        return ()
    if not isinstance(given, list):
        raise UnreadableMessage("photos", "应为一个列表")
    if len(given) > limits.files:
        raise UnreadableMessage("photos", f"最多 {limits.files} 张")
    return tuple(_photo(each, number, limits.file_bytes) for number, each in enumerate(given, start=1))


def _photo(given: Any, number: int, most: int) -> Attachment:
    where = f"photos[{number}]"
    if not isinstance(given, dict):
        raise UnreadableMessage(where, "应为一个 JSON 对象")
    encoded = _words(given, "content", 2 * most)
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableMessage(where, "不是 base64 编码") from None
    return form_fields.photo(content, _words(given, "name", 255), number, most)


CHANNEL = Web()
