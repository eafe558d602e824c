"""What a file is: by its first bytes, and only where they prove nothing by what it is called or declared."""

from __future__ import annotations

import mimetypes
import re

# Built in, not the machine's /etc/mime.types: the same bytes must give the same result everywhere.
_NAMES = mimetypes.MimeTypes(filenames=())
_OFFICE = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".heic": "image/heic",
    ".webp": "image/webp",
    ".amr": "audio/amr",
    ".silk": "audio/x-silk",
    ".speex": "audio/x-speex",
    ".m4a": "audio/mp4",
    ".rar": "application/vnd.rar",
    ".7z": "application/x-7z-compressed",
    ".wps": "application/vnd.ms-works",
    ".ofd": "application/ofd",
    ".eml": "message/rfc822",
    ".md": "text/markdown",
}
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"#!AMR", "audio/amr"),
    (b"#!SILK", "audio/x-silk"),
    (b"\x02#!SILK", "audio/x-silk"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_FTYP = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
    b"M4A ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_SAME = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "application/x-pdf": "application/pdf",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav",
    "audio/x-amr": "audio/amr",
    "application/x-rar-compressed": "application/vnd.rar",
    "application/x-rar": "application/vnd.rar",
    "application/x-zip-compressed": "application/zip",
    "application/x-gzip": "application/gzip",
    "text/rtf": "application/rtf",
    "application/x-msdownload": "application/vnd.microsoft.portable-executable",
}
# Formats built on a container: a declared one is believed when the container fits.
_IN_ZIP = re.compile(
    r"application/(?:.*(?:\+zip|openxmlformats|opendocument|officedocument|epub|java-archive|ofd|ms-(?:excel|word|powerpoint)).*|msword|x-zip.*)"
)
_IN_OLE = re.compile(r"application/(?:.*ms-.*|msword|x-msi|vnd\.visio|kswps|wps.*|octet-stream)")


def sniff(content: bytes) -> str:
    """The media type that the first bytes prove, or ""."""
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12], "")
    if content[4:8] == b"ftyp":
        return _FTYP.get(content[8:12], "video/mp4")
    if content[:2] == b"BM" and len(content) > 26 and int.from_bytes(content[2:6], "little") == len(content):
        return "image/bmp"
    return ""


def media_type_of(declared: str, name: str, content: bytes) -> tuple[str, str]:
    """The type to keep, and a note where the declared one was wrong."""
    declared = _SAME.get(declared, declared)
    proven = sniff(content)
    named = _by_name(name)
    if proven == "application/zip":
        proven = declared if _IN_ZIP.fullmatch(declared) else named if _IN_ZIP.fullmatch(named) else proven
    elif proven == "application/x-ole-storage":
        proven = named if _IN_OLE.fullmatch(named) else declared if _IN_OLE.fullmatch(declared) else proven
    if proven:
        same_family = proven == declared or (proven[:6] in {"audio/", "video/"} and proven[:6] == declared[:6])
        if same_family or declared in {"application/octet-stream", "application/x-unknown", ""}:
            return (declared if same_family else proven), ""
        return proven, f"附件 {name} 声明为 {declared}，实为 {proven}"
    if declared in {"application/octet-stream", ""} and named:
        return named, ""
    return declared or "application/octet-stream", ""


def _by_name(name: str) -> str:
    dot = name.lower().rpartition(".")
    return _OFFICE.get(f".{dot[2]}", "") or _NAMES.guess_type(f"x.{dot[2]}")[0] or "" if dot[1] else ""


def ending_for(media_type: str) -> str:
    """A file ending for a nameless file of this type, with its dot."""
    known = {
        "image/jpeg": ".jpg",
        "text/plain": ".txt",
        "text/html": ".html",
        "message/rfc822": ".eml",
        "text/calendar": ".ics",
    }
    by_office = {kind: ending for ending, kind in _OFFICE.items()}
    return known.get(media_type) or by_office.get(media_type) or _NAMES.guess_extension(media_type) or ".bin"


def with_ending(name: str, media_type: str) -> str:
    """The name with the ending of its type, where its own speaks of another."""
    if _by_name(name) == media_type:
        return name
    return f"{name.rpartition('.')[0] or name}{ending_for(media_type)}"
