"""Text that a database can store and a person can trust: no NUL, no half surrogates, no turned-round names."""

from __future__ import annotations

import re

_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (0x09, 0x0A, 0x0D)}
# Bidirectional embedding, override and isolate marks: "gpj.exe" is shown as "exe.jpg" with them.
_BIDI = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0x061C, 0x00AD))
_TEXT_TABLE: dict[int, str | None] = {
    **_CONTROLS,
    **_BIDI,
    0x0D: "\n",
    0x85: "\n",
    0x2028: "\n",
    0x2029: "\n",
    0x00A0: " ",
    0xFEFF: None,
    0xFFFE: None,
    0xFFFF: None,
}
_LINE_TABLE: dict[int, str | None] = {**_TEXT_TABLE, **_INVISIBLE}
_SURROGATES = re.compile("[\ud800-\udfff]")
_BLANK_LINES = re.compile(r"\n[ \t]*\n(?:[ \t]*\n)+")
_TRAILING = re.compile(r"(?<![ \t])[ \t]+\n")
_FORBIDDEN_IN_NAMES = re.compile(r'[<>:"|?*]')
_NAME_LIMIT = 120


def clean_text(text: str) -> str:
    """Return ``text`` with line feeds only, without control characters, direction marks or half surrogates."""
    text = text.replace("\r\n", "\n").translate(_TEXT_TABLE)
    return _SURROGATES.sub("\ufffd", text)


def tidy(text: str) -> str:
    """``clean_text`` with trailing blanks dropped and at most one empty line in a row."""
    cleaned = _TRAILING.sub("\n", clean_text(text))
    return _BLANK_LINES.sub("\n\n", cleaned).strip()


def clean_line(text: str, limit: int = 998) -> str:
    """One line of at most ``limit`` characters: a subject or a name, without invisible characters."""
    return " ".join(_SURROGATES.sub("\ufffd", text.translate(_LINE_TABLE)).split())[:limit].strip()


def clean_file_name(name: str, fallback: str) -> str:
    """A bare file name: no folder, no leading dots, no direction marks, at most 120 characters with its ending."""
    bare = clean_line(name, 4000).replace("\\", "/").rsplit("/", 1)[-1]
    bare = _FORBIDDEN_IN_NAMES.sub("_", bare).lstrip(". ").rstrip(". ")
    if not bare:
        return fallback
    if len(bare) <= _NAME_LIMIT:
        return bare
    stem, dot, ending = bare.rpartition(".")
    if dot and 0 < len(ending) <= 10:
        return f"{stem[: _NAME_LIMIT - len(ending) - 1]}.{ending}"
    return bare[:_NAME_LIMIT]
