"""Text files in the charsets that Chinese offices save in."""

from __future__ import annotations

from knowledge.errors import UnfitFile

_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_TRIED = ("utf-8", "gb18030")


def decode(payload: bytes, *, stated: str = "") -> str:
    """The text: by its byte order mark, as stated, as UTF-8, as GB18030. Raises ``UnfitFile`` where none fits."""
    for mark, charset in _MARKS.items():
        if payload.startswith(mark):
            return payload.decode(charset, "replace")
    if b"\0" in payload[:4_000]:
        raise UnfitFile("不是文字文件，或编码不是 UTF-8、GB18030，请另存为 UTF-8 再导入")
    for charset in (*_TRIED, stated):
        try:
            return payload.decode(charset)
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    raise UnfitFile("文字编码无法识别，请另存为 UTF-8 再导入")
