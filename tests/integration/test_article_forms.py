"""Forms of articles that say what cannot be: every refusal is one true sentence in Chinese, and nothing is lost."""

from __future__ import annotations

import re

import httpx
import pytest
from fastapi.routing import APIRoute

from api.invalid import LABELS
from api.web import pages, simulator
from knowledge.content import BODY
from tests.integration.article_acts import Acts, text
from tests.integration.interface import World, csrf, problem, signed_in, unjudged

__all__ = ["unjudged"]


@pytest.fixture(scope="module")
def editor(unjudged: World) -> httpx.Client:
    return signed_in(unjudged, "editor")


@pytest.fixture(scope="module")
def token(editor: httpx.Client) -> str:
    return csrf(editor.get("/articles/new").text)


def given(**changes: str) -> dict[str, str]:
    empty = dict.fromkeys(("similar", "street", "audience", "keywords", "materials", "steps", "fee", "basis"), "")
    return empty | {"valid_from": "", "valid_until": "", "id": "", "base": "0"} | text(**changes)


def told(page: httpx.Response) -> str:
    found = re.search(r'role="alert">(.*?)</p>', page.text)
    assert found is not None, page.text[:300]
    assert not re.search("[A-Za-z_]{4,}", found[1].replace("Markdown", "")), found[1]
    return found[1]


@pytest.mark.parametrize("base", ["²", "9" * 5_000, "x", "", "-1", "1.0", " 1", "١"])
def test_an_edit_that_does_not_say_on_what_it_was_written_is_refused(
    unjudged: World, editor: httpx.Client, token: str, base: str
) -> None:
    article = Acts(unjudged)
    page = editor.post(f"/articles/{article.number}/edit", data=given(fee="十元", base=base, csrf=token))
    assert page.status_code == 422
    assert "无法得知" in page.text
    assert "十元" in page.text, "what was written stays in the form"
    assert article.shown()["fee"] == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"valid_from": "99999-01-01"}, "生效日期不是有效的日期"),
        ({"valid_until": "2026-02-30"}, "失效日期不是有效的日期"),
        ({"valid_from": "1" * 400}, "生效日期不是有效的日期"),
        ({"id": "no-digit"}, "编号只能用"),
        ({"id": "a b 1"}, "编号只能用"),
        ({"question": "\u200b\ufeff\u202e \u2069"}, "标准问题至少 2 个字"),
        ({"short_answer": "\ufeff\u200b"}, "简答至少 1 个字"),
        ({"short_answer": "长" * 301}, "简答最多 300 个字"),
        ({"fee": "长" * 2_001}, "费用最多 2000 个字"),
        ({"basis": "甲\n" + "长" * 2_001}, "依据第 2 项最多 2000 个字"),
        ({"similar": "问\n" * 201}, "相似问题最多 200 项"),
        ({"audience": "长" * 61}, "适用人群最多 60 个字"),
        ({"body": "长" * (BODY + 1)}, f"正文最多 {BODY} 个字"),
        ({"category": "x"}, "没有分类"),
        ({"unit": ""}, "责任单位没有填写"),
        ({"unit": "没有这个局"}, "没有责任单位“没有这个局”"),
        ({"valid_from": "2026-02-02", "valid_until": "2026-02-01"}, "失效日期早于生效日期"),
    ],
)
def test_what_does_not_fit_is_named_as_the_page_names_it(
    editor: httpx.Client, token: str, changes: dict[str, str], words: str
) -> None:
    page = editor.post("/articles/new", data=given(**changes, csrf=token))
    assert page.status_code == 422
    assert words in told(page)


def test_marks_that_cannot_be_seen_are_no_part_of_a_question(unjudged: World) -> None:
    article = Acts(unjudged, question="\ufeff公共\u200b晾衣杆\u2069 ", short_answer="\u200b答。\u3000")
    shown = article.shown()
    assert (shown["question"], shown["short_answer"]) == ("公共\u200b晾衣杆", "答。")


def test_a_body_of_the_greatest_length_is_kept_and_a_longer_field_told_its_limit(
    editor: httpx.Client, token: str
) -> None:
    page = editor.post("/articles/new", data=given(body="𠀀" * BODY, csrf=token))
    assert "已保存为草稿" in page.text
    for kind in ("data", "files"):
        form = given(body="长" * 3_000_000, csrf=token)
        sent = {"data": form} if kind == "data" else {"files": {name: (None, value) for name, value in form.items()}}
        page = editor.post("/articles/new", **sent)  # type: ignore[arg-type]
        assert page.status_code == 413
        assert f"正文最多 {BODY} 字" in page.text
        assert "系统内部错误" not in page.text


def test_a_form_that_is_none_is_told_so(unjudged: World, editor: httpx.Client) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x"}
    page = editor.post(
        "/articles/new", content=b"--x\r\nContent-Disposition: nonsense\r\n\r\n1\r\n--x--", headers=headers
    )
    assert page.status_code == 400
    assert "表单无法读取" in page.text
    path = f"{unjudged.url}/knowledge/KB-0001/feedback"
    assert "表单中有一栏内容过长" in httpx.post(path, data={"kind": "x" * 2_000_000}).text


@pytest.mark.parametrize("files", [{"files": ("", b"")}, {"files": (None, "")}, {"files": (None, "a.docx")}])
def test_an_import_without_a_chosen_file_says_so(
    editor: httpx.Client, token: str, files: dict[str, tuple[str | None, bytes | str]]
) -> None:
    page = editor.post("/articles/import", files=files | {"csrf": (None, token)})  # type: ignore[arg-type]
    assert re.search("请先选择文件|文件没有选择", page.text), page.text[-800:]
    assert "UploadFile" not in page.text


def test_an_upload_of_city_orders_without_a_chosen_file_says_so(unjudged: World) -> None:
    supervisor = signed_in(unjudged, "supervisor")
    page = supervisor.get("/city")
    for files in ({"file": ("", b"")}, {"file": (None, "")}, {}):
        form = files | {"csrf": (None, csrf(page.text))}
        answer = supervisor.post("/city/orders", files=form)  # type: ignore[arg-type]
        assert answer.status_code == 422
        assert "文件没有选择" in answer.text


def test_feedback_of_no_kind_is_told_by_its_label(unjudged: World) -> None:
    answer = httpx.post(f"{unjudged.url}/api/v1/public/articles/KB-0001/feedback", json={})
    assert problem(answer, 422, "invalid")["detail"] == "请求内容不符合要求：类型没有填写"
    page = httpx.post(f"{unjudged.url}/knowledge/KB-0001/feedback", data={})
    assert "类型没有填写" in page.text
    assert "body" not in re.sub("<.*?>", "", page.text)


def test_every_field_of_a_page_has_a_name_for_people() -> None:
    routes = [route for module in (*pages.PAGES, simulator) for route in module.router.routes]
    unnamed = set()
    for route in routes:
        if not isinstance(route, APIRoute):  # the simulator's parts, each included in it
            continue
        taken = [route.dependant, *route.dependant.dependencies]
        for each in taken:
            fields = (*each.query_params, *each.body_params, *each.path_params)
            unnamed |= {field.alias for field in fields if field.alias not in LABELS}
    assert unnamed == set()
