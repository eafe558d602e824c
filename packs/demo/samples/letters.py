"""Assembles the sample letters from ``letters.yaml`` as mail comes in: charsets, encodings, shapes, headers.

``python -m packs.demo.samples.letters`` writes ``letters/*.eml`` anew. The bytes are put together here and not by
``email.message``, whose folding changes with the Python version: the same YAML gives the same files everywhere.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
CHINA = timezone(timedelta(hours=8))
MAILBOX = "mayor@yuquan.example"
OWN = "desk.yuquan.example"
EOL = "\r\n"

Letter = Mapping[str, Any]


def read_letters(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """The letters in the file's order."""
    letters: list[dict[str, Any]] = yaml.safe_load((folder / "letters.yaml").read_text(encoding="utf-8"))
    return letters


def assemble(letter: Letter, letters: Mapping[str, Letter], folder: Path = FOLDER) -> bytes:
    """One letter as RFC 822 bytes with CRLF. ``letters`` are all by name, for the one that it answers."""
    charset = str(letter.get("charset", "utf-8"))
    headers = [
        *_transport(letter),
        ("From", _mailbox(letter["from"], charset)),
        ("To", _mailbox({"name": "玉泉区区长信箱", "address": MAILBOX}, charset)),
        ("Subject", encoded_words(str(letter["subject"]), charset)),
        ("Date", format_datetime(_moment(letter))),
        ("Message-ID", message_id(letter)),
        *_threading(letter, letters),
        *_marks(letter),
        ("MIME-Version", "1.0"),
    ]
    body_headers, body = _body(letter, letters, charset, folder)
    text = EOL.join(f"{name}: {value}" for name, value in [*headers, *body_headers])
    return (text + EOL + EOL).encode("ascii") + body


def message_id(letter: Letter) -> str:
    """The letter's own Message-ID, made of its name and its writer's host."""
    digest = hashlib.sha256(str(letter["name"]).encode()).hexdigest()[:16]
    return f"<{digest}@{letter['from']['address'].partition('@')[2]}>"


def encoded_words(text: str, charset: str) -> str:
    """RFC 2047 words of at most 12 characters each, folded; plain ASCII stays as it is."""
    if text.isascii():
        return text
    pieces = [text[start : start + 12] for start in range(0, len(text), 12)]
    words = (f"=?{charset}?B?{base64.b64encode(piece.encode(charset)).decode()}?=" for piece in pieces)
    return f"{EOL} ".join(words)


def _moment(letter: Letter) -> datetime:
    return datetime.fromisoformat(letter["date"]).replace(tzinfo=CHINA)


def _mailbox(who: Mapping[str, str], charset: str) -> str:
    return f"{encoded_words(who['name'], charset)} <{who['address']}>" if who["name"] else who["address"]


def _transport(letter: Letter) -> Iterator[tuple[str, str]]:
    host = letter["from"]["address"].partition("@")[2]
    sender = "" if letter.get("automatic") in {"bounce", "auto_reply"} else letter["from"]["address"]
    stamp = format_datetime(_moment(letter) + timedelta(seconds=7))
    yield "Return-Path", f"<{sender}>"
    yield "Received", f"from mx.{host} (mx.{host} [192.0.2.25]){EOL}\tby mail.yuquan.example with ESMTPS; {stamp}"


def _threading(letter: Letter, letters: Mapping[str, Letter]) -> Iterator[tuple[str, str]]:
    if earlier := letters.get(str(letter.get("reply_to_letter"))):
        yield "In-Reply-To", message_id(earlier)
        yield "References", message_id(earlier)


def _marks(letter: Letter) -> Iterator[tuple[str, str]]:
    """The headers by which automatic mail is known."""
    match letter.get("automatic"):
        case "auto_reply":
            yield "Auto-Submitted", "auto-replied"
            yield "X-Autoreply", "yes"
        case "list":
            yield "List-Id", "<weekly.cloudriver-news.example>"
            yield "List-Unsubscribe", "<mailto:leave@cloudriver-news.example>"
            yield "Precedence", "bulk"
        case "bounce":
            yield "Auto-Submitted", "auto-replied"


