"""Files of knowledge on their way in: found, read, planned and landed, for the command and for the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.desk import Desk
from district.schemas import ArticleSource
from knowledge import articles
from knowledge.articles import ImportReport
from knowledge.importing.cleaning import printable
from knowledge.importing.material import Reading
from knowledge.importing.plan import ImportPlan, plan
from knowledge.importing.reading import is_known, read, refused, too_large
from knowledge.importing.vocabulary import Vocabulary
from knowledge.standing import Change
from storage.database import Database

OnRecord = Callable[[Session, ImportReport], None]
ATTEMPTS = 3


@dataclass(slots=True)
class Found:
    """Files on their way in: what may be knowledge, what is left out, and links that lead out of their folder."""

    files: list[Path] = field(default_factory=list)
    left_out: list[Path] = field(default_factory=list)
    outside: list[Path] = field(default_factory=list)


def walk(paths: Iterable[Path]) -> Found:
    """The files that are named, and those in folders that are named.

    What an office program keeps beside an open document (``~$``) and hidden files are neither taken nor told.
    """
    found = Found()
    for path in paths:
        if not path.is_dir():
            found.files.append(path)
            continue
        folder = path.resolve()
        for each in sorted(path.rglob("*")):
            if any(part.startswith((".", "~$")) for part in each.relative_to(path).parts) or not each.is_file():
                continue
            inside = each.resolve().is_relative_to(folder)
            known = found.files if is_known(each.name) else found.left_out
            (known if inside else found.outside).append(each)
    found.files = list(dict.fromkeys(found.files))
    return found


def shown(path: Path) -> str:
    """The path as it can be printed."""
    return printable(str(path))


def read_file(path: Path) -> Reading:
    """A file as a reading; one beyond the limit is not loaded, and one that cannot be opened says why."""
    try:
        why = too_large(path.stat().st_size)
        return refused(shown(path), why) if why else read(shown(path), path.read_bytes())
    except OSError as problem:
        return refused(shown(path), f"文件读不出来：{problem.strerror}")


def read_found(found: Found) -> Iterator[Reading]:
    """The files one by one, and a refusal of each link that leads out."""
    for path in found.files:
        yield read_file(path)
    for path in found.outside:
        yield refused(shown(path), "是链接，指向所给文件夹之外的文件，没有读取；确要导入请直接给出那个文件")


def planned(desk: Desk, readings: Iterable[Reading], *, actor: str) -> ImportPlan:
    """What it would do to the desk's articles now if this actor imported these."""
    district = desk.district
    with desk.database.read() as session:
        return plan(session, readings, actor=actor, vocabulary=Vocabulary(district.taxonomy, district.units))


def land(
    database: Database, made: ImportPlan, *, actor: str, clock: Callable[[], datetime], on_record: OnRecord
) -> Iterator[int]:
    """Bring what is planned in as drafts, a batch in a transaction, with a row of the audit in each.

    Gives after each batch how many were brought. Stopped in between, a second import finds those unchanged. At the
    end the plan says what became of each.
    """
    brought = 0
    changes: dict[str, Change] = {}
    for batch in made.batches():
        changes |= _bring(database, batch, actor, clock, on_record).changes
        brought += len(batch)
        yield brought
    made.settle(changes)


def _bring(
    database: Database,
    batch: list[ArticleSource],
    actor: str,
    clock: Callable[[], datetime],
    on_record: OnRecord,
    attempts: int = ATTEMPTS,
) -> ImportReport:
    """One batch; once more where somebody brought the same numbers at the same moment: they are there then."""
    try:
        with database.write.begin() as session:
            report = articles.import_sources(session, batch, actor=actor, now=clock())
            on_record(session, report)
    except IntegrityError:
        if attempts <= 1:
            raise
        return _bring(database, batch, actor, clock, on_record, attempts - 1)
    else:
        return report
