"""Header fields as they come: folded, encoded, in raw 8-bit, or broken; read without ever raising."""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from channels.cleaning import clean_line
from channels.mailbox.charsets import decode

_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]{1,100})[ \t]*:(.*)", re.DOTALL)
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_WORD = re.compile(rb"=\?([^?\s]{1,60})\?([bBqQ])\?(.{0,8000}?)(?:\?=|\Z)", re.DOTALL)
_PARAMETER = re.compile(rb";\s*([^\s=;\"]{1,60})\s*=\s*(\"(?:[^\"\\]|\\.)*\"|\"[^;]*|[^;]*)", re.DOTALL)
_SECTION = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?$")
_BLOCK_LIMIT = 2_000_000
_VALUE_LIMIT = 64_000


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of one part in their order: lower-case names, unfolded raw values."""

    fields: tuple[tuple[str, bytes], ...] = ()
    defects: tuple[str, ...] = ()

    def all(self, name: str) -> list[bytes]:
        return [value for key, value in self.fields if key == name]

    def raw(self, name: str) -> bytes:
        """The first field of that name, or empty bytes."""
        return next((value for key, value in self.fields if key == name), b"")

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)

    def text(self, name: str, charset: str = "") -> str:
        """The first field of that name, decoded, on one line; ``charset`` is a hint for raw 8-bit text."""
        return clean_line(decode_words(self.raw(name), charset))

    def plain(self, name: str) -> str:
        """``text`` in lower case without comments: for fields that hold a keyword."""
        return re.sub(r"\([^()]{0,200}\)", "", self.text(name)).strip().lower()


def split_headers(data: bytes, start: int, end: int) -> tuple[Headers, int]:
    """Read the header block of ``data[start:end]``; return it and where the body begins."""
    fields: list[tuple[str, list[bytes]]] = []
    defects: list[str] = []
    position = start
    limit = min(end, start + _BLOCK_LIMIT)
    while position < limit:
        found = _LINE.match(data, position, end)
        line = found.group() if found else b""
        stripped = line.rstrip(b"\r\n")
        if not stripped:
            position += len(line)
            break
        matched = _FIELD.match(stripped)
        if stripped[:1] in b" \t" and fields:
            fields[-1][1].append(stripped)
        elif matched:
            fields.append((matched.group(1).decode("ascii").lower(), [matched.group(2)]))
        elif _field_follows(data, position + len(line), limit):
            defects.append("信头有无法识别的行")
        else:
            defects.append("信头与正文之间缺少空行")
            break
        position += len(line)
    else:
        position = end if position >= end else _after_block(data, position, end, defects)
    values = tuple((name, b"".join(parts).strip()[:_VALUE_LIMIT]) for name, parts in fields)
    return Headers(values, tuple(dict.fromkeys(defects))), position


def _field_follows(data: bytes, position: int, end: int) -> bool:
    """Whether a field stands in the rest of this block: then the odd line is inside it, not the body."""
    for _ in range(5):
        found = _LINE.match(data, position, end)
        line = found.group() if found else b""
        if not line.rstrip(b"\r\n"):
            return False
        matched = _FIELD.match(line)
        if matched and re.fullmatch(rb"[A-Za-z][A-Za-z-]{1,40}", matched.group(1)):
            return True
        position += len(line)
    return False


def _after_block(data: bytes, position: int, end: int, defects: list[str]) -> int:
    defects.append("信头过长，超出部分未读")
    blank = re.compile(rb"\r?\n\r?\n").search(data, max(position - 2, 0), end)
    return blank.end() if blank else end


@lru_cache(maxsize=64)
def decode_words(value: bytes, charset: str = "") -> str:
    """Decode RFC 2047 words, also badly folded ones and characters cut between two words; raw text by its look.

    The last ones are kept: a letter's headers are asked for again and again while it is read.
    """
    out: list[str] = []
    pending: tuple[str, bytes] | None = None
    position = 0
    for found in _WORD.finditer(value):
        between = value[position : found.start()]
        position = found.end()
        name = found.group(1).decode("ascii", "replace").split("*")[0].lower()
        content = _word_bytes(found.group(2), found.group(3))
        if pending and not between.strip() and pending[0] == name:
            pending = (name, pending[1] + content)
            continue
        if pending:
            out.append(decode(pending[1], pending[0]).text)
        if between.strip() or not pending:
            out.append(decode(between, charset).text)
        pending = (name, content)
    if pending:
        out.append(decode(pending[1], pending[0]).text)
    out.append(decode(value[position:], charset).text)
    return "".join(out)


def _word_bytes(encoding: bytes, content: bytes) -> bytes:
    if encoding in b"bB":
        return base64_bytes(content)
    return binascii.a2b_qp(content.replace(b"\r", b"").replace(b"\n", b"").replace(b"_", b"=20"))


def base64_bytes(content: bytes) -> bytes:
    """Decode Base64 that may hold blanks, lack its padding or be cut."""
    try:
        return binascii.a2b_base64(content)
    except binascii.Error:
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", content)
        kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def parse_parameters(value: bytes) -> tuple[str, dict[str, str]]:
    """``text/plain; charset=x`` as ("text/plain", {"charset": "x"}): RFC 2231, RFC 2047 and raw names decoded."""
    head, _, _ = value.partition(b";")
    sections: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for found in _PARAMETER.finditer(value[len(head) :]):
        matched = _SECTION.match(found.group(1).decode("ascii", "replace").lower())
        if not matched:
            continue
        name, index, extended = matched.group(1), int(matched.group(2) or 0), bool(matched.group(3))
        sections.setdefault(name, {}).setdefault(index, (_unquote(found.group(2)), extended))
    parameters = {name: clean_line(_joined(parts), 1000) for name, parts in sections.items()}
    return re.sub(r"\s", "", head.decode("ascii", "ignore")).lower(), parameters


def _unquote(value: bytes) -> bytes:
    value = value.strip()
    if value[:1] == b'"':
        value = value[1:-1] if len(value) > 1 and value[-1:] == b'"' else value[1:]
        return re.sub(rb'\\(["\\])', rb"\1", value)
    return value


def _joined(parts: dict[int, tuple[bytes, bool]]) -> str:
    if not any(extended for _, extended in parts.values()):
        return decode_words(b"".join(parts[index][0] for index in sorted(parts)))
    charset, data = "", b""
    for index in sorted(parts):
        content, extended = parts[index]
        if extended and not data and content.count(b"'") >= 2:
            name, _, content = content.split(b"'", 2)
            charset = name.decode("ascii", "replace")
        data += unquote_to_bytes(content) if extended else content
    return decode(data, charset).text
