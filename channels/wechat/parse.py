"""One callback of WeChat made into one message, or ignored with a reason (公众平台「接收普通消息」「接收事件推送」).

The official account's shapes are read in full. A shape of its neighbours (企业微信, 小程序, 第三方平台) that carries
a resident's words is read the same way; the rest is ignored with a reason, never lost without a word.
"""

from __future__ import annotations

import hashlib
import math
import mimetypes
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from channels.errors import ChannelMisconfigured, UnreadableMessage
from channels.message import Account, Attachment, GeoPoint, Ignored, InboundMessage, MessageKind, Parsed, Report, Sender
from channels.wechat.account import decryption
from channels.wechat.envelope import EnvelopeDamaged, decrypt
from channels.wechat.payload import Fields, clean, read

CHANNEL_NAME = "wechat"

# What WeChat itself writes in place of a sticker, a name card or another thing the interface does not pass on.
_UNSUPPORTED = "收到不支持的消息类型"
_EARLIEST = datetime(2011, 1, 1, tzinfo=UTC).timestamp()  # WeChat's launch
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_LONGEST_ID = 128
_LONGEST_KEY = 4
_VOICE_TYPES = {"amr": "audio/amr", "speex": "audio/x-speex", "mp3": "audio/mpeg", "silk": "audio/x-silk"}
_UNSAFE_IN_NAMES = re.compile('[\x00-\x1f\x7f-\x9f/\\\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]')

# Acts of a resident that the desk may react to. Everything else the platform reports is about our own account.
_RESIDENT_EVENTS = frozenset({
    "subscribe", "unsubscribe", "scan", "click", "view", "view_miniprogram", "location", "location_select",
    "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "enter",
    "user_enter_tempsession", "subscribe_msg_popup_event", "subscribe_msg_change_event",
})  # fmt: skip
_REPORTS = {
    "templatesendjobfinish": "模板消息的送达回执",
    "masssendjobfinish": "群发结果的回执",
    "subscribe_msg_sent_event": "订阅消息的送达回执",
    "publishjobfinish": "发布任务的回执",
}


def parse(payload: bytes, account: Account) -> list[Parsed]:
    """Make one decrypted callback body into one message or one ``Ignored``. Raises ``UnreadableMessage`` only.

    An envelope that is still encrypted is opened if the account holds the key.
    """
    fields = read(payload)
    if fields.get("Encrypt") and not fields.get("MsgType") and not fields.get("InfoType"):
        fields = read(_opened(fields.get("Encrypt"), account))
    return [_parsed(fields, account)]


def delivery_id(fields: Fields) -> str:
    """MsgId and a hash of the content; without one, as for events: FromUserName, CreateTime and the hash.

    WeChat asks again with the same content. Should a MsgId ever come with another, it is another message: two copies
    of a ticket can be merged, a resident's words that were taken for a repetition are lost.
    """
    message_id = _message_id(fields)
    if message_id:
        return f"{message_id}:{fields.digest[:16]}"
    sender, created = fields.get("FromUserName"), fields.get("CreateTime")
    if len(sender) > _LONGEST_ID or len(created) > 20:
        sender, created = hashlib.sha256(f"{sender}\x1f{created}".encode()).hexdigest()[:16], ""
    return f"{sender}:{created}:{fields.digest[:16]}"


def _parsed(fields: Fields, account: Account) -> Parsed:
    kind = fields.get("MsgType").lower() or ("event" if fields.get("Event") else "")
    if not kind and fields.get("InfoType"):
        return _ignored(fields, account, f"第三方平台的通知（{_short(fields.get('InfoType'))}），与来信无关")
    if not kind:
        raise UnreadableMessage("MsgType", "缺少消息类型")
    if kind == "event":
        return _event(fields, account)
    reader = _READERS.get(kind)
    if reader is None and kind.startswith("device_"):
        return _ignored(fields, account, f"硬件设备的通知（{_short(kind)}），与来信无关")
    if reader is None:
        return _unsupported(fields, account, f"暂不支持的消息类型“{_short(fields.get('MsgType'))}”，可请居民改发文字")
    return reader(fields, account)


def _text_message(fields: Fields, account: Account) -> Parsed:
    if not fields.has("Content"):
        raise UnreadableMessage("Content", "文字消息缺少内容")
    text = clean(fields.get("Content"))
    if not text:
        return _ignored(fields, account, "空白消息")
    if _UNSUPPORTED in text and len(text) < len(_UNSUPPORTED) + 16:
        return _unsupported(fields, account, "居民发来公众号接口不支持的内容（如表情、名片），可请居民改发文字")
    # bizmsgmenuid: the resident tapped a line of a menu message. Ours have numbers for ids, as if he had typed them;
    # of another sender's menu the words that he saw count.
    tapped = fields.get("bizmsgmenuid")
    if tapped.isascii() and tapped.isdigit() and len(tapped) <= _LONGEST_KEY:
        return _message(
            fields, account, "text", text=tapped, full_text=text, event_key=tapped, notes=(f"点选了“{text[:40]}”",)
        )
    return _message(fields, account, "text", text=text, event_key=tapped)


