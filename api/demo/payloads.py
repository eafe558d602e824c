"""Payloads as the platforms deliver them, for sample messages and the resident simulator."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from xml.sax.saxutils import escape

OFFICIAL_ACCOUNT = "gh_demo_yuquan"


def wechat_xml(
    *,
    sender: str,
    at: datetime,
    kind: str = "text",
    text: str = "",
    message_id: str = "",
    position: tuple[float, float] = (39.9043, 116.3652),
) -> bytes:
    """A callback of an official account, decrypted.

    ``kind``: text, voice (``text`` is what WeChat recognised), image, location (``text`` is the label), or event
    (``text`` is its name). An event has no ``message_id``.
    """
    fields = {
        "ToUserName": OFFICIAL_ACCOUNT,
        "FromUserName": sender,
        "CreateTime": str(int(at.timestamp())),
        "MsgType": kind,
    } | _content(kind, text, message_id, position)
    if kind != "event":
        fields["MsgId"] = message_id
    body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return f"<xml>{body}</xml>".encode("utf-8", "replace")


def media_id(message_id: str) -> str:
    """The id under which the platform keeps the file of a message."""
    return f"media-{message_id}"


def _content(kind: str, text: str, message_id: str, position: tuple[float, float]) -> dict[str, str]:
    match kind:
        case "voice":
            return {"MediaId": media_id(message_id), "Format": "amr", "Recognition": text}
        case "image":
            return {"PicUrl": "", "MediaId": media_id(message_id)}
        case "location":
            return {"Location_X": f"{position[0]}", "Location_Y": f"{position[1]}", "Scale": "16", "Label": text}
        case "event":
            return {"Event": text or "subscribe"}
        case _:
            return {"Content": text}


def letter(
    *,
    sender: tuple[str, str],
    to: str,
    subject: str,
    text: str,
    at: datetime,
    message_id: str,
    replies_to: str = "",
    file: tuple[str, bytes] | None = None,
) -> bytes:
    """A letter as RFC 822 bytes; ``sender`` is name and address, ``file`` an attachment's name and content."""
    mail = EmailMessage()
    mail["From"] = formataddr(sender)
    mail["To"] = to
    mail["Subject"] = " ".join(subject.split())
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = message_id
    if replies_to:
        mail["In-Reply-To"] = mail["References"] = replies_to
    mail.set_content(text)
    if file is not None:
        name, content = file
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()
