"""Files that others made, given out so that no browser runs them on our address: to be saved, never to be shown."""

from __future__ import annotations

from urllib.parse import quote

from fastapi.responses import Response

from api.previews import Preview

SEALED = {"content-security-policy": "default-src 'none'; sandbox", "cache-control": "private, no-store"}
"""Whatever a browser makes of it, nothing in it runs or loads, and no other copy stays."""


def as_picture(drawn: Preview) -> Response:
    """A picture that the desk drew of a file, to be seen."""
    return Response(drawn.content, media_type=drawn.media_type, headers=SEALED | {"content-disposition": "inline"})


def as_download(content: bytes, name: str, media_type: str = "application/octet-stream") -> Response:
    """The bytes as a file of this name."""
    headers = SEALED | {"content-disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return Response(content, media_type=media_type, headers=headers)
