"""Ways to damage a payload: blind ones, and those that know what kind of document they hurt.

A wound takes ``draw`` of a hypothesis strategy, the payload, and others to take pieces from, and gives a payload.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st

from drills.parsing import LARGEST

Draw = Callable[..., Any]
Wound = Callable[[Draw, bytes, Sequence[bytes]], bytes]

SPLINTERS = (
    b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x80", b"\xff", b"\xed\xa0\xbd", b"\xed\xb8\x80",
    b"\x1b$B", b"\x0e",
    b"\\u0000", b"\\ud83d", b"\\ude00", b"\\uFFFF", b"&#0;", b"&#xD800;", b"&#xFFFF;", b"&amp;", b"&lol;", b"]]>",
    b"<![CDATA[", b"<!--", b"-->", b"<?xml version='1.0' encoding='utf-7'?>", b"<", b">", b"</", b'"', b"'",
    b"\\", b"[", b"]",
    b"{", b"}", b",", b":", b"\r", b"\n", b"\r\n\r\n", b"\n ", b"\t", b" ", b";", b"=", b"=?utf-8?B?",
    b"=?x?q?=ff?=", b"?=", b"=\n",
    b"~{", b"+AGE-", b"--", b"%00", b"\xe2\x80\xae", b"\xe2\x80\x8b", b"\xe3\x80\x80", b"\xf0\x9f\x98\x80",
    b"\xc2\x85",
    b"\xe2\x80\xa8", b"(", b")", b"<a@b.c>", b"_x000D_", b"_xD83D_", "嗯，".encode(), "：".encode(), "退信".encode(),
)  # fmt: skip
NUMBERS = (
    b"0", b"-1", b"-0", b"1e400", b"1e-400", b"1E+11", b"00", b"0x10", b"9" * 20, b"9" * 400, b"9" * 5000,
    b"4294967296",
    b"9223372036854775808", b"1.7976931348623157e309", b"NaN", b"Infinity", b"true", b"null", "９".encode(),
    "²".encode(),
    "一".encode(), b"99999999999999", b"2147483648", b"1.0000000000000000000000001", b"20260231", b"0000-00-00",
)  # fmt: skip
MARKUP = (
    b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>', b'<!DOCTYPE x SYSTEM "file:///etc/hostname">',
    b"<!ENTITY a 'a'>",
    b"&a;", b"<![CDATA[<a>]]>", b"<![CDATA[]]]]><![CDATA[>]]>", b"<?pi ?>", b"<!-- -- -->", b'<a xmlns="x"/>',
    b"<x:a/>",
    b"<a/>", b"<MsgId>1</MsgId>", b"<a b='1' b='2'/>", b'<c r="A1" t="s"><v>99999</v></c>',
    b'<c r="ZZZ9999999"><f>1</f></c>',
    b'<mergeCell ref="A1:XFD1048576"/>', b'<row r="1048576"/>', b"<xml>", b"</xml>", b"&#1114112;",
)  # fmt: skip
LINES = (
    b"Content-Type: multipart/mixed; boundary=x", b"Content-Type: multipart/mixed",
    b"Content-Type: text/html; charset=utf-7",
    b"Content-Type: text/plain; charset=idna", b"Content-Type: message/rfc822", b"Content-Transfer-Encoding: base64",
    b"Content-Transfer-Encoding: quoted-printable", b"Content-Transfer-Encoding: x-uuencode",
    b"Content-Type: text/calendar",
    b"Content-Type: message/delivery-status", b"Content-Type: application/ms-tnef",
    b"Content-Type: text/html; charset*0*=a'b'%E",
    b'Content-Disposition: attachment; filename*1*=%ff; filename="/../a"', b"From: <>",
    b"From: =?utf-8?B?//8=?= <a@b.c>",
    b"Date: Thu, 99 Feb 99999 99:99:99 +9999", b"Date: 0", b"Subject: =?gb2312?B?1tA=?= =?gb2312?B?zg==?=",
    b"Message-ID: <>",
    b"References: <a@b> <a@b>", b"Auto-Submitted: auto-replied", b"--x", b"--x--", b"begin 644 a", b"end", b".",
    b"From a b",
    b"> On Mon, 1 wrote:", "发件人：a".encode(), b"<html><table><tr><td>", b"\xff\xd8\xff", "时间,电话,内容".encode(),
    b",,,,,,",
    b'"', b'""""', b"=1+1", "[00:00:01] 坐席：您好".encode(), "呼叫编号：1".encode(),
)  # fmt: skip
_DIGITS = re.compile(rb"\d+(?:\.\d+)?")
_KEY = re.compile(rb'"(?:[^"\\]|\\.){0,60}"\s{0,3}:')
_TAG = re.compile(rb"<[^<>]{1,200}>")


