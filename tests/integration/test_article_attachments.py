"""Files of articles on the pages and by the interface: what is let in, who gets what, and how it is given out."""

from __future__ import annotations

import io
import os
import re
import zipfile
from typing import Any

import httpx
import pytest

from api import article_attachments
from api.clamd import Result
from api.jobs import upkeep
from knowledge.errors import UnfitAttachment
from storage.blobs import digest_of
from tests.integration import photographs
from tests.integration.article_acts import Acts, second_editor, text
from tests.integration.interface import World, csrf, problem, signed_in, unjudged

__all__ = ["unjudged"]
PDF, PNG = photographs.pdf(), photographs.png()


@pytest.fixture(scope="module")
def world(unjudged: World) -> World:
    second_editor(unjudged.desk)
    return unjudged


@pytest.fixture(scope="module")
def editor(world: World) -> httpx.Client:
    return signed_in(world, "editor")


def package(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("[Content_Types].xml", *names):
            archive.writestr(name, "<a/>")
    return made.getvalue()


DOCX, XLSX = package("word/document.xml"), package("xl/workbook.xml")


def add(article: Acts, name: str, content: bytes, login: str = "editor", **form: Any) -> httpx.Response:
    address = f"/articles/{article.number}/attachments"
    return article.world.as_(login).post(address, files={"file": (name, content)}, data=form)


def listed(article: Acts, login: str = "editor", **asked: Any) -> list[dict[str, Any]]:
    answer = article.world.as_(login).get(f"/articles/{article.number}/attachments", params=asked)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def form(**changes: str) -> dict[str, Any]:
    empty = dict.fromkeys(("similar", "street", "audience", "keywords", "materials", "steps", "fee", "basis"), "")
    return empty | {"valid_from": "", "valid_until": "", "id": ""} | text(**changes)


@pytest.mark.parametrize(
    ("name", "content", "kept"),
    [
        ("申请表.pdf", PDF, "申请表.pdf"),
        ("../../2026.1 表\u202efdp.exe", PDF, "2026.1 表fdp.pdf"),
        ("表", DOCX, "表.docx"),
        ("表.docx", XLSX, "表.xlsx"),
        ("图.JPEG", photographs.jpeg(), "图.JPEG"),
        ("图.webp", photographs.webp(), "图.webp"),
        ("长" * 400 + ".pdf", PDF, "长" * 60 + ".pdf"),
        ("a" * 400 + ".PDF", PDF, "a" * 110 + ".PDF"),
    ],
)
def test_a_file_is_what_its_bytes_are_under_a_clean_name(world: World, name: str, content: bytes, kept: str) -> None:
    assert article_attachments.taken(world.desk, name, content).name == kept


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("空.pdf", b"", "没有内容"),
        ("页.pdf", b"<html><script>1</script>", "不是 PDF"),
        ("图.png", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "不是 PDF"),
        ("程序.pdf", b"MZ" + bytes(100), "不是 PDF"),
        ("包.docx", package("a.txt"), "不是 PDF"),
        ("宏.docx", package("word/document.xml", "word/vbaProject.bin"), "带有宏"),
        ("旧.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "旧版格式"),
        ("坏.xlsx", b"PK\x03\x04" + bytes(50), "已损坏"),
        ("大.pdf", PDF + bytes(article_attachments.LARGEST), "超过 20 MB"),
    ],
)
def test_what_may_not_be_attached_is_refused_with_its_name_and_why(
    world: World, name: str, content: bytes, words: str
) -> None:
    with pytest.raises(UnfitAttachment, match=words) as refused:
        article_attachments.taken(world.desk, name, content)
    assert name in str(refused.value)


