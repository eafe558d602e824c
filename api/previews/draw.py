"""Draws the shown copy of one file: a program of its own, run for each file and ended after it.

It is started by ``storage.watched``, which bounds it, with KIND and EDGE. It reads the file from standard input and
writes a JPEG or PNG, whose longer side has at most EDGE pixels, to standard output. It ends with 3 and a Chinese
sentence on standard error for a file of which no picture can be made. It imports nothing of the desk.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping

MOST_PIXELS = 60_000_000
"""Decoded at once: 180 MB, more than a phone's camera makes."""
MOST_STATED = 250_000_000
"""A JPEG of so many is decoded at a half, a quarter or an eighth of its size, which needs no more memory."""
NOT_SHOWN = 3
QUALITY = 86


class NotDrawable(Exception):
    """No picture can be made of it; the sentence is shown."""


def draw_picture(content: bytes, edge: int) -> bytes:
    """The first frame, upright, as pixels alone: no EXIF, GPS, XMP, comments, colour profile or hidden thumbnail."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # measured here, before anything is decoded
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP", "GIF")) as image:
            _measure(image.size, MOST_STATED)
            photo = image.format in {"JPEG", "MPO", "WEBP"}
            image.draft("RGB", (edge, edge))
            _measure(image.size, MOST_PIXELS)
            image.load()
            image.thumbnail((edge, edge), reducing_gap=2.0)
            upright = ImageOps.exif_transpose(image)
            see_through = upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info
            mode = "RGBA" if see_through else "L" if upright.mode in {"L", "1"} else "RGB"
            bare = upright.convert(mode)
    except (UnidentifiedImageError, SyntaxError, ValueError, EOFError, OSError) as problem:
        raise NotDrawable("图片文件不完整或已损坏，无法显示") from problem
    bare.info.clear()  # what savers copy along
    made = io.BytesIO()
    if photo and not see_through:
        bare.save(made, "JPEG", quality=QUALITY)
    else:
        bare.save(made, "PNG")
    return made.getvalue()


def draw_page(content: bytes, edge: int) -> bytes:
    """The first page of a PDF. PDFium is built without JavaScript and forms; nothing in the file is followed."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
        page = document[0]
        width, height = page.get_size()
        scale = edge / max(width, height, 1.0)
        image = page.render(scale=scale).to_pil().convert("RGB")
    except (pypdfium2.PdfiumError, IndexError, ValueError, OSError) as problem:
        raise NotDrawable("PDF 有密码、没有页面或已损坏，无法预览") from problem
    made = io.BytesIO()
    image.save(made, "JPEG", quality=QUALITY)
    return made.getvalue()


def _measure(size: tuple[int, int], most: int) -> None:
    if size[0] * size[1] > most:
        raise NotDrawable(f"图片有 {size[0]}×{size[1]} 像素，过大，无法显示")


KINDS: Mapping[str, Callable[[bytes, int], bytes]] = {"picture": draw_picture, "page": draw_page}


def main() -> int:
    """Draw what the arguments say."""
    kind, edge = sys.argv[1:]
    try:
        made = KINDS[kind](sys.stdin.buffer.read(), int(edge))
    except NotDrawable as problem:
        sys.stderr.write(str(problem))
        return NOT_SHOWN
    except MemoryError:
        sys.stderr.write("文件展开后过大，无法显示")
        return NOT_SHOWN
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
