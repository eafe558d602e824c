"""The XML of one callback, read safely into named texts.

Residents' text reaches us through old phones and middle boxes: a wrong character must not cost a message, so
encodings and illegal characters are mended and noted. Document types, entities and external references are
never a resident's doing: such a document is refused whole.
"""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from channels.errors import UnreadableMessage

MAX_BYTES = 1 << 20  # the platform's own limit for a text is 2 KiB; 1 MiB leaves room and stops floods

MAX_TAGS = 10_000
"""Opening and closing tags, of which a callback has some dozens: each costs a hundred times its bytes in memory."""

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_ILLEGAL_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufff9-\ufffb]")
_CHINESE_CODECS = {"gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "gb18030": "gb18030", "big5": "big5hkscs"}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF16_STARTS = {b"<\0x\0": "utf-16-le", b"<\0?\0": "utf-16-le", b"\0<\0x": "utf-16-be", b"\0<\0?": "utf-16-be"}


@dataclass(frozen=True, slots=True)
class Fields:
    """The document's children by name; ``groups`` holds the grandchildren of nested ones (ScanCodeInfo …)."""

    values: Mapping[str, str]
    groups: Mapping[str, Mapping[str, str]]
    digest: str
    """SHA-256 in hex over every element's name and text but ``Encrypt``, which differs at each redelivery."""
    notes: tuple[str, ...] = ()

    def get(self, name: str) -> str:
        return self.values.get(name, "")

    def has(self, name: str) -> bool:
        return name in self.values


def read(payload: bytes) -> Fields:
    """Read one callback body. Raises ``UnreadableMessage`` for whatever is not the platform's XML."""
    if len(payload) > MAX_BYTES:
        raise UnreadableMessage("xml", f"{len(payload)} 字节，超过上限 {MAX_BYTES} 字节")
    text, notes = _decoded(payload)
    text = _DECLARATION.sub("", text, count=1)
    text, dropped = _ILLEGAL_IN_XML.subn("", text)
    if not text.strip():
        raise UnreadableMessage("xml", "内容为空")
    if dropped:
        notes = (*notes, f"去掉了 {dropped} 个不合规范的控制字符")
    if text.count("<") > MAX_TAGS:
        raise UnreadableMessage("xml", f"标签超过 {MAX_TAGS} 个，不是微信消息")
    root = _root(text)
    values: dict[str, str] = {}
    groups: dict[str, dict[str, str]] = {}
    for child in root:
        if len(child):
            groups.setdefault(child.tag, {part.tag: _text(part) for part in child})
        else:
            values.setdefault(child.tag, _text(child))
    return Fields(values, groups, _digest(root), notes)


def clean(text: str) -> str:
    """Make a text fit for reading: one kind of line end, no control characters; bidi marks and joiners stay."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x85", "\n").replace("\u2028", "\n")
    return _CONTROLS.sub("", lines).strip()


def legal(text: str) -> str:
    """Drop what XML cannot carry."""
    return _ILLEGAL_IN_XML.sub("", text)


def cdata(text: str) -> str:
    """Wrap for XML; a ``]]>`` inside is split over two sections."""
    return "<![CDATA[" + legal(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _root(text: str) -> Element:
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UnreadableMessage("xml", "含有 DTD 或实体声明，已拒绝") from error
    except ParseError as error:
        line, column = error.position
        raise UnreadableMessage("xml", f"不是完整的 XML（第 {line} 行第 {column + 1} 字附近）") from error
    except (ValueError, LookupError, RecursionError) as error:
        raise UnreadableMessage("xml", "不是可读的 XML") from error
    if root.tag != "xml":
        raise UnreadableMessage("xml", f"根元素是 {root.tag[:40]}，不是微信消息")
    return root


def _text(element: Element) -> str:
    return (element.text or "").strip()


def _digest(root: Element) -> str:
    digest = hashlib.sha256()
    for element in root.iter():
        if element.tag != "Encrypt":
            digest.update(f"{element.tag}\x1f{_text(element)}\x1e".encode())
    return digest.hexdigest()


def _decoded(payload: bytes) -> tuple[str, tuple[str, ...]]:
    for bom, name in _BOMS:
        if payload.startswith(bom):
            return payload[len(bom) :].decode(name, "replace"), ()
    wide = _UTF16_STARTS.get(payload[:4])
    if wide:
        return payload.decode(wide, "replace"), (f"编码按 {wide} 读取",)
    try:
        return payload.decode("utf-8"), ()
    except UnicodeDecodeError:
        return _mended(payload)


def _mended(payload: bytes) -> tuple[str, tuple[str, ...]]:
    """Decode what is not strict UTF-8: halves of emoji, a cut character, or one of the Chinese encodings."""
    declared = _DECLARED.match(payload)
    named = _CHINESE_CODECS.get(declared[1].decode().lower()) if declared else None
    if named and (text := _strict(payload, named)) is not None:
        return text, (f"编码按 {named} 读取",)
    if (halves := _strict(payload, "utf-8", "surrogatepass")) is not None:
        joined = halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        lost = joined.count("\ufffd") - halves.count("\ufffd")
        return joined, (f"有 {lost} 处半个字符，以 \ufffd 代替" if lost else "拼合了分成两半的字符",)
    replaced = payload.decode("utf-8", "replace")
    lost = replaced.count("\ufffd")
    beyond_ascii = sum(character > "\x7f" for character in replaced)
    # A few bad bytes among many good characters: a cut text. Mostly bad ones: another encoding altogether.
    if lost > max(2, beyond_ascii // 20) and (text := _strict(payload, "gb18030")) is not None:
        return text, ("编码按 gb18030 读取",)
    return replaced, (f"有 {lost} 处字节无法识别，以 \ufffd 代替",)


def _strict(payload: bytes, encoding: str, errors: str = "strict") -> str | None:
    try:
        return payload.decode(encoding, errors)
    except UnicodeDecodeError:
        return None
