"""Residents' own pages in a browser without scripts, the whole way; and every one of them for eyes, ears and thumbs."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.axe import violations
from tests.e2e.browsing import DESKTOP, PHONE, staff
from tests.e2e.staff import Staff, eventually, handle

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180), pytest.mark.xdist_group("resident-pages")]

ANSWER = "您好，健身器材已于今天上午加固，请放心使用。"


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A telephone whose browser runs no script."""
    context = browser.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("photos") / "断口.png"
    Image.new("RGB", (64, 48), (120, 90, 60)).save(made)
    return made


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def number_of() -> str:
    """A telephone that nobody has written from."""
    return f"139{secrets.randbelow(10**8):08d}"


def reported(page: Page, url: str, words: str, place: str, phone: str, photo: Path | None = None) -> str:
    """The code of a matter reported step by step, joining nobody."""
    page.goto(f"{url}/appeal")
    page.get_by_role("textbox").fill(words)
    press(page, "下一步")
    page.get_by_label("具体位置").fill(place)
    press(page, "下一步")
    if page.url.endswith("/alike"):
        press(page, "不是同一件，单独反映")
    if photo is not None:
        page.get_by_label("选照片").set_input_files(photo)
        press(page, "先收下，再加一张")
        expect(page.get_by_text("已经收下 1 张")).to_be_visible()
    press(page, "下一步")
    page.get_by_label("电话").fill(phone)
    page.get_by_label("怎么称呼您").fill("陶女士")
    press(page, "下一步")
    expect(page.get_by_text(place)).to_be_visible()
    press(page, "提交")
    expect(page.get_by_role("heading", name="已收到您的诉求")).to_be_visible()
    page.get_by_role("link", name="看办理进度").click()
    return page.url.rsplit("/", 1)[-1]


def test_without_scripts_a_matter_is_reported_answered_rated_and_asked_to_be_reopened(
    plain: Page, url: str, photo: Path
) -> None:
    phone = number_of()
    code = reported(plain, url, "健身器材断了一根，孩子差点摔着", "翠微亭小区东门", phone, photo)
    plain.get_by_text("补充情况或照片").click()
    plain.get_by_label("有什么要补充的").fill("旁边的秋千也松了")
    press(plain, "补充")
    expect(plain.get_by_role("status")).to_contain_text("已补充")
    press(plain, "催一催")
    expect(plain.get_by_text("以后可以再催")).to_be_visible()
    number = re.search(r"工单 (\S+)", plain.locator("main").inner_text())
    assert number
    handle(url, phone, ANSWER)

    plain.goto(f"{url}/follow")
    plain.get_by_label("工单编号").fill(number[1])
    plain.get_by_label("查询码").fill(code)
    press(plain, "查询进度")
    expect(plain.get_by_role("heading", name="已答复")).to_be_visible()
    expect(plain.get_by_text(ANSWER)).to_be_visible()
    for choice in ("联系过", "已解决", "基本满意"):
        plain.get_by_label(choice, exact=True).check()
    press(plain, "提交评价")
    expect(plain.get_by_role("heading", name="已办结")).to_be_visible()
    plain.get_by_label("还有什么没有解决").fill("秋千还是松的")
    press(plain, "没解决，要求重办")
    expect(plain.get_by_text("正在审核")).to_be_visible()


def test_without_scripts_the_same_matter_is_shown_and_joined(plain: Page, browser: Browser, url: str) -> None:
    words, place = "楼前的路灯全灭了，晚上一片漆黑", "甘露园小区"
    first = {"text": f"{words}\n地点：{place}", "phone": number_of(), "name": "陶女士"}
    told = httpx.post(f"{url}/api/v1/appeals", json=first, timeout=30).json()
    dispatcher = Staff(url, "dispatcher")

    def judged() -> bool:
        return bool(dispatcher.get(f"/tickets/{told['number']}")["state"] == "assessed")

    eventually(judged, what="the judged ticket")
    case_id = dispatcher.post(f"/tickets/{told['number']}/accept")["case_id"]

    plain.goto(f"{url}/appeal")
    plain.get_by_role("textbox").fill("路灯不亮，一片漆黑，老人不敢出门")
    press(plain, "下一步")
    plain.get_by_label("具体位置").fill(place)
    press(plain, "下一步")
    expect(plain.get_by_role("heading", name="已有居民反映，是否加入？")).to_be_visible()
    expect(plain.locator(".matter")).to_contain_text("1 位居民反映")
    assert "陶女士" not in plain.content()
    with _scripted(browser) as other:
        other.goto(plain.url)
        expect(other.get_by_role("heading", name="已有居民反映，是否加入？")).to_be_visible()
        assert violations(other) == []
    press(plain, "是同一件事，加入")
    press(plain, "下一步")
    press(plain, "下一步")
    press(plain, "提交")
    expect(plain.get_by_text("您已加入这件事")).to_be_visible()
    plain.get_by_role("link", name="看办理进度").click()
    assert told["lookup_code"] not in plain.url
    expect(plain.get_by_text("您加入了其他居民已经反映的同一件事")).to_be_visible()
    assert len(dispatcher.get(f"/cases/{case_id}")["tickets"]) == 2


