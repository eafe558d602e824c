"""Letters made to be slow, deep or large: each is read or refused within seconds, and nothing else is raised."""

from __future__ import annotations

import base64
import io
import time
import zipfile

import pytest

from channels.errors import UnreadableMessage
from channels.mailbox import CHANNEL
from channels.message import Account, InboundMessage

ACCOUNT = Account("mailbox", "letters", {"address": "mayor@example.com"})
HEAD = b"From: a@example.com\r\nSubject: x\r\nMessage-ID: <a@example.com>\r\nMIME-Version: 1.0\r\n"
SECONDS = 6.0
"""Of processor time, on a slow machine; what is quadratic in these sizes takes minutes."""

M = 1_000_000


def letter(body: bytes, media_type: bytes = b"text/plain; charset=utf-8", more: bytes = b"") -> bytes:
    return HEAD + more + b"Content-Type: " + media_type + b"\r\n\r\n" + body


def nested(depth: int, *, boundary: bytes = b"b%d", closed: bool = True, inside: bytes = b"") -> bytes:
    names = [boundary % number if b"%" in boundary else boundary * (number + 1) for number in range(depth)]
    opened = b"".join(
        b'Content-Type: multipart/mixed; boundary="' + name + b'"\r\n\r\n--' + name + b"\r\n" for name in names
    )
    ends = b"".join(b"--" + name + b"--\r\n" for name in reversed(names)) if closed else b""
    return (
        HEAD + opened + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + (inside or "话".encode()) + b"\r\n" + ends
    )


def parts(count: int, headers: bytes) -> bytes:
    return letter((b"--b\r\n" + headers + b"\r\n\r\nx\r\n") * count + b"--b--", b"multipart/mixed; boundary=b")


def winmail(content: bytes) -> bytes:
    return letter(b"\x78\x9f\x3e\x22\0\0" + content, b"application/ms-tnef; name=winmail.dat")