def test_files_are_added_arranged_and_taken_off_by_the_interface(world: World) -> None:
    article = Acts(world)
    first = add(article, "申请表.pdf", PDF, base=1).json()
    assert (first["version"], [each["name"] for each in first["attachments"]]) == (2, ["申请表.pdf"])
    assert problem(add(article, "二.png", PNG, base=1), 409, "changed-meanwhile")
    add(article, "二.png", PNG)
    pdf, png = listed(article)
    assert (pdf["media_type"], pdf["size"], pdf["sha256"]) == ("application/pdf", len(PDF), digest_of(PDF))
    address = f"/articles/{article.number}/attachments"
    wanted = {"attachments": [{"id": png["id"], "name": "图 样.exe"}, {"id": pdf["id"]}], "base": 3}
    done = world.as_("editor").put(address, json=wanted).json()
    assert [each["name"] for each in done["attachments"]] == ["图 样.png", "申请表.pdf"]
    assert done["attachments"][1]["id"] == pdf["id"], "a file keeps its address"
    world.as_("editor").put(address, json={"attachments": [{"id": pdf["id"]}]})
    assert [each["name"] for each in listed(article)] == ["申请表.pdf"]
    assert [each["name"] for each in listed(article, version=3)] == ["申请表.pdf", "二.png"]
    (field,) = article.get("diff", **{"from": 4, "to": 5})["fields"]
    assert (field["label"], field["pieces"][0]) == ("附件", {"kind": "removed", "text": "图 样.png"})
    assert article.get("history")["items"][0]["reason"] == "删去 图 样.png"
    unknown = world.as_("editor").put(address, json={"attachments": [{"id": png["id"]}]})
    problem(unknown, 404, "unknown-attachment")
    twice = world.as_("editor").put(address, json={"attachments": [{"id": pdf["id"]}] * 2})
    problem(twice, 422, "unfit-attachment")


@pytest.mark.parametrize(("login", "kind"), [("agent", "not-allowed"), ("lead-U002", "not-own-unit")])
def test_who_may_not_write_attaches_nothing_and_leaves_no_bytes(world: World, login: str, kind: str) -> None:
    article = Acts(world)
    content = photographs.pdf(login)
    problem(add(article, "a.pdf", content, login), 403, kind)
    page = signed_in(world, "lead-U002")
    page.post(
        f"/articles/{article.number}/edit",
        data=form(base="1", csrf=csrf(page.get("/articles/new").text)),
        files={"files": ("a.pdf", content)},
    )
    assert not world.desk.blobs.path(digest_of(content)).exists()


def test_the_public_gets_what_is_out_and_nothing_else_as_a_sealed_download(world: World) -> None:
    article = Acts(world)
    file = add(article, "申请 表.pdf", PDF).json()["attachments"][0]
    public = f"{world.url}/knowledge/{article.number}"
    assert httpx.get(f"{public}/files/{file['id']}").status_code == 404
    article.out()
    assert f'href="/knowledge/{article.number}/files/{file["id"]}"' in httpx.get(public).text
    got = httpx.get(f"{public}/files/{file['id']}")
    assert got.content == PDF
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''%E7%94%B3%E8%AF%B7%20%E8%A1%A8.pdf"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    second = add(article, "新表.png", PNG).json()["attachments"][1]
    assert httpx.get(f"{public}/files/{second['id']}").status_code == 404
    assert "新表.png" not in httpx.get(public).text
    for wrong in ("x", "0" * 32, file["id"] + "0", "%00"):
        assert httpx.get(f"{public}/files/{wrong}").status_code == 404
    other = Acts(world)
    other.out()
    assert httpx.get(f"{world.url}/knowledge/{other.number}/files/{file['id']}").status_code == 404
    article.do("editor", "withdraw", reason="停办")
    assert httpx.get(f"{public}/files/{file['id']}").status_code == 404
    agent = signed_in(world, "agent")
    assert agent.get(f"/articles/{article.number}/files/{file['id']}").content == PDF, "what was out stays reachable"
    assert agent.get(f"/articles/{article.number}/files/{second['id']}").status_code == 404
    drawn = agent.get(f"/articles/{article.number}/files/{file['id']}/thumbnail")
    assert (drawn.status_code, drawn.headers["content-type"]) == (200, "image/jpeg")
    assert drawn.content != PDF
    assert agent.get(f"/articles/{article.number}/files/{second['id']}/picture").status_code == 404
    assert world.as_("agent").get(f"/articles/{article.number}/attachments/{file['id']}").content == PDF