def test_without_scripts_a_question_is_answered_at_once_and_nothing_is_registered(plain: Page, url: str) -> None:
    plain.goto(f"{url}/appeal")
    plain.get_by_role("textbox").fill("灵活就业社保补贴怎么申请？需要什么材料？")
    press(plain, "下一步")
    expect(plain.get_by_role("heading", name="这里有现成的答复")).to_be_visible()
    expect(plain.locator(".answer")).to_contain_text("KB-0007")
    press(plain, "解决了我的问题")
    expect(plain.get_by_text("这次没有立单")).to_be_visible()


def opened(url: str) -> str:
    """The number of an opinion collection that goes on."""
    with staff(url, "supervisor") as client:
        page = client.get("/opinion-desk/new").text
        csrf = re.search(r'name="csrf" value="([^"]+)"', page)
        assert csrf
        form = {"csrf": csrf[1]}
        asked = {"title": "改单行", "text": "请说说看法", "choices": "同意\n不同意", "closes": "2099-01-01T09:00"}
        made = client.post("/opinion-desk/new", data=form | asked)
        number = made.headers["location"].split("/")[-1].split("?")[0]
        assert client.post(f"/opinion-desk/{number}/publish", data=form).status_code == 303
    return number


def test_without_scripts_an_opinion_is_given_once(plain: Page, url: str) -> None:
    number = opened(url)
    plain.goto(f"{url}/opinions")
    plain.get_by_role("link", name="改单行").first.click()
    plain.get_by_label("不同意").check()
    press(plain, "提交意见")
    expect(plain.get_by_role("status")).to_contain_text("已经收到")
    plain.goto(f"{url}/opinions/{number}")
    expect(plain.get_by_text("每人一份")).to_be_visible()


def _look_up_nothing(page: Page, url: str) -> None:
    page.goto(f"{url}/follow")
    page.get_by_label("工单编号").fill("20260324-0001")
    page.get_by_label("查询码").fill("AAAA-BBBB-CCCC")
    press(page, "查询进度")


def test_without_scripts_the_captcha_is_answered_in_words(plain: Page, browser: Browser, url: str) -> None:
    for _ in range(40):
        if httpx.get(f"{url}/q/AAAA-BBBB-CCCC").status_code == 429:
            break
    with _scripted(browser) as other:
        _look_up_nothing(other, url)
        expect(other.get_by_role("img", name="验证码图片")).to_be_visible()
        assert violations(other) == []
    _look_up_nothing(plain, url)
    expect(plain.get_by_role("img", name="验证码图片")).to_be_visible()
    press(plain, "看不清，换成文字题")
    spoken = plain.locator(".spoken").inner_text()
    plain.get_by_label("请把上面这几个字写成数字").fill(spoken)
    press(plain, "继续")
    expect(plain.get_by_role("alert")).to_contain_text("编号或查询码不对")


@contextmanager
def _scripted(browser: Browser) -> Iterator[Page]:
    """A page that runs scripts, which axe needs."""
    context = _context(browser, PHONE, "light")
    yield context.new_page()
    context.close()


def _context(browser: Browser, size: dict[str, int], scheme: str) -> BrowserContext:
    return browser.new_context(viewport=size, locale="zh-CN", color_scheme=scheme)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def paths(url: str) -> list[str]:
    """The addresses of all pages of residents, with something on each."""
    number = opened(url)

    def begun(text: str) -> str:
        return client.post("/appeal", data={"text": text}).headers["location"].split("/")[2]

    with httpx.Client(base_url=url, timeout=30) as client:
        going_on, sent = (begun("人行道的砖松了，下雨溅一身水") for _ in range(2))
        asking = begun("灵活就业社保补贴怎么申请？需要什么材料？")
        urgent = begun("楼道里着火了，浓烟很大")
        client.post(f"/appeal/{sent}/check")
        code = re.search(r"/q/([A-Z0-9-]+)/slip", client.get(f"/appeal/{sent}/done").text)
    assert code
    return [
        *("/appeal", "/appeal/solved", "/appeal/no-such-form/check", "/follow", "/opinions", f"/opinions/{number}"),
        *(f"/appeal/{going_on}/{step}" for step in ("words", "place", "photos", "contact", "check")),
        *(f"/appeal/{asking}/answer", f"/appeal/{urgent}/urgent", f"/appeal/{sent}/done"),
        *(f"/q/{code[1]}", f"/q/{code[1]}/slip", "/knowledge", "/knowledge?q=社保", "/knowledge/KB-0007"),
    ]


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (DESKTOP, "dark"), (PHONE, "dark"), (DESKTOP, "light")])
def test_every_page_of_residents_is_without_fault(
    browser: Browser, url: str, paths: list[str], size: dict[str, int], scheme: str
) -> None:
    context = _context(browser, size, scheme)
    page = context.new_page()
    found = {}
    for path in paths:
        page.goto(url + path, wait_until="domcontentloaded")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found[path] = violations(page) + ([f"{wide} px too wide"] if wide > 0 else [])
    context.close()
    assert {path: each for path, each in found.items() if each} == {}
