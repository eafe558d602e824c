"""What one message holds: words, files, a place, a phone number (Bot API, "Message")."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from channels.cleaning import clean_file_name, clean_line, tidy
from channels.errors import UnreadableMessage
from channels.media_types import ending_for, media_type_of
from channels.message import Attachment, GeoPoint, MessageKind
from channels.telegram.payload import Part

DOWNLOAD_LIMIT = 20 * 1024 * 1024
"""Bytes of the largest file that the Bot API hands over (getFile)."""

_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,40}/[a-z0-9][a-z0-9.+-]{0,70}")
_LONGEST_REFERENCE = 500


@dataclass(frozen=True, slots=True)
class Content:
    """``text`` is said by the message besides its words. ``phone`` is the sender's own, given by himself."""

    kind: MessageKind
    text: str = ""
    attachments: tuple[Attachment, ...] = ()
    place: GeoPoint | None = None
    phone: str = ""
    notes: tuple[str, ...] = ()


def content_of(message: Part, sender: int) -> Content | None:
    """What the message holds, or None when nothing of it can be taken. Raises ``UnreadableMessage``."""
    for name, reader in _READERS.items():
        if message.has(name):
            return reader(message, sender)
    return None


def _text(_message: Part, _sender: int) -> Content:
    return Content("text")


def _photo(message: Part, _sender: int) -> Content:
    sizes = message.parts("photo")
    if not sizes:
        raise UnreadableMessage(message.at("photo"), "图片消息没有图片")
    largest = max(sizes, key=lambda size: (size.number("width") or 0) * (size.number("height") or 0))
    return _file("image", largest, f"图片-{_tail(message)}.jpg", "image/jpeg")


def _voice(message: Part, _sender: int) -> Content:
    voice = message.need("voice")
    media_type = _declared(voice) or "audio/ogg"
    return _file("voice", voice, f"语音-{_tail(message)}{_ending(media_type)}", media_type, "语音没有识别出文字")


def _audio(message: Part, _sender: int) -> Content:
    audio = message.need("audio")
    media_type = _declared(audio) or "audio/mpeg"
    fallback = f"录音-{_tail(message)}{_ending(media_type)}"
    found = _file("voice", audio, clean_file_name(audio.text("file_name"), fallback), media_type, "录音没有识别出文字")
    title = clean_line(audio.text("title"), 200)
    return Content(found.kind, f"录音：{title}" if title else "", found.attachments, notes=found.notes)


def _video(message: Part, _sender: int) -> Content:
    name = next(each for each in ("video", "video_note", "animation") if message.has(each))
    video = message.need(name)
    media_type = _declared(video) or "video/mp4"
    fallback = f"视频-{_tail(message)}{_ending(media_type)}"
    return _file("video", video, clean_file_name(video.text("file_name"), fallback), media_type)


def _document(message: Part, _sender: int) -> Content:
    document = message.need("document")
    name = clean_file_name(document.text("file_name"), f"文件-{_tail(message)}")
    return _file("file", document, name, media_type_of(_declared(document), name, b"")[0])


def _location(message: Part, _sender: int) -> Content:
    location = message.need("location")
    notes = ("实时位置，只采用第一次的坐标",) if location.has("live_period") else ()
    return Content("location", place=_point(location, ""), notes=notes)


def _venue(message: Part, _sender: int) -> Content:
    venue = message.need("venue")
    label = clean_line(f"{venue.text('title')} {venue.text('address')}", 300)
    return Content("location", label, place=_point(venue.need("location"), label))


def _contact(message: Part, sender: int) -> Content:
    contact = message.need("contact")
    phone = clean_line(contact.need_text("phone_number"), 40)
    if not phone:
        raise UnreadableMessage(contact.at("phone_number"), "名片里没有电话")
    if contact.integer("user_id") == sender:
        return Content("text", f"本人电话：{phone}", phone=phone)
    name = clean_line(f"{contact.text('last_name')}{contact.text('first_name')}", 100)
    return Content("text", f"名片：{name} {phone}" if name else f"名片：{phone}", notes=("他人的名片，不作本人电话",))


# A venue carries a location as well, an animation a document: the fuller one comes first.
_READERS: dict[str, Callable[[Part, int], Content]] = {
    "text": _text,
    "venue": _venue,
    "location": _location,
    "contact": _contact,
    "photo": _photo,
    "voice": _voice,
    "audio": _audio,
    "animation": _video,
    "video": _video,
    "video_note": _video,
    "document": _document,
}


def _file(kind: MessageKind, part: Part, name: str, media_type: str, *notes: str) -> Content:
    reference = part.need_text("file_id")
    if len(reference) > _LONGEST_REFERENCE or not reference.isascii() or not reference.isprintable():
        raise UnreadableMessage(part.at("file_id"), "文件标识过长，或不是可见字符")
    if (part.number("file_size") or 0) > DOWNLOAD_LIMIT:
        notes = (*notes, "文件超过 20 MB，Telegram 不向机器人提供下载")
    return Content(kind, attachments=(Attachment(name, media_type, reference=reference),), notes=notes)


def _point(location: Part, label: str) -> GeoPoint:
    north, east = location.number("latitude"), location.number("longitude")
    if north is None or east is None or abs(north) > 90 or abs(east) > 180:
        raise UnreadableMessage(location.where, "没有可用的坐标")
    return GeoPoint(north, east, label)


def _declared(part: Part) -> str:
    given = part.text("mime_type").lower()
    return given if _MEDIA_TYPE.fullmatch(given) else ""


def _ending(media_type: str) -> str:
    return {"audio/ogg": ".oga", "audio/mpeg": ".mp3", "video/mp4": ".mp4"}.get(media_type) or ending_for(media_type)


def _tail(message: Part) -> str:
    return str(message.integer("message_id") or "")[-12:]


def forwarded(message: Part) -> tuple[str, ...]:
    """A note that names who first wrote a forwarded message (Bot API, "MessageOrigin", and what came before it)."""
    origin = message.part("forward_origin")
    if origin is None and not any(message.has(f"forward_{name}") for name in ("date", "from", "sender_name")):
        return ()
    within = origin or message
    names = ("sender_user_name", "forward_sender_name", "author_signature")
    known = next((found for name in names if (found := tidy(within.text(name)))), "")
    for name in ("sender_user", "sender_chat", "chat", "forward_from", "forward_from_chat"):
        # In the message itself "chat" is the conversation, not the origin.
        if known or (origin is None and not name.startswith("forward_")):
            continue
        if (whose := within.part(name)) is not None:
            known = called(whose)
    return (f"转发的消息，原作者：{clean_line(known, 100)}" if known else "转发的消息，原作者不详",)


def called(who: Part) -> str:
    """What a user or chat calls himself: his name, else the chat's title, else @username."""
    name = clean_line(f"{who.text('first_name')} {who.text('last_name')}", 100) or clean_line(who.text("title"), 100)
    handle = clean_line(who.text("username"), 64)
    return name or (f"@{handle}" if handle else "")