def _image(fields: Fields, account: Account) -> Parsed:
    reference = _either(fields, "MediaId", "PicUrl")
    image = Attachment(f"图片-{_tail(fields)}.jpg", "image/jpeg", reference=reference)
    return _message(fields, account, "image", attachments=(image,), full_text=clean(fields.get("PicUrl")))


def _voice(fields: Fields, account: Account) -> Parsed:
    said = clean(fields.get("Recognition"))
    note = "文字由微信语音识别得出" if said else "语音没有识别出文字"
    if said and not fields.get("MediaId"):
        return _message(fields, account, "voice", text=said, notes=(note, "没有录音"))
    form = fields.get("Format").lower() or "amr"
    media_type = _VOICE_TYPES.get(form, "application/octet-stream")
    name = f"语音-{_tail(fields)}.{_file_name(form)}"
    voice = Attachment(name, media_type, reference=_either(fields, "MediaId", "MediaId16K"))
    return _message(fields, account, "voice", text=said, attachments=(voice,), notes=(note,))


def _video(fields: Fields, account: Account) -> Parsed:
    video = Attachment(f"视频-{_tail(fields)}.mp4", "video/mp4", reference=_either(fields, "MediaId"))
    parts: tuple[Attachment, ...] = (video,)
    if thumb := fields.get("ThumbMediaId"):
        parts += (Attachment(f"封面-{_tail(fields)}.jpg", "image/jpeg", reference=thumb, inline=True),)
    return _message(fields, account, "video", attachments=parts)


def _location(fields: Fields, account: Account) -> Parsed:
    label = clean(fields.get("Label"))
    place = _point(fields.get("Location_X"), fields.get("Location_Y"), label)
    if place is None and not label:
        raise UnreadableMessage("Location_X", "位置消息没有可用的坐标，也没有地名")
    notes = () if place else ("坐标无法识别，只保留地名",)
    return _message(fields, account, "location", text=label, place=place, notes=notes)


def _link(fields: Fields, account: Account) -> Parsed:
    lines = (clean(fields.get(name)) for name in ("Description", "Url", "PagePath"))
    text, title = "\n".join(line for line in lines if line), clean(fields.get("Title"))
    if not text and not title:
        return _ignored(fields, account, "空白链接")
    return _message(fields, account, "link", title=title, text=text)


def _file(fields: Fields, account: Account) -> Parsed:
    name = _file_name(fields.get("Title")) or f"文件-{_tail(fields)}"
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    attached = Attachment(name, media_type, reference=_either(fields, "FileKey", "MediaId"))
    return _message(fields, account, "file", text=clean(fields.get("Description")), attachments=(attached,))


def _event(fields: Fields, account: Account) -> Parsed:
    event = fields.get("Event").lower()
    if not event:
        raise UnreadableMessage("Event", "事件消息缺少事件类型")
    if event in _REPORTS:
        status = _short(fields.get("Status") or fields.get("ErrorStatus"))
        if event == "templatesendjobfinish" and status.lower() not in {"success", ""}:
            return _not_delivered(fields, account, status)
        return _ignored(fields, account, _REPORTS[event] + (f"：{status}" if status else ""))
    if event not in _RESIDENT_EVENTS:
        return _ignored(fields, account, f"平台事件“{_short(fields.get('Event'))}”，与来信无关")
    if fields.get("FromUserName").lower() in {"", "sys"}:
        return _ignored(fields, account, f"事件“{_short(event)}”没有发出的居民")
    key, told, place = clean(fields.get("EventKey")), "", None
    if event == "subscribe":
        key = key.removeprefix("qrscene_")
    elif event == "location":
        place = _point(fields.get("Latitude"), fields.get("Longitude"), "")
    elif event == "location_select":
        picked = fields.groups.get("SendLocationInfo", {})
        told = clean(picked.get("Poiname") or picked.get("Label") or "")
        place = _point(picked.get("Location_X", ""), picked.get("Location_Y", ""), clean(picked.get("Label", "")))
    elif event.startswith("scancode_"):
        told = clean(fields.groups.get("ScanCodeInfo", {}).get("ScanResult", ""))
    return _message(fields, account, "event", text=told, place=place, event=event, event_key=key)


