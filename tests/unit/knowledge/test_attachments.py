"""Files of an article: each version has its own list, which comes out, is kept and is compared with the text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from district.pack import District
from district.schemas import ArticleSource
from knowledge import articles, attachments, lifecycle, versions, writing
from knowledge.attachments import Attached
from knowledge.errors import AttachmentNotFound, EditedMeanwhile, NotOwnUnit, TooManyAttachments
from knowledge.reader import ArticleReader
from storage.database import Database
from tests.unit.knowledge.people import EDITOR, EVERYBODY, LEAD, OTHER_LEAD, SECOND

KEY = "KB-0001"
FORM = Attached("申请表.pdf", "application/pdf", 10, "a" * 64)
GUIDE = Attached("指南.docx", "application/docx", 20, "b" * 64)


class Files:
    """An article that is out with the form, and acts on its files."""

    def __init__(self, database: Database, district: District, source: Callable[..., ArticleSource], now: datetime):
        self.database, self.district, self.source, self.now = database, district, source, now
        self.do(lifecycle.create, source(), files=[FORM])
        self.out()

    def do(self, act: Callable[..., Any], *given: Any, actor: Any = EDITOR, **more: Any) -> Any:
        with self.database.write.begin() as session:
            return act(session, self.district, *given, actor=actor, now=more.pop("now", self.now), **more)

    def attach(self, *files: Attached, actor: Any = EDITOR, base: int | None = None) -> Any:
        return self.do(lifecycle.edit, KEY, None, actor=actor, base=base, attach=lambda _there: files)

    def out(self, **more: Any) -> None:
        self.do(lifecycle.submit, KEY)
        self.do(lifecycle.publish, KEY, actor=SECOND, **more)

    def look(self, read: Callable[[Session], Any]) -> Any:
        with self.database.read() as session:
            return read(session)

    def names(self, version: int) -> list[str]:
        found = self.look(lambda session: attachments.of(versions.one(session, KEY, version)))
        return [each.name for each in found]

    def standing(self) -> list[str]:
        def read(session: Session) -> list[str]:
            article = articles.get(session, KEY)
            return [each.name for each in attachments.of(writing.standing_version(session, article))]

        found: list[str] = self.look(read)
        return found


@pytest.fixture
def files(database: Database, district: District, source: Callable[..., ArticleSource], now: datetime) -> Files:
    return Files(database, district, source, now)


def test_files_of_a_draft_are_not_out_before_it_is_and_those_of_the_day_stay(files: Files) -> None:
    files.attach(GUIDE, FORM, base=1)
    assert files.standing() == ["申请表.pdf"]
    files.now += timedelta(days=3)
    files.out()
    assert files.standing() == ["指南.docx", "申请表.pdf"]
    zone = files.district.calendars.zone
    stood = files.look(lambda session: versions.as_of(session, KEY, files.now.date() - timedelta(days=2), zone=zone))
    assert files.names(stood.version) == ["申请表.pdf"]


def test_a_new_text_keeps_the_files_and_the_same_files_make_no_version(files: Files) -> None:
    assert files.attach(FORM) is None
    files.do(lifecycle.edit, KEY, files.source(fee="十元"))
    with files.database.write.begin() as session:
        articles.import_sources(session, [files.source(fee="二十元")], actor="import", now=files.now)
    assert [files.names(version) for version in (1, 2, 3)] == [["申请表.pdf"]] * 3
    files.do(lifecycle.edit, KEY, files.source(fee="三十元"), attach=lambda there: [*there, GUIDE])
    assert [act.act for act in files.look(lambda session: versions.history(session, KEY))[:2]] == ["attached", "edited"]


def test_what_was_withdrawn_is_submitted_with_its_files(files: Files) -> None:
    files.do(lifecycle.withdraw, KEY, reason="停办")
    files.do(lifecycle.submit, KEY)
    assert files.names(2) == ["申请表.pdf"]


def test_a_change_of_files_is_written_by_who_may_write_and_published_by_another(files: Files) -> None:
    with pytest.raises(NotOwnUnit):
        files.attach(GUIDE, actor=OTHER_LEAD)
    with pytest.raises(EditedMeanwhile):
        files.attach(GUIDE, base=7)
    made = files.attach(FORM, GUIDE, actor=LEAD)
    assert made.editors == [LEAD.id]
    told = files.look(lambda session: versions.history(session, KEY)[0])
    assert (told.act, told.reason, told.by) == ("attached", "添加 指南.docx", LEAD.id)


def test_names_are_told_apart_and_ten_files_are_the_most(files: Files) -> None:
    same = [Attached("申请表.PDF", "application/pdf", 1, str(at) * 64) for at in range(9)]
    files.attach(FORM, *same)
    assert files.names(2)[:3] == ["申请表.pdf", "申请表(2).PDF", "申请表(3).PDF"]
    with pytest.raises(TooManyAttachments):
        files.attach(FORM, *same, GUIDE)


def test_the_history_and_the_difference_tell_what_became_of_files(files: Files) -> None:
    changed = Attached(FORM.name, FORM.media_type, 11, "c" * 64)
    files.attach(GUIDE, changed)
    found = files.look(
        lambda session: versions.differences(versions.one(session, KEY, 1), versions.one(session, KEY, 2))
    )
    assert [each.label for each in found] == ["附件"]
    assert found[0].html == "<del>申请表.pdf</del>\n<ins>指南.docx</ins>\n<ins>申请表.pdf（内容已更换）</ins>"
    renamed = Attached("新表.pdf", FORM.media_type, FORM.size, FORM.blob, FORM.file)
    assert attachments.told([FORM, GUIDE], [GUIDE, renamed]) == "申请表.pdf 改名为 新表.pdf；调整顺序"
    assert attachments.told([FORM], [GUIDE]) == "添加 指南.docx；删去 申请表.pdf"


def test_a_file_of_a_draft_is_had_by_those_who_read_drafts(files: Files) -> None:
    files.attach(FORM, GUIDE)
    may = set()
    for actor in EVERYBODY:
        reader = ArticleReader(files.district, actor)
        assert files.look(lambda session, r=reader: r.attachment(session, KEY, FORM.file)).blob == FORM.blob
        try:
            files.look(lambda session, r=reader: r.attachment(session, KEY, GUIDE.file))
            may.add(actor.role.value)
        except AttachmentNotFound:
            pass
    assert may == {"knowledge_editor", "unit_lead", "supervisor", "administrator", "auditor"}
    with pytest.raises(AttachmentNotFound):
        files.look(lambda session: ArticleReader(files.district, OTHER_LEAD).attachment(session, KEY, GUIDE.file))
