"""Knowledge comes in by a page: uploaded, looked at, brought in; by editors only, and without JavaScript."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlalchemy import func, select

from knowledge import articles
from knowledge.tables import Article
from storage.audit import AuditRow
from tests.integration.interface import World, csrf, signed_in, world
from tests.unit.knowledge.importing import office

__all__ = ["world"]


def upload(browser: httpx.Client, *files: tuple[str, bytes]) -> httpx.Response:
    token = csrf(browser.get("/articles/import").text)
    parts = [("files", (name, content)) for name, content in files]
    return browser.post("/articles/import", data={"csrf": token}, files=parts)


def landing(page: str) -> str:
    """Where the page's form sends the word to import."""
    found = re.search(r'action="(/articles/import/[^"]+)"', page)
    assert found is not None, page[-2000:]
    return found[1]


def test_files_are_looked_at_before_anything_is_changed_and_land_as_drafts(world: World) -> None:
    browser = signed_in(world, "editor")
    before = world.count(select(func.count(Article.id)))
    rows = [
        ("编号", "问题", "答案"),
        ("W-1", "怎样借用会议室？", "向社区预约。<script>x</script>"),
        ("W-2", "怎样退订？", None),
    ]
    shown = upload(browser, ("问答.xlsx", office.xlsx(*rows)), ("坏.docx", b"PK\x03\x04broken"))
    assert shown.status_code == 200
    assert "没有填写答案" in shown.text
    assert "文件已损坏" in shown.text
    assert "W-1" in shown.text
    assert world.count(select(func.count(Article.id))) == before
    done = browser.post(landing(shown.text), data={"csrf": csrf(shown.text)})
    assert done.status_code == 200
    assert 'href="/articles/W-1"' in done.text
    assert browser.get("/articles/W-1").status_code == 200
    with world.desk.database.read() as session:
        (article,) = session.scalars(select(Article).where(Article.number == "W-1"))
        assert (article.status, article.body) == ("draft", "向社区预约。")
        acts = list(session.scalars(select(AuditRow).where(AuditRow.act == "import_articles")))
    assert acts[-1].details["added"] == 1
    assert browser.post(landing(shown.text), data={"csrf": csrf(shown.text)}).status_code == 404, "landed once"


def test_what_waits_for_review_is_shown_as_not_to_be_updated_and_stays_while_the_rest_lands(world: World) -> None:
    browser = signed_in(world, "editor")
    head = ("编号", "问题", "答案", "分类", "责任单位")
    one, two = (("W-8", "怎样借阅图书？", answer, "010101", "U001") for answer in ("凭证借阅。", "凭证借阅，三十天。"))
    shown = upload(browser, ("问答.xlsx", office.xlsx(head, one)))
    token = {"csrf": csrf(shown.text)}
    browser.post(landing(shown.text), data=token)
    assert browser.post("/articles/W-8/submit", data=token, follow_redirects=False).status_code == 303
    again = upload(
        browser, ("问答.xlsx", office.xlsx(head, two, ("W-9", "怎样还书？", "到馆归还。", "010101", "U001")))
    )
    told = "新增 1，更新 0，未变 0，保留 0，不能更新 1，未导入 0 处"
    for page in (again, browser.post(landing(again.text), data={"csrf": csrf(again.text)})):
        assert told in page.text
        assert "知识条目 W-8 的状态是“待审”，不能更新，请先由知识管理员退回" in page.text
    with world.desk.database.read() as session:
        assert articles.get(session, "W-8").body == "凭证借阅。"
        assert articles.get(session, "W-9").status == "draft"


def test_a_file_beyond_the_limit_of_the_page_is_refused_with_a_sentence(world: World) -> None:
    answer = upload(signed_in(world, "editor"), ("big.pdf", b"%PDF" + b"0" * 700_000))
    assert answer.status_code == 413
    assert "超过上限" in answer.text


def test_a_form_without_its_token_or_without_files_imports_nothing(world: World) -> None:
    browser = signed_in(world, "editor")
    assert browser.post("/articles/import", files=[("files", ("a.md", b"# a"))]).status_code == 403
    told = browser.post("/articles/import", data={"csrf": csrf(browser.get("/articles/import").text)})
    assert "请先选择文件" in told.text
    many = upload(browser, *((f"{number}.md", b"# a\n\nb") for number in range(21)))
    assert "一次最多 20 个文件" in many.text


@pytest.mark.parametrize("login", ["agent", "supervisor", "admin"])
def test_other_roles_neither_see_the_page_nor_land_what_an_editor_uploaded(world: World, login: str) -> None:
    shown = upload(signed_in(world, "editor"), ("社区公约.md", "# 社区公约\n\n爱护花草，按时缴费。".encode()))
    other = signed_in(world, login)
    assert other.get("/articles/import").status_code == 403
    token = csrf(other.get("/articles").text)
    assert other.post(landing(shown.text), data={"csrf": token}).status_code == 403
    assert "/articles/import" not in other.get("/articles").text
