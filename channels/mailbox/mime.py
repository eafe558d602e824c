"""The tree of parts of one letter, read iteratively and within bounds.

The standard library's parser descends by recursion: a letter nested some hundred levels deep ends it with a
RecursionError. Here a part is a stretch of the payload (no copies), and the tree is walked by a list.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass, field

from channels.mailbox.headers import Headers, base64_bytes, parse_parameters, split_headers

MAX_DEPTH = 400
MAX_PARTS = 1_000
_EFFORT = 1_000_000
"""What looking for boundaries may cost in all: one for each place that looks like one, one for each 500 bytes gone
over. A letter of 25 MB has 50,000 for each level of nesting; one made to be slow is left unread beyond that."""

_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,80}")
_SHORT_TYPES = {"text": "text/plain", "plain": "text/plain", "html": "text/html", "plain/text": "text/plain"}
_UU_BEGIN = re.compile(rb"^begin(?:-base64)? [0-7]{3,4} ?([^\r\n]*)\r?\n", re.MULTILINE)
_IDENTITY = frozenset({"", "7bit", "8bit", "binary", "none", "7-bit", "8-bit", "utf-8", "text"})


@dataclass(slots=True)
class Part:
    """One part: its headers, what it says it is, and its stretch of the payload, still encoded."""

    payload: bytes
    headers: Headers
    start: int
    end: int
    depth: int
    media_type: str
    parameters: dict[str, str]
    disposition: str
    disposition_parameters: dict[str, str]
    children: list[Part] = field(default_factory=list)
    parent: Part | None = None
    cut: bool = False
    """True where nesting or the number of parts went over the bounds: the rest was kept unread."""

    @property
    def raw(self) -> bytes:
        return self.payload[self.start : self.end]

    @property
    def charset(self) -> str:
        return self.parameters.get("charset", "")

    @property
    def file_name(self) -> str:
        """The name the sender gave the file, unclean, or ""."""
        for source in (self.disposition_parameters, self.parameters):
            for key in ("filename", "name"):
                if source.get(key):
                    return source[key]
        return ""

    def content(self) -> bytes:
        """The part's bytes after its transfer encoding; never raises, an unknown encoding is taken as none."""
        return decode_transfer(self.raw, self.headers.plain("content-transfer-encoding"))


def decode_transfer(raw: bytes, encoding: str) -> bytes:
    """Undo a Content-Transfer-Encoding."""
    if encoding in _IDENTITY:
        return raw
    if encoding in {"base64", "base-64", "b64"}:
        return base64_bytes(raw)
    if encoding in {"quoted-printable", "quotedprintable", "qp", "quoted_printable"}:
        return binascii.a2b_qp(raw)
    if encoding in {"x-uuencode", "uuencode", "x-uue", "uue"}:
        begin = _UU_BEGIN.search(raw)
        return decode_uu(raw[begin.end() :] if begin else raw)
    return raw


def decode_uu(body: bytes) -> bytes:
    """Undo uuencoding of the lines after ``begin``, up to ``end``; a broken line is left out."""
    out = bytearray()
    for line in body.splitlines():
        if line.strip() in {b"end", b"`"}:
            break
        try:
            out += binascii.a2b_uu(line)
        except binascii.Error:
            # Some encoders count a line wrong (as the standard library's uu module works round).
            length = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
            try:
                out += binascii.a2b_uu(line[:length])
            except binascii.Error:
                continue
    return bytes(out)


def read_parts(payload: bytes, start: int = 0) -> list[Part]:
    """All parts of ``payload`` in preorder, the letter itself first. At most ``MAX_PARTS``."""
    root = _part(payload, start, len(payload), None)
    parts: list[Part] = []
    open_parts = [root]
    effort = _EFFORT
    while open_parts:
        part = open_parts.pop()
        parts.append(part)
        if not part.media_type.startswith("multipart/"):
            continue
        room = MAX_PARTS - len(parts) - len(open_parts)
        if part.depth >= MAX_DEPTH or room <= 0 or effort <= 0:
            part.cut = True
            continue
        stretches, cost = _stretches(part, effort)
        effort -= cost
        part.cut = len(stretches) > room
        part.children = [_part(payload, first, last, part) for first, last in stretches[:room]]
        open_parts.extend(reversed(part.children))
    return parts


def _part(payload: bytes, start: int, end: int, parent: Part | None) -> Part:
    headers, body = split_headers(payload, start, end)
    kind, parameters = parse_parameters(headers.raw("content-type"))
    disposition, disposition_parameters = parse_parameters(headers.raw("content-disposition"))
    default = "message/rfc822" if parent is not None and parent.media_type == "multipart/digest" else "text/plain"
    kind = _SHORT_TYPES.get(kind, kind)
    if not _TYPE.fullmatch(kind):
        named = parameters.get("name") or disposition_parameters.get("filename")
        kind = "application/octet-stream" if kind and named else default
    if kind.startswith("multipart/") and not parameters.get("boundary"):
        parameters["boundary"] = _guess_boundary(payload, body, end)
    return Part(
        payload=payload,
        headers=headers,
        start=body,
        end=end,
        depth=parent.depth + 1 if parent is not None else 0,
        media_type=kind,
        parameters=parameters,
        disposition=disposition,
        disposition_parameters=disposition_parameters,
        parent=parent,
    )


def _guess_boundary(payload: bytes, start: int, end: int) -> str:
    """The boundary of a multipart that names none: the first line ``--x`` that is followed by a part's header."""
    found = re.compile(rb"(?m)^--([^\r\n]{1,70})\r?\n[Cc]ontent-").search(payload, start, end)
    return found.group(1).decode("ascii", "ignore").rstrip() if found else ""


def _stretches(part: Part, effort: int) -> tuple[list[tuple[int, int]], int]:
    """Where the children of a multipart lie, and what it cost to find them.

    Missing closing boundaries end the last child at the part's end.
    """
    boundary = part.parameters.get("boundary", "").encode("utf-8", "surrogateescape")
    marks, cost = _marks(part, b"--" + boundary, effort) if boundary else ([], 0)
    stretches: list[tuple[int, int]] = []
    for index, (_, after, closing) in enumerate(marks):
        if closing:
            break
        end = marks[index + 1][0] if index + 1 < len(marks) else part.end
        stretches.append((after, max(after, end)))
    if not stretches and part.start < part.end:
        # No boundary to be found: what there is, is read as one part rather than lost.
        stretches = [(part.start, part.end)] if part.payload[part.start : part.end].strip() else []
    return stretches, cost


def _marks(part: Part, mark: bytes, effort: int) -> tuple[list[tuple[int, int, bool]], int]:
    """Each boundary line: where the part before it ends, where the next begins, and whether it closes. And the cost."""
    data, position, marks = part.payload, part.start, list[tuple[int, int, bool]]()
    line_end = re.compile(rb"(--)?[ \t]*(\r\n|\n|\r|\Z)")
    seen = 0
    while len(marks) <= MAX_PARTS and seen < effort:
        seen += 1
        found = data.find(mark, position, part.end)
        if found < 0:
            position = part.end
            break
        position = found + len(mark)
        at_line_start = found == part.start or data[found - 1] in b"\r\n"
        ending = line_end.match(data, position, part.end) if at_line_start else None
        if ending is None:
            continue
        before = found
        if before > part.start and data[before - 1] == 0x0A:
            before -= 1
        if before > part.start and data[before - 1] == 0x0D:
            before -= 1
        marks.append((before, ending.end(), bool(ending.group(1))))
        position = ending.end()
        if ending.group(1):
            break
    return marks, seen + (position - part.start) // 500
