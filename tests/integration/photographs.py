"""Photographs and papers made in memory, with everything in them that a phone writes and nobody should see."""

from __future__ import annotations

import io
from collections.abc import Iterable

from PIL import Image
from PIL.PngImagePlugin import PngInfo

MARKS = (b"SECRET", b"Exif", b"GPS", b"http://ns.adobe.com", b"x:xmpmeta", b"Copyright Li", b"exif:")
"""What must stand in no picture that is shown."""

RED, BLUE = (200, 30, 30), (30, 30, 200)
_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>39,54N SECRET</exif:GPSLatitude></x:xmpmeta>'


def halves(width: int = 120, height: int = 60) -> Image.Image:
    """Red on the left, blue on the right."""
    made = Image.new("RGB", (width, height), RED)
    made.paste(BLUE, (width // 2, 0, width, height))
    return made


def exif(orientation: int = 1) -> bytes:
    """EXIF with an owner, a place on the earth and an orientation."""
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x010E] = "SECRET description"
    made[0x8298] = "Copyright Li"
    made.get_ifd(0x8825)[1] = "N"
    made.get_ifd(0x8825)[2] = (39.0, 54.0, 20.0)
    return made.tobytes()


def jpeg(orientation: int = 1) -> bytes:
    out = io.BytesIO()
    halves().save(out, "JPEG", quality=95, exif=exif(orientation), xmp=_XMP, comment=b"SECRET comment")
    return out.getvalue()


def png() -> bytes:
    words = PngInfo()
    words.add_text("Author", "SECRET author")
    words.add_itxt("XML:com.adobe.xmp", _XMP.decode())
    out = io.BytesIO()
    halves().save(out, "PNG", exif=exif(), pnginfo=words)
    return out.getvalue()


def webp() -> bytes:
    out = io.BytesIO()
    halves().save(out, "WEBP", quality=95, exif=exif(), xmp=_XMP)
    return out.getvalue()


def gif(frames: int = 3) -> bytes:
    """Moving; the first frame is red and blue."""
    out = io.BytesIO()
    later = [Image.new("RGB", (120, 60), (0, 200, 0))] * (frames - 1)
    halves().save(out, "GIF", save_all=True, append_images=later, comment=b"SECRET comment")
    return out.getvalue()


def pdf(words: str = "YINGSHENG", *, more: Iterable[bytes] = ()) -> bytes:
    """One page with words on it, and a script that would run when it is opened."""
    drawing = f"BT /F1 48 Tf 60 120 Td ({words}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(drawing), drawing),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        *more,
    ]
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, each)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def pixels(content: bytes) -> tuple[tuple[int, int], bytes]:
    """Size and colours of a picture as it is seen."""
    with Image.open(io.BytesIO(content)) as image:
        return image.size, image.convert("RGB").tobytes()


def colour(content: bytes, x: float, y: float) -> str:
    """Red or blue, at a place given in parts of the width and the height."""
    with Image.open(io.BytesIO(content)) as image:
        seen = image.convert("RGB").getpixel((int(x * image.width), int(y * image.height)))
    assert isinstance(seen, tuple)
    return "red" if seen[0] > seen[2] else "blue"
