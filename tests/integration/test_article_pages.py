"""Writing, reviewing and reading articles on the pages and by commands."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import select

from api.desk import Desk
from api.settings import Settings
from casework.actors import Actor
from district.schemas import Role
from knowledge import lifecycle
from knowledge.attachments import Attached
from knowledge.tables import ArticleFeedback
from tests.integration.article_acts import ZONE, Acts, second_editor, text
from tests.integration.commands import Command, alone, worked_home
from tests.integration.interface import World, csrf, signed_in, world

__all__ = ["alone", "worked_home", "world"]


@pytest.fixture(scope="module")
def staffed(world: World) -> World:
    """A served desk with two editors."""
    second_editor(world.desk)
    return world


def form(page: httpx.Response) -> dict[str, str]:
    return {"csrf": csrf(page.text)}


def test_an_editor_writes_and_another_publishes_on_the_pages(staffed: World) -> None:
    first, second = signed_in(staffed, "editor"), signed_in(staffed, "editor2")
    given = text(category="010101 市容环卫/垃圾", body="<script>alert(1)</script>\n甲。", materials="身份证\n\n户口本")
    given |= dict.fromkeys(("similar", "street", "audience", "keywords", "steps", "fee", "basis"), "")
    given |= {"valid_from": "", "valid_until": "", "id": "", "base": "0", "short_answer": ""}
    page = first.get("/articles/new")
    again = first.post("/articles/new", data=given | form(page))
    assert again.status_code == 422
    assert "简答" in again.text
    assert "公共晾衣杆怎么申请安装" in again.text, "what was written stays in the form"
    made = first.post("/articles/new", data=given | {"short_answer": "向社区申请。"} | form(page))
    assert "已保存为草稿" in made.text
    address = made.url.path
    assert "<script>alert" not in made.text
    assert "已提交审核" in first.post(f"{address}/submit", data=form(made)).text
    assert "须由另一名知识管理员发布" in first.get(address).text
    refused = first.post(f"{address}/publish", data=form(made))
    assert refused.status_code == 403
    assert "参与编写" in refused.text
    page = second.get(address)
    assert "已发布" in second.post(f"{address}/publish", data=form(page) | {"publish_at": ""}).text
    edited = given | {"short_answer": "向社区申请<b>。", "base": "1"}
    page = first.get(f"{address}/edit")
    assert "身份证\n户口本" in page.text
    assert first.post(f"{address}/edit", data=edited | form(page)).status_code == 200
    shown = first.get(f"{address}/versions/2").text
    assert "<del>向社区申请。</del><ins>向社区申请&lt;b&gt;。</ins>" in shown
    assert "第 1 版" in first.get(f"{address}/versions", params={"day": str((datetime.now(UTC) + ZONE).date())}).text
    stale = first.post(f"{address}/edit", data=edited | {"fee": "十元"} | form(page))
    assert stale.status_code == 422
    assert "已被他人改到第 2 版" in stale.text


@pytest.mark.parametrize("login", ["agent", "auditor", "lead-U002", "officer-U001"])
def test_who_may_not_act_sees_no_act_and_can_read(staffed: World, login: str) -> None:
    article = Acts(staffed)
    article.out()
    client = signed_in(staffed, login)
    for path in ("", "/versions", "/versions/1"):
        page = client.get(f"/articles/{article.number}{path}")
        assert page.status_code == 200
        assert f"/articles/{article.number}/withdraw" not in page.text
        assert f"/articles/{article.number}/edit" not in page.text
    assert client.get("/articles/manage", params={"q": article.number}).text.count(article.number) >= 1
    refused = client.get(f"/articles/{article.number}/edit")
    assert refused.status_code == 403
    assert ("责任单位不是您的单位" in refused.text) == (login == "lead-U002")


def test_feedback_is_given_and_resolved_on_the_pages(staffed: World) -> None:
    article = Acts(staffed)
    article.out()
    agent, editor = signed_in(staffed, "agent"), signed_in(staffed, "editor")
    page = agent.get(f"/articles/{article.number}")
    thanked = agent.post(f"/articles/{article.number}/feedback", data=form(page) | {"kind": "wrong"})
    assert "已收到您的反馈" in thanked.text
    assert agent.get("/articles/feedback").status_code == 403
    queue = editor.get("/articles/feedback")
    assert article.number in queue.text
    with staffed.desk.database.read() as session:
        key = session.scalars(select(ArticleFeedback.id).order_by(ArticleFeedback.id.desc())).first()
    after = editor.post(f"/articles/feedback/{key}", data=form(queue) | {"outcome": "kept"})
    assert after.status_code == 200
    assert article.number not in after.text


def test_drafts_are_not_in_the_readers_list(staffed: World) -> None:
    article = Acts(staffed)
    client = signed_in(staffed, "agent")
    assert article.number not in client.get("/articles", params={"after": "LIFE"}).text


# Commands


def test_the_life_of_an_article_by_commands(alone: Command) -> None:
    desk = Desk(Settings(home=alone.home, _env_file=None))  # type: ignore[call-arg]
    second_editor(desk)
    desk.close()
    file = alone.home / "one.jsonl"
    file.write_text(
        '{"id": "T-1", "question": "怎么办理", "short_answer": "答。", "category": "010101", "unit": "U001"}'
    )
    assert alone("articles", "import", file).code == 0
    assert "待审" in alone("articles", "submit", "T-1", "--as", "editor").err
    assert "没有找到" in alone("articles", "submit", "T-1", "--as", "nobody").refused()
    assert "您的角色不能" in alone("articles", "publish", "T-1", "--as", "agent").refused()
    assert "写明原因" in alone("articles", "send-back", "T-1", "--as", "editor2").refused()
    assert "--at" in alone("articles", "publish", "T-1", "--as", "editor2", "--at", "tomorrow").refused()
    assert alone("articles", "send-back", "T-1", "--as", "editor2", "--reason", "请补充").code == 0
    file.write_text(file.read_text().replace("答。", "答。新的一句。"))
    assert alone("articles", "import", file).code == 0
    assert "草稿" in alone("articles", "send-back", "T-1", "--as", "editor2", "--reason", "请补充").refused()
    assert alone("articles", "submit", "T-1", "--as", "editor").code == 0
    assert alone("articles", "publish", "T-1", "--as", "editor2").code == 0
    found = alone("articles", "diff", "T-1", "--json").document
    assert [(each["field"], each["html"]) for each in found["fields"]] == [
        ("short_answer", "答。<ins>新的一句。</ins>")
    ]
    assert "+ 新的一句。" in alone("articles", "diff", "T-1", 1, 2).out
    assert alone("articles", "confirm", "T-1", "--as", "lead-U001", "--review-due", "2999-01-01").code == 0
    assert alone("articles", "withdraw", "T-1", "--as", "lead-U001", "--reason", "停办").code == 0
    acts = [row["act"] for row in alone("articles", "history", "T-1", "--json").document]
    assert acts == [
        *("withdrawn", "confirmed", "published", "submitted", "imported", "sent_back", "submitted", "imported"),
    ]
    assert "停办" in alone("articles", "history", "T-1").out
    today = str((datetime.now(UTC) + ZONE).date())
    assert alone("articles", "as-of", "T-1", today, "--json").document is None
    assert "找不到" in alone("articles", "history", "T-9").refused()


def test_drafts_are_thrown_away_and_taken_back_and_files_exported_by_commands(alone: Command) -> None:
    file = alone.home / "one.jsonl"
    file.write_text('{"id": "T-2", "question": "怎么办", "short_answer": "答。", "category": "010101", "unit": "U001"}')
    assert alone("articles", "import", file).code == 0
    desk = Desk(Settings(home=alone.home, _env_file=None))  # type: ignore[call-arg]
    form = Attached("表.pdf", "application/pdf", 5, desk.blobs.put(b"%PDF-"))
    editor = Actor("e", "知识管理员", Role.KNOWLEDGE_EDITOR)
    with desk.database.write.begin() as session:
        lifecycle.edit(session, desk.district, "T-2", None, actor=editor, now=desk.now(), attach=lambda _: [form])
    desk.close()
    for target in ("out.jsonl", "kb"):
        told = alone("articles", "export", alone.home / target, *(["--format", "md"] if target == "kb" else [])).err
        folder = alone.home / f"{target.removesuffix('.jsonl')}-attachments"
        assert str(folder) in told
        assert (folder / "T-2" / "表.pdf").read_bytes() == b"%PDF-"
    assert "已舍弃" in alone("articles", "discard", "T-2", "--as", "editor", "--reason", "重复").err
    assert "T-2" not in alone("articles", "list").out
    assert "没有可以取回" in alone("articles", "restore", "KB-0001", "--as", "editor").refused()
    assert "草稿" in alone("articles", "restore", "T-2", "--as", "editor").err
    assert alone("articles", "discard", "T-2", "--as", "editor").code == 0
    assert alone("articles", "import", file, "--json").document["added"] == 1