def form_of(payload: bytes) -> str:
    """``json``, ``xml``, ``zip`` or ``lines``, by the first bytes."""
    start = payload[:100].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"PK"):
        return "zip"
    if start.startswith((b"{", b"[{")):
        return "json"
    return "xml" if start.startswith(b"<") else "lines"


def _place(draw: Draw, payload: bytes) -> int:
    return draw(st.integers(0, 1 << 16)) * len(payload) >> 16


def _stretch(draw: Draw, payload: bytes) -> tuple[int, int]:
    at = _place(draw, payload)
    return at, min(len(payload), at + draw(st.sampled_from((1, 2, 4, 16, 64, 400, 4000))))


def _cut(draw: Draw, payload: bytes, _others: Sequence[bytes]) -> bytes:
    at = _place(draw, payload)
    return payload[at:] if draw(st.integers(0, 3)) == 3 else payload[:at]


def _drop(draw: Draw, payload: bytes, _others: Sequence[bytes]) -> bytes:
    at, end = _stretch(draw, payload)
    return payload[:at] + payload[end:]


def _repeat(draw: Draw, payload: bytes, _others: Sequence[bytes]) -> bytes:
    at, end = _stretch(draw, payload)
    times = min(draw(st.sampled_from((2, 3, 20, 400, 20_000))), 1 + LARGEST // max(1, end - at))
    return payload[:at] + payload[at:end] * times + payload[end:]


def _flip(draw: Draw, payload: bytes, _others: Sequence[bytes]) -> bytes:
    flipped = bytearray(payload)
    for _ in range(draw(st.integers(1, 6))):
        at = _place(draw, payload)
        if at < len(flipped):
            flipped[at] ^= draw(st.sampled_from((0x01, 0x20, 0x80, 0xFF)))
    return bytes(flipped)


def _insert(draw: Draw, payload: bytes, _others: Sequence[bytes]) -> bytes:
    at, splinter = _place(draw, payload), draw(st.sampled_from(SPLINTERS))
    times = draw(st.sampled_from((1, 1, 1, 2, 50, 3_000, 100_000)))
    return payload[:at] + (splinter * times)[:LARGEST] + payload[at:]


def _graft(draw: Draw, payload: bytes, others: Sequence[bytes]) -> bytes:
    other = draw(st.sampled_from(others))
    (at, end), (start, stop) = _stretch(draw, payload), _stretch(draw, other)
    return payload[:at] + other[start:stop] + payload[end:]


def _number(draw: Draw, payload: bytes, _others: Sequence[bytes]) -> bytes:
    return _replaced(draw, payload, _DIGITS, lambda _old: draw(st.sampled_from(NUMBERS)))


def _in_base64(draw: Draw, payload: bytes, _others: Sequence[bytes]) -> bytes:
    at, end = _stretch(draw, payload)
    return payload[:at] + base64.b64encode(payload[at:end]) + payload[end:]


def _recoded(draw: Draw, payload: bytes, _others: Sequence[bytes]) -> bytes:
    charset = draw(
        st.sampled_from(("gb18030", "utf-16", "utf-16-le", "utf-16-be", "big5hkscs", "utf-7", "utf-8-sig", "utf-32"))
    )
    return payload.decode("utf-8", "replace").encode(charset, "replace")


def _replaced(draw: Draw, payload: bytes, pattern: re.Pattern[bytes], by: Callable[[bytes], bytes]) -> bytes:
    """With one of the pattern's matches replaced."""
    found = list(pattern.finditer(payload[:100_000]))
    if not found:
        return payload
    one = found[draw(st.integers(0, len(found) - 1))]
    return payload[: one.start()] + by(one.group()) + payload[one.end() :]


def _nest(draw: Draw, payload: bytes, others: Sequence[bytes]) -> bytes:
    """A value of a JSON document put deeper, or something else put in its place."""
    with contextlib.suppress(ValueError, RecursionError):
        return json.dumps(_changed(draw, json.loads(payload)), ensure_ascii=draw(st.booleans())).encode(
            "utf-8", "replace"
        )
    return _insert(draw, payload, others)


def _changed(draw: Draw, value: Any) -> Any:
    inner = (
        list(value.items() if isinstance(value, dict) else enumerate(value)) if isinstance(value, dict | list) else []
    )
    if inner and draw(st.integers(0, 4)):
        key, child = inner[draw(st.integers(0, len(inner) - 1))]
        value[key] = _changed(draw, child)
        return value
    return draw(st.sampled_from(_OTHER_VALUES))(value)


def _wrapped(levels: int, make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def wrap(value: Any) -> Any:
        for _ in range(levels):
            value = make(value)
        return value

    return wrap


_OTHER_VALUES: tuple[Callable[[Any], Any], ...] = (
    *(_wrapped(levels, make) for levels in (1, 5, 31, 200) for make in (lambda one: [one], lambda one: {"a": one})),
    *((lambda _old, new=new: new) for new in (None, True, 0, -1, 1.5, 1e308, 1 << 70, "", " ", "\0", "\ud800",
    [], {}, [[]], "a" * 200_000)),
    lambda old: f"{old}" * 50,
    lambda old: base64.b64encode(f"{old}".encode("utf-8", "replace")).decode(),
    lambda old: [old] * 3_000,
    lambda old: {f"{number}": old for number in range(300)},
    lambda old: {"\0": old, " ": old},
)  # fmt: skip


def _key_twice(draw: Draw, payload: bytes, _others: Sequence[bytes]) -> bytes:
    value = draw(st.sampled_from((b"1", b'"a"', b"null", b"[]", b"{}")))
    return _replaced(draw, payload, _KEY, lambda key: key + value + b"," + key)


def _markup(draw: Draw, payload: bytes, _others: Sequence[bytes]) -> bytes:
    times = draw(st.sampled_from((1, 1, 2, 5_000)))
    splinter = draw(st.sampled_from(MARKUP)) * times
    return _replaced(draw, payload, _TAG, lambda tag: tag + splinter if draw(st.booleans()) else splinter + tag)


def _element(draw: Draw, payload: bytes, _others: Sequence[bytes]) -> bytes:
    """An element in itself, many times, or over again."""
    levels = draw(st.sampled_from((1, 3, 300, 20_000)))
    names = list(re.finditer(rb"<(\w{1,30})[^<>]{0,100}>[^<]{0,200}", payload[:50_000]))
    if not names:
        return payload
    one = names[draw(st.integers(0, len(names) - 1))]
    close = b"</" + one[1] + b">"
    middle = (
        one.group() * levels + close * (levels - 1)
        if draw(st.booleans())
        else (one.group() + close) * levels + one.group()
    )
    return payload[: one.start()] + middle + payload[one.end() :]


def _line(draw: Draw, payload: bytes, _others: Sequence[bytes]) -> bytes:
    """A line over again, out of its place, folded, in base64, or a hostile one beside it."""
    lines = payload.split(b"\n")
    at = draw(st.integers(0, len(lines) - 1))
    how = draw(st.integers(0, 6))
    if how == 0:
        lines[at:at] = [lines[at]] * min(draw(st.sampled_from((1, 5, 3_000))), 1 + LARGEST // (len(lines[at]) + 1))
    elif how == 1:
        del lines[at]
    elif how == 2:
        lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
    elif how == 3:
        lines[at] = lines[at].replace(b" ", b"\r\n ")
    elif how == 4:
        lines[at:] = [base64.encodebytes(b"\n".join(lines[at:]))]
    else:
        lines.insert(at, draw(st.sampled_from(LINES)) + draw(st.sampled_from((b"", b"\r"))))
    return b"\n".join(lines)


def _member(draw: Draw, payload: bytes, others: Sequence[bytes]) -> bytes:
    """A file inside of a ZIP damaged, and all packed again."""
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            members = {info.filename: archive.read(info) for info in archive.infolist()}
    except Exception:
        return _flip(draw, payload, others)
    if not members:
        return payload
    name = sorted(members)[draw(st.integers(0, len(members) - 1))]
    hurt = draw(st.sampled_from((*_BLIND, *_BY_FORM["xml"])))
    members[name] = hurt(draw, members[name], list(members.values()))[:LARGEST]
    if draw(st.integers(0, 9)) == 9:
        del members[name]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", draw(st.sampled_from((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)))) as archive:
        for each, content in members.items():
            archive.writestr(each, content)
    return packed.getvalue()


_BLIND: tuple[Wound, ...] = (
    _cut,
    _drop,
    _repeat,
    _flip,
    _insert,
    _insert,
    _graft,
    _graft,
    _number,
    _in_base64,
    _recoded,
)
_BY_FORM: dict[str, tuple[Wound, ...]] = {
    "json": (_nest, _nest, _nest, _key_twice),
    "xml": (_markup, _markup, _element, _element),
    "lines": (_line, _line, _line, _line, _line),
    "zip": (_member,) * 12,
}


@st.composite
def wounded(draw: Draw, samples: Sequence[bytes]) -> bytes:
    """One of the samples with one to four wounds, of ``LARGEST`` bytes at most."""
    payload: bytes = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 4))):
        wounds = (*_BLIND, *_BY_FORM[form_of(payload)])
        payload = draw(st.sampled_from(wounds))(draw, payload, samples)[:LARGEST]
    return payload
