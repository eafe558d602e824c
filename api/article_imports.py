"""Files of knowledge on their way in: found, read, planned and landed, for the command and for the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sqlalchemy.orm import Session

from api.desk import Desk
from knowledge import articles
from knowledge.articles import ImportReport
from knowledge.importing.material import Reading
from knowledge.importing.plan import ImportPlan, plan
from knowledge.importing.reading import is_known, read, refused, too_large
from knowledge.importing.vocabulary import Vocabulary

OnRecord = Callable[[Session, ImportReport], None]


def walk(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """The files that are named, and those in folders that are named: what may be knowledge, and what is left out.

    What an office program keeps beside an open document (``~$``) and hidden files are neither.
    """
    taken: list[Path] = []
    left_out: list[Path] = []
    for path in paths:
        if not path.is_dir():
            taken.append(path)
            continue
        for found in sorted(path.rglob("*")):
            hidden = any(part.startswith((".", "~$")) for part in found.relative_to(path).parts)
            if found.is_file() and not hidden:
                (taken if is_known(found.name) else left_out).append(found)
    return list(dict.fromkeys(taken)), left_out


def read_file(path: Path) -> Reading:
    """A file as a reading; one beyond the limit is not loaded, and one that cannot be opened says why."""
    try:
        why = too_large(path.stat().st_size)
        return refused(str(path), why) if why else read(str(path), path.read_bytes())
    except OSError as problem:
        return refused(str(path), f"文件读不出来：{problem.strerror}")


def planned(desk: Desk, readings: Iterable[Reading]) -> ImportPlan:
    """What importing these would do to the desk's articles now."""
    district = desk.district
    with desk.database.read() as session:
        return plan(session, readings, vocabulary=Vocabulary(district.taxonomy, district.units))


def land(desk: Desk, made: ImportPlan, *, actor: str, on_record: OnRecord) -> Iterator[int]:
    """Bring what is planned in as drafts, a batch in a transaction, with a row of the audit in each.

    Gives after each batch how many have landed. Stopped in between, a second import finds those unchanged.
    """
    landed = 0
    for batch in made.batches():
        with desk.database.write.begin() as session:
            report = articles.import_sources(session, batch, actor=actor, now=desk.now())
            on_record(session, report)
        landed += len(batch)
        yield landed