def test_the_form_adds_names_orders_and_takes_off_with_the_text(world: World, editor: httpx.Client) -> None:
    page = editor.get("/articles/new")
    chosen = [("files", ("甲.pdf", PDF)), ("files", ("乙.png", PNG)), ("files", ("丙.docx", DOCX))]
    made = editor.post("/articles/new", data=form(csrf=csrf(page.text)), files=chosen)
    assert [name in made.text for name in ("甲.pdf", "乙.png", "丙.docx", "Word 文档")] == [True] * 4
    page = editor.get(f"{made.url.path}/edit")
    ids = re.findall(r'name="file_id" value="([^"]+)"', page.text)
    given = form(fee="十元", base="1", csrf=csrf(page.text))
    given |= {"file_id": ids, "file_name": ["甲.pdf", "乙", "丙.docx"], "file_place": ["3", "2", "1"]}
    saved = editor.post(f"{made.url.path}/edit", data=given | {"file_gone": [ids[2]]})
    assert saved.url.path == made.url.path
    number = made.url.path.rsplit("/", 1)[1]
    shown = world.as_("editor").get(f"/articles/{number}").json()
    assert (shown["fee"], [each["name"] for each in shown["attachments"]]) == ("十元", ["乙.png", "甲.pdf"])
    refused = editor.post(
        f"{made.url.path}/edit",
        data=form(base="2", body="写了很多", csrf=csrf(page.text)),
        files={"files": ("坏.pdf", b"x")},
    )
    assert refused.status_code == 422
    for words in ("附件“坏.pdf”的内容不是", "1 个文件没有保存", "写了很多", 'value="乙.png"'):
        assert words in refused.text


@pytest.mark.parametrize(("at", "to", "order"), [(0, "3", "bca"), (2, "1", "cab"), (1, "x", "abc"), (0, "2", "bac")])
def test_a_place_typed_moves_the_file_there(at: int, to: str, order: str) -> None:
    files = [article_attachments.Attached(f"{name}.pdf", "application/pdf", 1, name, file=name) for name in "abc"]
    row = article_attachments.Row(files[at].file, "", to, gone=False)
    assert "".join(each.file for each in article_attachments.typed([row])(files)) == order


def test_bytes_that_a_version_names_are_never_swept(world: World) -> None:
    article = Acts(world)
    content = photographs.pdf("KEPT")
    add(article, "a.pdf", content)
    article.world.as_("editor").put(f"/articles/{article.number}/attachments", json={"attachments": []})
    orphan = world.desk.blobs.put(b"orphan")
    for digest in (digest_of(content), orphan):
        path = world.desk.blobs.path(digest)
        os.utime(path, (0, 0))
    upkeep.sweep_blobs(world.desk)
    assert world.desk.blobs.path(digest_of(content)).exists(), "an old version still shows it"
    assert not world.desk.blobs.path(orphan).exists()


class Finds:
    """A scanner that finds something in everything."""

    def scan(self, _content: bytes) -> Result:
        return Result("infected", "Test-Virus")


def test_a_file_with_a_virus_is_not_attached_and_one_found_later_not_given_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = Acts(world)
    clean = add(article, "a.pdf", photographs.pdf("LATER")).json()["attachments"][0]
    article.out()
    monkeypatch.setattr(world.desk, "scanner", Finds())
    refused = problem(add(article, "b.pdf", photographs.pdf("AT ONCE")), 422, "unfit-attachment")
    assert "查出病毒" in refused["detail"]
    assert httpx.get(f"{world.url}/knowledge/{article.number}/files/{clean['id']}").status_code == 403
    assert "已隔离，不提供下载" in httpx.get(f"{world.url}/knowledge/{article.number}").text
