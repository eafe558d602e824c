"""Which parts of a letter are its text and which its files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from channels.cleaning import tidy
from channels.mailbox import attachments as files
from channels.mailbox.charsets import decode, markup_charset
from channels.mailbox.headers import split_headers
from channels.mailbox.html_text import html_to_text
from channels.mailbox.mime import MAX_DEPTH, MAX_PARTS, Part, read_parts
from channels.mailbox.winmail import open_winmail
from channels.message import Attachment

TEXT_LIMIT = 1_000_000
"""Characters of text kept on a message; the payload keeps all."""

_HTML_LIMIT = 4_000_000
_READ = frozenset(
    {
        "text/plain",
        "text/html",
        "text/enriched",
        "text/richtext",
        "text/markdown",
        "text/x-web-markdown",
        "text/watch-html",
    }
)
_ENCRYPTED_TYPES = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"})
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_UNREADABLE = "【本邮件已加密或整体签名封装，系统无法读取正文，请联系来信人以普通邮件重发】"
_NAMED = {
    "text/calendar": "invite.ics",
    "message/delivery-status": "退信详情.txt",
    "message/disposition-notification": "阅读回执.txt",
    "text/rfc822-headers": "原信信头.txt",
    "application/pgp-encrypted": "PGP版本.txt",
}
_CALENDAR_FIELD = re.compile(r"(?m)^(SUMMARY|LOCATION|DESCRIPTION)(?:;[^:\n]{0,200})?:(.*(?:\n[ \t].*)*)")


@dataclass(slots=True)
class Body:
    """The text (history still in it), the files and what had to be mended."""

    text: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        if text and text not in self.notes and len(self.notes) < 30:
            self.notes.append(text)


@dataclass(slots=True)
class _Piece:
    text: str
    markup: bool


def read_body(parts: list[Part], *, within: bool = False) -> Body:
    """Text and files of a letter. ``within``: the letter is itself a file of another, and is not opened further."""
    body = Body()
    rendered: dict[int, list[_Piece]] = {}
    for part in parts:
        for defect in part.headers.defects:
            body.note(defect)
        if part.cut:
            body.note(f"邮件结构过深或部件过多（上限 {MAX_DEPTH} 层、{MAX_PARTS} 个），其余未拆开，原件保留")
    # Children stand behind their parents, so backwards every child is ready before its parent asks for it.
    for part in reversed(parts):
        rendered[id(part)] = _render(part, rendered, body)
    body.text = "\n\n".join(piece.text.strip() for piece in rendered[id(parts[0])] if piece.text.strip())
    for part in parts:
        _collect(part, body)
    _uuencoded(body)
    body.text = tidy(body.text)
    if not body.text:
        _fallback_text(parts, body, within=within)
    if len(body.text) > TEXT_LIMIT:
        body.text = body.text[:TEXT_LIMIT]
        body.note(f"正文过长，只保留前 {TEXT_LIMIT} 字")
    if "-----BEGIN PGP MESSAGE-----" in body.text:
        body.note("正文含 PGP 密文，无法读取")
        body.text = f"{_UNREADABLE}\n\n{body.text}"
    return body


def _is_text(part: Part) -> bool:
    """Whether a leaf is words to read rather than a file."""
    if part.media_type not in _READ or part.children or part.cut:
        return False
    if part.depth == 0:
        return part.disposition != "attachment" or not part.file_name
    if part.disposition == "attachment":
        return False
    return not part.file_name or (
        part.media_type == "text/html"
        and part.disposition != "attachment"
        and part.parent is not None
        and part.parent.media_type == "multipart/alternative"
    )


def _render(part: Part, rendered: dict[int, list[_Piece]], body: Body) -> list[_Piece]:
    if part.children:
        return _combine(part, [rendered[id(child)] for child in part.children], body)
    if part.media_type == "multipart/encrypted" or part.media_type in _ENCRYPTED_TYPES:
        body.note("邮件已加密，正文无法读取，密文作为附件保留")
        return [_Piece(_UNREADABLE, markup=False)]
    if not _is_text(part):
        return []
    decoded = decode(part.content(), part.charset or _markup_charset(part))
    body.note(decoded.note)
    text = decoded.text
    if part.media_type == "text/html":
        if len(text) > _HTML_LIMIT:
            body.note("网页正文过长，只读取前一部分")
        return [_Piece(html_to_text(text[:_HTML_LIMIT]), markup=True)]
    if part.media_type in {"text/enriched", "text/richtext"}:
        return [_Piece(re.sub(r"<[^<>]{0,200}>", "", text), markup=False)]
    if part.parameters.get("format", "").lower() == "flowed":
        text = _reflow(text, join="" if part.parameters.get("delsp", "").lower() == "yes" else " ")
    return [_Piece(text, markup=False)]


def _markup_charset(part: Part) -> str:
    """The charset an HTML part names inside itself, when its header names none."""
    return markup_charset(part.content()) if part.media_type == "text/html" else ""


def _reflow(text: str, *, join: str) -> str:
    """Undo format=flowed (RFC 3676): a line that ends in a blank goes on in the next."""
    paragraphs: list[list[str]] = []
    open_line = False
    for raw in text.replace("\r\n", "\n").split("\n"):
        line = raw.removeprefix(" ")
        quoted = line.startswith(">")
        flows = line.endswith(" ") and line != "-- "
        piece = line[:-1] + join if flows else line
        if open_line and not quoted:
            paragraphs[-1].append(piece)
        else:
            paragraphs.append([piece])
        open_line = flows and not quoted
    return "\n".join("".join(pieces) for pieces in paragraphs)


def _combine(part: Part, children: list[list[_Piece]], body: Body) -> list[_Piece]:
    if part.media_type == "multipart/alternative":
        return _choose([pieces for pieces in children if any(piece.text.strip() for piece in pieces)])
    if part.media_type == "multipart/encrypted":
        body.note("邮件已加密，正文无法读取，密文作为附件保留")
        return [_Piece(_UNREADABLE, markup=False)]
    if part.media_type == "multipart/signed":
        body.note("邮件带数字签名，未核验")
        return children[0]
    if part.media_type == "multipart/related":
        return next((pieces for pieces in children if pieces), [])
    return [piece for pieces in children for piece in pieces]


def _choose(offers: list[list[_Piece]]) -> list[_Piece]:
    """The plain reading, unless it is a stub ("your client cannot show HTML") or has its letters lost to ``?``."""
    plain = next((offer for offer in offers if not any(piece.markup for piece in offer)), None)
    marked = next((offer for offer in reversed(offers) if any(piece.markup for piece in offer)), None)
    if plain is None or marked is None:
        return plain or marked or []
    said, shown = _joined(plain), _joined(marked)
    lost = said.count("?") + said.count("\ufffd") > max(3, len(said) // 4)
    stub = len(said) < 120 and len(shown) > 4 * len(said) + 40
    return marked if lost or stub else plain


def _joined(pieces: list[_Piece]) -> str:
    return "\n\n".join(piece.text for piece in pieces).strip()


def _collect(part: Part, body: Body) -> None:
    """Add the part to the files, if it is one."""
    if (part.children and not part.cut) or _is_text(part):
        return
    if part.media_type.startswith("multipart/") and not part.cut:
        return
    if part.media_type in _SIGNATURES and part.parent is not None and part.parent.media_type == "multipart/signed":
        return
    if part.cut and part.children:
        return
    content = part.content()
    if not content.strip() and not part.file_name:
        return
    if part.media_type == "text/calendar":
        body.note("邮件含日程邀请")
    if (
        part.media_type == "application/ms-tnef"
        or part.file_name.lower() == "winmail.dat"
        or (part.media_type == "application/vnd.ms-tnef")
    ):
        if _open_winmail(content, body):
            return
        body.note("winmail.dat 打不开或是空的，原样保留")
    inline = part.disposition != "attachment" and (part.headers.has("content-id") or part.disposition == "inline")
    _add(
        body, _name_of(part, content), part.media_type, content, inline=inline and part.media_type.startswith("image/")
    )


def _name_of(part: Part, content: bytes) -> str:
    named = part.file_name or _NAMED.get(part.media_type, "")
    if named or not part.media_type.startswith("message/"):
        return named
    headers, _ = split_headers(content, 0, min(len(content), 200_000))
    subject = headers.text("subject")[:80].replace("/", "_").replace("\\", "_")
    return f"{subject}.eml" if subject and part.media_type in {"message/rfc822", "message/global"} else ""


def _add(body: Body, name: str, declared: str, content: bytes, *, inline: bool) -> None:
    attachment, note = files.build(name, declared, content, len(body.attachments) + 1, inline=inline)
    if any(attachment.name == other.name and attachment.content == other.content for other in body.attachments):
        return  # invitations come twice, once to be read by machines
    body.attachments.append(attachment)
    body.note(note)


def _open_winmail(content: bytes, body: Body) -> bool:
    opened = open_winmail(content)
    if opened is None:
        return False
    body.note("已拆开 winmail.dat")
    if opened.text.strip() and not body.text.strip():
        body.text = opened.text
    for name, data in opened.files:
        _add(body, name, "application/octet-stream", data, inline=False)
    return True


def _uuencoded(body: Body) -> None:
    body.text, found = files.take_uuencoded(body.text.replace("\r\n", "\n"))
    for name, content in found:
        body.note("正文中的 uuencode 文件已取为附件")
        _add(body, name, "application/octet-stream", content, inline=False)


def _fallback_text(parts: list[Part], body: Body, *, within: bool) -> None:
    """A letter without words of its own: those of the invitation, or of the only letter handed on as a file."""
    for part in parts:
        if part.media_type == "text/calendar":
            text = decode(part.content(), part.charset or "utf-8").text.replace("\r\n", "\n")
            fields = [re.sub(r"\n[ \t]", "", value) for _, value in _CALENDAR_FIELD.findall(text)]
            body.text = tidy("\n".join(fields).replace("\\n", "\n").replace("\\,", ","))
            return
    letters = [part for part in parts if part.media_type in {"message/rfc822", "message/global"}]
    if len(letters) == 1 and not within:
        inner = read_parts(letters[0].content().lstrip())
        body.text = read_body(inner, within=True).text
        if body.text:
            body.note("正文取自随信转来的邮件")