TRAPS = {
    "nested without end": lambda: nested(60_000, closed=False),
    "one boundary for all": lambda: nested(3_000, boundary=b"b"),
    "dashes under 200 levels": lambda: nested(200, inside=b"-" * 8 * M),
    "lookalikes under 200 levels": lambda: nested(200, boundary=b"c", inside=(b"\n--" + b"c" * 210) * 40_000),
    "letters in letters": lambda: letter(b"", b"message/rfc822") * 3_000,
    "400,000 parts": lambda: parts(100_000, b"Content-Type: text/html"),
    "a million fields": lambda: HEAD + b"X: y\r\n" * M + b"\r\nx",
    "a field of 8 MB": lambda: HEAD + b"X: " + b"y" * 8 * M + b"\r\n\r\nx",
    "lines that are no fields": lambda: HEAD + b"junk\r\nX: y\r\n" * (M // 2) + b"\r\nx",
    "In-Reply-To of 1 MB": lambda: HEAD + b"In-Reply-To: " + b"<a@b> " * 170_000 + b"\r\n\r\nx",
    "References without brackets": lambda: HEAD + b"References: " + b"a@" * (M // 2) + b"\r\n\r\nx",
    "many References": lambda: HEAD + b"References: <aaaaaaaaaaaaaaaaaaa@bbbbbbbbb>\r\n" * 20_000 + b"\r\nx",
    "subject of encoded words": lambda: b"Subject: " + b"=?utf-8?b?6Lev?= " * 60_000 + b"\r\n" + HEAD + b"\r\nx",
    "sender of quotes": lambda: b'From: "' + b'\\"' * (M // 2) + b"\r\n\r\nx",
    "parameters": lambda: HEAD + b"Content-Type: text/plain" + b"; a*0*=b" * 60_000 + b"\r\n\r\nx",
    "unclosed tags": lambda: letter(b"<div>" * 400_000, b"text/html"),
    "open quotations": lambda: letter(b"<blockquote>x" * 150_000, b"text/html"),
    "angle brackets": lambda: letter(b"<" * 2 * M, b"text/html"),
    "open comments": lambda: letter(b"<!--" * 500_000, b"text/html"),
    "open attributes": lambda: letter(b'<a href="' * 250_000, b"text/html"),
    "open scripts": lambda: letter(b"<svg>" * 250_000, b"text/html"),
    "blanks before a word": lambda: letter((b" " * 100_000 + b"x\r\n") * 40),
    "blanks between Chinese": lambda: letter(("话" + " " * 100_000).encode() * 20, b"text/html; charset=utf-8"),
    "half quotation lines": lambda: letter((b"On 1 " + b"a" * 300 + b"\r\n") * 30_000),
    "sender lines": lambda: letter("发件人：a\r\n".encode() * 300_000),
    "uuencoded without end": lambda: letter(b"begin 644 a\r\n" + (b"M" + b"x" * 60 + b"\r\n") * 100_000),
    "base64 that is none": lambda: letter(b"!@#A==" * M, b"application/pdf; name=a.pdf", b"Content-Transfer-Encoding: base64\r\n"),
    "bytes of no charset": lambda: letter(bytes(range(128, 256)) * 50_000),
    "winmail with a false count": lambda: winmail(b"\1\3\x90\6\0\4\0\0\0\xff\xff\xff\xff\0\0"),
    "winmail with false values": lambda: winmail(b"\1\3\x90\6\0\xff\xff\xff\x7f\xff\xff\xff\xff" + b"\2\x11\0\0\xff\xff\xff\xff" * 50_000),
    "winmail of zeros": lambda: winmail(b"\0" * 5 * M),
    "winmail of empty attributes": lambda: winmail(b"\1\x0f\x80\6\0\0\0\0\0\0\0" * 300_000),
}  # fmt: skip


def read(payload: bytes) -> InboundMessage:
    (message,) = CHANNEL.parse(payload, ACCOUNT)
    assert isinstance(message, InboundMessage)
    return message


@pytest.mark.parametrize("name", TRAPS)
def test_a_letter_made_to_be_slow_is_read_within_seconds(name):
    payload = TRAPS[name]()
    begun = time.process_time()
    read(payload)
    assert time.process_time() - begun < SECONDS


def test_a_letter_of_30_mb_is_refused_for_its_size():
    with pytest.raises(UnreadableMessage) as raised:
        CHANNEL.parse(letter(b"x" * 30 * M), ACCOUNT)
    assert raised.value.where == "size"
    assert "25.0 MB" in raised.value.why


@pytest.mark.parametrize("sender", [b'"%s" <a@example.com>', b"%s a@example.com,,<"], ids=["by the grammar", "by none"])
def test_a_name_has_no_more_characters_than_the_desk_keeps_of_one(sender):
    payload = b"From: " + sender % ("长" * 500).encode() + b"\r\nSubject: a\r\n\r\nb"
    assert read(payload).sender.name == "长" * 120


def test_two_hundred_levels_are_read_to_the_innermost_word():
    assert read(nested(200)).text == "话"


def test_what_is_nested_too_deep_is_kept_unread_and_told():
    message = read(nested(2_000))
    assert len(message.attachments) == 1
    assert any("结构过深" in note for note in message.notes)


def test_two_thousand_parts_are_read_up_to_the_bound_and_told():
    message = read(parts(2_000, b"Content-Type: text/plain"))
    assert message.text.count("x") == 999
    assert any("部件过多" in note for note in message.notes)


def test_a_text_of_a_hundred_thousand_characters_is_kept_whole():
    text = "路灯不亮，请派人来修。" * 9_091
    assert read(letter(text.encode())).text == text


def test_what_stands_after_a_header_of_megabytes_is_still_the_text():
    message = read(HEAD + b"In-Reply-To: " + b"<a@b> " * 170_000 + b"\r\nX: " + b"y" * M + b"\r\n\r\n" + "话".encode())
    assert message.text == "话"
    assert any("信头过长" in note for note in message.notes)


def test_an_archive_that_would_burst_is_only_stored():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 50 * M)
    content = packed.getvalue()
    body = b"--b\r\nContent-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    message = read(letter(body + base64.encodebytes(content) + b"--b--", b"multipart/mixed; boundary=b"))
    assert [(one.name, one.content) for one in message.attachments] == [("a.zip", content)]


@pytest.mark.parametrize(
    "charset", ["zlib", "base64", "rot13", "idna", "unicode-escape", "../../x", "a\0b", "x" * 60_000]
)
def test_a_charset_that_is_none_neither_decodes_nor_raises(charset):
    message = read(letter(b"\\u0041 x\xff", b'text/plain; charset="%s"' % charset.encode()))
    assert message.text.startswith("\\u0041 x")
