"""What residents sent along, on a ticket's page in a real browser: pictures and papers are seen, nothing runs."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from api import pipeline
from api.desk import Desk
from api.settings import Settings
from drills.served import Served
from tests.conftest import missing
from tests.e2e.browsing import CHROMIUM, DESKTOP, PHONE, Window, chromium
from tests.integration import photographs

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180), pytest.mark.xdist_group("attachments")]

SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg'><script>document.title='ran'</script></svg>"

BELOW_THE_WORDS = (
    "link => link.getBoundingClientRect().top - document.querySelector('.bubble').getBoundingClientRect().top"
)


def wide() -> bytes:
    out = io.BytesIO()
    photographs.halves(1600, 900).save(out, "JPEG", exif=photographs.exif(6))
    return out.getvalue()


FILES = (
    ("路口照片.jpg", wide()),
    ("楼道.png", photographs.png()),
    (
        "物业通知（关于电梯维修时间安排的说明以及业主大会表决结果公示二〇二六年三月）.pdf",
        photographs.pdf("NOTICE 2026"),
    ),
    ("照片.jpg", b"MZ" + bytes(4000)),
    ("图.svg", SCRIPT),
)
DAMAGED = (("坏照片.jpg", photographs.jpeg()[:500]),)


def receive(desk: Desk, files: tuple[tuple[str, bytes], ...], sender: str) -> str:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "mayor@example.com", "电梯和路灯"
    mail["Message-ID"] = f"<{sender}>"
    mail.set_content("槐安里3号楼电梯停了三天，门口的路灯也不亮，照片和物业的通知附后。")
    for name, content in files:
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    (receipt,) = pipeline.take(desk, desk.account_or_bare("mailbox", "mayor"), mail.as_bytes()).receipts
    return receipt.ticket_id


@pytest.fixture(scope="module")
def served(set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, str]]:
    """The address of a desk, a ticket with files, and one with a damaged picture."""
    if not CHROMIUM.exists():
        missing("chromium", "Chromium")
    home = Path(shutil.copytree(set_up_home, tmp_path_factory.mktemp("attached") / "home"))
    desk = Desk(Settings(home=home, demo=True, _env_file=None))  # type: ignore[call-arg]
    whole, damaged = receive(desk, FILES, "li@example.com"), receive(desk, DAMAGED, "wang@example.com")
    desk.close()
    with Served(home, {}, YINGSHENG_DEMO="true") as running:
        yield running.url, f"/tickets/{whole}", f"/tickets/{damaged}"


@pytest.fixture(scope="module")
def browser(served: tuple[str, str, str]) -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def opened(browser: Browser, served: tuple[str, str, str]) -> Iterator[list[Window]]:
    windows: list[Window] = []
    yield windows
    for each in windows:
        each.close()


def seen(page: Page) -> list[tuple[int, int]]:
    """Size of each picture as it lies on the page, when it has come."""
    pictures = page.locator("img.sent-picture")
    sizes = []
    for number in range(pictures.count()):
        picture = pictures.nth(number)
        picture.scroll_into_view_if_needed()
        page.wait_for_function("img => img.complete && img.naturalWidth > 0", arg=picture.element_handle())
        box = picture.bounding_box()
        assert box is not None
        sizes.append((round(box["width"]), round(box["height"])))
    return sizes


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_pictures_and_the_first_page_of_a_pdf_stand_in_the_conversation(
    browser: Browser, served: tuple[str, str, str], opened: list[Window], size: dict[str, int]
) -> None:
    url, ticket, _ = served
    window = Window(browser, url, size)
    opened.append(window)
    page = window.enter("dispatcher")
    page.goto(url + ticket)
    photo, _small, paper = seen(page)
    assert photo[1] > photo[0]  # taken sideways, shown upright
    assert paper[0] > paper[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    expect(page.get_by_text("程序，请勿运行")).to_be_visible()
    assert page.locator("a[download]").count() == len(FILES)
    assert window.complaints == []


def test_a_picture_that_comes_late_moves_nothing(
    browser: Browser, served: tuple[str, str, str], opened: list[Window]
) -> None:
    """A shift under the pointer makes a click open something else, or nothing."""
    url, ticket, _ = served
    window = Window(browser, url)
    opened.append(window)
    page = window.enter("dispatcher")
    held: list[Route] = []
    page.route("**/thumbnail", lambda route: held.append(route))  # noqa: PLW0108 (a builtin cannot be a handler)
    page.goto(url + ticket, wait_until="domcontentloaded")
    below = page.get_by_role("link", name="图.svg")
    before = below.evaluate(BELOW_THE_WORDS)
    page.wait_for_function("n => document.querySelectorAll('img.sent-picture').length === n", arg=3)
    for route in held:
        route.continue_()
    page.unroute("**/thumbnail")
    seen(page)
    assert below.evaluate(BELOW_THE_WORDS) == before


def test_a_picture_opens_large_in_its_own_tab_and_runs_nothing(
    browser: Browser, served: tuple[str, str, str], opened: list[Window]
) -> None:
    url, ticket, _ = served
    window = Window(browser, url)
    opened.append(window)
    page = window.enter("dispatcher")
    page.goto(url + ticket)
    with page.context.expect_page() as other:
        page.locator("img.sent-page").click()
    other.value.wait_for_load_state()
    assert other.value.locator("img").evaluate("img => img.naturalWidth") == 2048
    with page.expect_download() as download:
        page.get_by_role("link", name="图.svg").click()
    assert download.value.path().read_bytes() == SCRIPT
    assert "ran" not in page.title()


def test_a_picture_that_is_damaged_says_so_instead_of_showing_a_hole(
    browser: Browser, served: tuple[str, str, str], opened: list[Window]
) -> None:
    url, _, ticket = served
    window = Window(browser, url)
    opened.append(window)
    page = window.enter("dispatcher")
    page.goto(url + ticket)
    expect(page.get_by_text("（无法显示，请下载查看）")).to_be_visible()
    assert page.locator("img.sent-picture").count() == 0
    page.goto(f"{url}{page.get_by_role('link', name='坏照片.jpg').get_attribute('href')}/picture")
    expect(page.get_by_text("图片文件不完整")).to_be_visible()
