"""What is shown of a file is a picture of ours: upright, without anything a phone writes beside the pixels."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from api import previews
from api.previews import EDGES, NotShown, Previews
from storage.blobs import digest_of
from tests.integration import photographs


@pytest.fixture
def made(tmp_path: Path) -> Previews:
    return Previews(tmp_path / "previews")


def shown(made: Previews, content: bytes, form: str = "shown") -> bytes:
    return made.get(digest_of(content), form, lambda: content).content


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it is so large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("photograph", [photographs.jpeg, photographs.png, photographs.webp, photographs.gif])
@pytest.mark.parametrize("form", EDGES)
def test_a_picture_is_shown_without_anything_beside_its_pixels(
    made: Previews, photograph: Callable[[], bytes], form: str
) -> None:
    original = photograph()
    assert any(mark in original for mark in photographs.MARKS)
    copy = shown(made, original, form)
    assert [mark for mark in photographs.MARKS if mark in copy] == []
    with Image.open(io.BytesIO(copy)) as image:
        image.load()
        assert dict(image.getexif()) == {}
        assert image.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert (image.size, getattr(image, "n_frames", 1)) == ((120, 60), 1)
    assert (photographs.colour(copy, 0.2, 0.5), photographs.colour(copy, 0.8, 0.5)) == ("red", "blue")


@pytest.mark.parametrize(("orientation", "left_half_is"), [(1, "left"), (3, "right"), (6, "top"), (8, "bottom")])
def test_a_picture_that_a_phone_took_sideways_is_upright(made: Previews, orientation: int, left_half_is: str) -> None:
    copy = shown(made, photographs.jpeg(orientation))
    at = {"left": (0.2, 0.5), "right": (0.8, 0.5), "top": (0.5, 0.2), "bottom": (0.5, 0.8)}
    assert photographs.colour(copy, *at[left_half_is]) == "red"
    tall = left_half_is in {"top", "bottom"}
    assert photographs.pixels(copy)[0] == ((60, 120) if tall else (120, 60))


def test_a_large_picture_is_shown_within_its_edges_and_a_see_through_one_stays_so(made: Previews) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (3000, 1000), (200, 30, 30, 0)).save(out, "PNG")
    sizes = [photographs.pixels(shown(made, out.getvalue(), form))[0] for form in ("shown", "small")]
    assert [max(size) for size in sizes] == [EDGES["shown"], EDGES["small"]]
    with Image.open(io.BytesIO(shown(made, out.getvalue(), "small"))) as image:
        assert image.getchannel("A").getextrema() == (0, 0)


@pytest.mark.parametrize("mode", ["CMYK", "L", "1", "P", "I;16"])
def test_pictures_of_other_colours_are_shown(made: Previews, mode: str) -> None:
    out = io.BytesIO()
    kind = "JPEG" if mode == "CMYK" else "PNG"
    (Image.new("I;16", (20, 10)) if mode == "I;16" else photographs.halves(20, 10).convert(mode)).save(out, kind)
    assert photographs.pixels(shown(made, out.getvalue()))[0] == (20, 10)


def test_the_first_page_of_a_pdf_is_shown(made: Previews) -> None:
    copy = shown(made, photographs.pdf())
    with Image.open(io.BytesIO(copy)) as image:
        assert (image.format, image.size) == ("JPEG", (2048, 1463))
        darkest, lightest = image.convert("L").getextrema()
        assert (darkest < 60, lightest > 240) == (True, True)  # words on paper
    blank = shown(made, photographs.pdf(words=""))
    with Image.open(io.BytesIO(blank)) as image:
        assert image.convert("L").getextrema() == (255, 255)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (bomb(30_000, 30_000), "30000×30000 像素"),
        (bomb(7_700, 7_700), "不完整"),
        (photographs.jpeg()[:600], "不完整"),
        (photographs.png()[:-60], "不完整"),
        (b"GIF89a" + bytes(30), "不完整"),
        (b"%PDF-1.7\n" + os.urandom(200), "已损坏"),
        (b"%PDF-1.7\n", "已损坏"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "请下载查看"),
        (b"<html><script>alert(1)</script>", "请下载查看"),
        (b"MZ" + bytes(200), "请下载查看"),
        (b"", "请下载查看"),
    ],
)
def test_what_is_no_whole_picture_is_refused_with_a_sentence_and_not_tried_again(
    made: Previews, content: bytes, why: str
) -> None:
    for _ in range(2):
        with pytest.raises(NotShown, match=why):
            shown(made, content)
    with pytest.raises(NotShown, match=why):
        made.get(digest_of(content), "shown", lambda: pytest.fail("drawn twice"))


def test_a_file_is_drawn_once_for_its_content(made: Previews) -> None:
    first = shown(made, photographs.png())
    digest = digest_of(photographs.png())
    assert made.get(digest, "shown", lambda: pytest.fail("drawn twice")).content == first
    assert made.get(digest, "small", photographs.png).content


def test_the_program_that_draws_has_none_of_our_environment_writes_no_file_and_ends_in_time(
    made: Previews, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "draw.py"
    monkeypatch.setattr(previews, "_PROGRAM", program)
    monkeypatch.setenv("YINGSHENG_ACCOUNTS", "SECRET")
    program.write_text("import os, sys; sys.stderr.write('told ' + repr(dict(os.environ))); sys.exit(3)")
    with pytest.raises(NotShown, match="told") as refused:
        shown(made, photographs.png())
    assert "SECRET" not in str(refused.value)
    program.write_text(f"import time; open({str(told)!r}, 'w').write('x'); time.sleep(60)")
    monkeypatch.setattr(previews, "_WITHIN", 1.0)
    with pytest.raises(NotShown):
        shown(made, photographs.jpeg())
    assert not told.exists() or not told.read_text()
    program.write_text("import time; time.sleep(60)")
    with pytest.raises(NotShown, match="过于复杂"):
        shown(made, photographs.gif())


def test_what_was_drawn_goes_with_its_bytes(made: Previews) -> None:
    kept, gone = photographs.png(), photographs.jpeg()
    for content in (kept, gone):
        shown(made, content)
    with pytest.raises(NotShown):
        shown(made, b"MZ")
    assert made.sweep(lambda digest: digest == digest_of(kept)) == 2
    assert {path.name.partition(".")[0] for path in made.folder.glob("??/*")} == {digest_of(kept)}
