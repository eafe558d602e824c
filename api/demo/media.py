"""What a simulated resident's phone sends when he chooses no file of his own: a small picture, a second of silence."""

from __future__ import annotations

import struct
import zlib

VOICE = b"#!AMR\n" + b"\x7c" * 50
"""AMR: fifty frames of 20 ms that say nothing."""

_WIDTH, _HEIGHT = 160, 120
_SKY, _GROUND, _POST, _LAMP = (22, 30, 54), (44, 46, 50), (120, 124, 130), (70, 72, 78)


def picture() -> bytes:
    """A street at night with a lamp that does not shine, as PNG."""
    rows = b"".join(
        b"\x00" + b"".join(bytes(_colour(across, down)) for across in range(_WIDTH)) for down in range(_HEIGHT)
    )
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _colour(across: int, down: int) -> tuple[int, int, int]:
    if 60 <= across < 100 and 18 <= down < 28:
        return _LAMP
    if 77 <= across < 83 and 28 <= down < 100:
        return _POST
    return _GROUND if down >= 96 else _SKY


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