def _not_delivered(fields: Fields, account: Account, status: str) -> Parsed:
    """A template message that was taken and did not arrive. Its MsgID is the one that the sending was answered with."""
    blocked = "block" in status.lower()
    reason = "居民拒收了公众号的模板消息" if blocked else f"微信没有送达模板消息（{status}）"
    ours = f"template:{clean(fields.get('MsgID'))[:_LONGEST_ID]}"
    return _message(
        fields,
        account,
        "event",
        external_id=ours,
        thread=(ours,),
        automatic="receipt",
        event="receipt",
        report=Report("failed", reason, "blocked" if blocked else "refused"),
    )


_READERS: dict[str, Callable[[Fields, Account], Parsed]] = {
    "text": _text_message,
    "image": _image,
    "voice": _voice,
    "video": _video,
    "shortvideo": _video,
    "location": _location,
    "link": _link,
    "miniprogrampage": _link,
    "file": _file,
}


def _message(
    fields: Fields, account: Account, kind: MessageKind, *, notes: tuple[str, ...] = (), **more: Any
) -> InboundMessage:
    sender = clean(fields.get("FromUserName"))
    if not sender or len(sender) > _LONGEST_ID:
        raise UnreadableMessage("FromUserName", "缺少发信人" if not sender else "发信人标识过长")
    sent_at, doubt = _sent_at(fields.get("CreateTime"))
    if fields.get("AgentID"):
        notes = (*notes, "来自企业微信应用")
    return InboundMessage(
        channel=CHANNEL_NAME,
        account=account.name,
        delivery_id=delivery_id(fields),
        kind=kind,
        sender=Sender(sender),
        sent_at=sent_at,
        notes=fields.notes + doubt + notes,
        **{"external_id": _message_id(fields), **more},
    )


def _ignored(fields: Fields, account: Account, reason: str) -> Ignored:
    return Ignored(CHANNEL_NAME, account.name, delivery_id(fields), reason)


def _unsupported(fields: Fields, account: Account, reason: str) -> Ignored:
    """The resident wrote something that the interface does not pass on: he should know that nobody saw it."""
    sender = clean(fields.get("FromUserName"))
    told = sender if len(sender) <= _LONGEST_ID else ""
    return Ignored(CHANNEL_NAME, account.name, delivery_id(fields), reason, told)


def _message_id(fields: Fields) -> str:
    """The MsgId. ``MsgID``, which reports on our own sendings carry, names a sending job and not a delivery."""
    given = fields.get("MsgId")
    if not given and fields.get("MsgType").lower() not in {"", "event"}:
        given = fields.get("MsgID")
    return "" if given == "0" or len(given) > _LONGEST_ID else clean(given)


def _sent_at(created: str) -> tuple[datetime | None, tuple[str, ...]]:
    """CreateTime in UTC; None with a note if it is no second between WeChat's launch and the year 2100."""
    seconds = int(created) if created.isascii() and created.isdigit() and len(created) <= 11 else -1
    if _EARLIEST <= seconds < _LATEST:
        return datetime.fromtimestamp(seconds, tz=UTC), ()
    return None, (f"发送时间“{_short(created)}”不可信，未采用" if created else "没有发送时间",)


def _point(latitude: str, longitude: str, label: str) -> GeoPoint | None:
    try:
        north, east = float(latitude), float(longitude)
    except ValueError:
        return None
    if not (math.isfinite(north) and math.isfinite(east) and abs(north) <= 90 and abs(east) <= 180):
        return None
    return GeoPoint(north, east, label)


def _opened(envelope: str, account: Account) -> bytes:
    try:
        app_id, keys = decryption(account)
    except ChannelMisconfigured as error:
        raise UnreadableMessage("Encrypt", f"密文需要密钥，而账号设置有误：{error.setting}") from error
    if not keys:
        raise UnreadableMessage("Encrypt", "密文需要密钥：账号没有设置 encoding_aes_key")
    for key in keys:
        try:
            content, made_for = decrypt(envelope, key)
        except EnvelopeDamaged:
            continue
        if made_for == app_id:
            return content
    raise UnreadableMessage("Encrypt", "用账号的密钥解不开这段密文")


def _either(fields: Fields, *names: str) -> str:
    """The first of these fields that has a value. Raises ``UnreadableMessage``: without it nothing can be fetched."""
    for name in names:
        if value := clean(fields.get(name)):
            return value
    raise UnreadableMessage(names[0], f"{fields.get('MsgType')} 消息缺少素材标识")


def _tail(fields: Fields) -> str:
    return _file_name(_message_id(fields))[-8:] or fields.digest[:8]


def _file_name(given: str) -> str:
    """A name safe to show and save: no path, no control or direction marks, at most 120 characters."""
    return _UNSAFE_IN_NAMES.sub("_", clean(given)).strip(". ")[-120:]


def _short(value: str) -> str:
    return clean(value)[:40]