def _body(
    letter: Letter, letters: Mapping[str, Letter], charset: str, folder: Path
) -> tuple[list[tuple[str, str]], bytes]:
    text = str(letter["text"]).rstrip("\n") + "\n"
    if letter.get("quote"):
        text += _quoted(letters[letter["reply_to_letter"]])
    transfer = str(letter.get("transfer", "base64" if charset == "utf-8" else "8bit"))
    plain = _text_part("plain", text, charset, transfer)
    page = _text_part("html", as_html(text, charset), charset, transfer)
    boundary = f"=_{hashlib.sha256(str(letter['name']).encode()).hexdigest()[:24]}"
    if letter.get("automatic") == "bounce":
        return _multipart('report; report-type="delivery-status"', boundary, [plain, _status(letter), _returned()])
    match letter.get("shape", "plain"):
        case "html":
            main = page
        case "alternative":
            main = _multipart("alternative", f"{boundary}.a", [plain, page])
        case _:
            main = plain
    if "attachment" not in letter:
        return main
    return _multipart("mixed", boundary, [main, _file_part(letter, charset, folder)])


Part = tuple[list[tuple[str, str]], bytes]


def _text_part(subtype: str, text: str, charset: str, transfer: str) -> Part:
    # GB2312 is what old clients declare; what they send is GBK.
    raw = text.replace("\n", EOL).encode("gbk" if charset == "gb2312" else charset)
    headers = [("Content-Type", f'text/{subtype}; charset="{charset}"'), ("Content-Transfer-Encoding", transfer)]
    if transfer == "base64":
        raw = _base64_lines(raw)
    elif transfer == "quoted-printable":
        raw = binascii.b2a_qp(raw, istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return headers, raw


def _base64_lines(raw: bytes) -> bytes:
    encoded = base64.b64encode(raw)
    return b"".join(encoded[start : start + 76] + b"\r\n" for start in range(0, len(encoded), 76))


def as_html(text: str, charset: str) -> str:
    """A letter as a mail client writes it: a paragraph for each line, a style sheet nobody asked for."""
    lines = "".join(f"<p style='margin:0'>{html.escape(line) or '&nbsp;'}</p>\n" for line in text.split("\n"))
    style = "<style>p{font-family:SimSun,serif;font-size:14px}</style>"
    return f"<html><head><meta charset='{charset}'>{style}</head>\n<body>\n{lines}</body></html>\n"


def _quoted(earlier: Letter) -> str:
    """The letter that is answered, as clients put it below the answer."""
    at = f"{_moment(earlier):%Y-%m-%d %H:%M}"
    head = f"\n\n------------------ 原始邮件 ------------------\n发件人: {earlier['from']['address']}\n"
    head += f"发送时间: {at}\n收件人: {MAILBOX}\n主题: {earlier['subject']}\n\n"
    return head + "".join(f"> {line}\n" for line in str(earlier["text"]).rstrip("\n").split("\n"))


def _multipart(subtype: str, boundary: str, parts: Sequence[Part]) -> Part:
    out = b""
    for headers, body in parts:
        head = "".join(f"{name}: {value}{EOL}" for name, value in headers)
        out += f"--{boundary}{EOL}{head}{EOL}".encode("ascii") + body.rstrip(b"\r\n") + b"\r\n"
    out += f"--{boundary}--{EOL}".encode("ascii")
    return [("Content-Type", f'multipart/{subtype}; boundary="{boundary}"')], out


def _file_part(letter: Letter, charset: str, folder: Path) -> Part:
    file = folder / "letters" / "attached" / letter["attachment"]
    name = encoded_words(letter.get("attachment_name", file.name), charset)
    media_type = {".png": "image/png", ".pdf": "application/pdf"}[file.suffix]
    return [
        ("Content-Type", f'{media_type}; name="{name}"'),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", f'attachment; filename="{name}"'),
    ], _base64_lines(file.read_bytes())


def _status(letter: Letter) -> Part:
    host = letter["from"]["address"].partition("@")[2]
    said = (
        f"Reporting-MTA: dns; mx.{host}{EOL}{EOL}Final-Recipient: rfc822; nobody1203@{host}{EOL}Action: failed{EOL}"
        f"Status: 5.1.1{EOL}Diagnostic-Code: smtp; 550 5.1.1 user unknown{EOL}"
    )
    return [("Content-Type", "message/delivery-status")], said.encode("ascii")


def _returned() -> Part:
    said = f"From: {MAILBOX}{EOL}Message-ID: <a-letter-of-the-desk@{OWN}>{EOL}Subject: =?utf-8?B?5bey5pS25Yiw?={EOL}"
    return [("Content-Type", "text/rfc822-headers")], said.encode("ascii")


def main() -> None:
    """Write the files and take away those the YAML names no more."""
    letters = {letter["name"]: letter for letter in read_letters()}
    target = FOLDER / "letters"
    for file in target.rglob("*.eml"):
        if file.relative_to(target).with_suffix("").as_posix() not in letters:
            file.unlink()
    for name, letter in letters.items():
        (target / f"{name}.eml").write_bytes(assemble(letter, letters))


if __name__ == "__main__":
    main()
