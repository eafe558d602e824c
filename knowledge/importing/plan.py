"""What an import would do, before it does it: added, changed, as they are, refused, and what is no longer there.

Nothing is written here. Whoever lands a plan gives its batches to ``articles.import_sources``, each in a transaction:
what landed is found unchanged when the same files are planned again, so an import may be stopped and repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from district.reading import Problems, build
from district.schemas import ArticleSource
from knowledge.articles import CONTENT
from knowledge.importing.cleaning import safe_markdown, short_answer
from knowledge.importing.columns import HEADINGS
from knowledge.importing.likeness import Questions
from knowledge.importing.material import Draft, Fault, Place, Reading
from knowledge.importing.vocabulary import Vocabulary
from knowledge.tables import Article, ArticleVersion

Change = Literal["added", "changed", "unchanged"]
BATCH = 200
"""Articles a transaction: a stop repeats at most so many."""
_CHUNK = 500
_FIELDS = tuple(name for name in CONTENT if name in ArticleSource.model_fields)
_LENGTHS: Mapping[str, int] = {
    column.name: length for column in Article.__table__.columns if (length := getattr(column.type, "length", None))
}
_DEFAULTS: Mapping[str, Any] = {
    name: list(each.default) if isinstance(each.default, tuple) else each.default
    for name, each in ArticleSource.model_fields.items()
    if not each.is_required()
}
_OUT_OF_USE = frozenset({"withdrawn", "expired"})


@dataclass(frozen=True, slots=True)
class Planned:
    """An article that would be added or changed, or is there as it is. ``fields``: those that change."""

    source: ArticleSource
    place: Place
    change: Change
    fields: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Vanished:
    """An article of an earlier import of the same document, whose passage is in it no longer."""

    number: str
    question: str
    file: str


@dataclass(slots=True)
class ImportPlan:
    """What would become of every row and passage of the files, and what keeps the others out."""

    rows: list[Planned] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    vanished: list[Vanished] = field(default_factory=list)

    def count(self, change: Change) -> int:
        """How many articles would so be."""
        return sum(row.change == change for row in self.rows)

    def batches(self, size: int = BATCH) -> Iterator[list[ArticleSource]]:
        """What is to land, in portions for a transaction each."""
        landing = [row.source for row in self.rows if row.change != "unchanged"]
        for at in range(0, len(landing), size):
            yield landing[at : at + size]

    def document(self) -> dict[str, Any]:
        """The plan as JSON: counts, and an entry for each row, fault, note and vanished passage."""
        return {
            "added": self.count("added"),
            "changed": self.count("changed"),
            "unchanged": self.count("unchanged"),
            "refused": len(self.faults),
            "rows": [
                {
                    "change": row.change,
                    "id": row.source.id,
                    "question": row.source.question,
                    "file": row.place.file,
                    "sheet": row.place.sheet,
                    "row": row.place.row,
                    "fields": list(row.fields),
                    "hints": list(row.hints),
                }
                for row in self.rows
            ],
            "errors": [asdict(fault.place) | {"message": fault.message} for fault in self.faults],
            "notes": [{"file": file, "message": message} for file, message in self.notes],
            "vanished": [asdict(each) for each in self.vanished],
        }


def plan(session: Session, readings: Iterable[Reading], *, vocabulary: Vocabulary) -> ImportPlan:
    """What importing these files would do to the articles as they are now."""
    made = ImportPlan()
    kept = _kept(readings, made)
    drafts = _once([draft for reading in kept for draft in reading.drafts], made)
    there = _standing(session, [str(draft.fields["id"]) for draft in drafts])
    asked = [(number, question) for number, question in session.execute(select(Article.number, Article.question))]
    questions = Questions(asked, but=frozenset(there))  # an article that the import changes is not like itself
    passages = {id(draft) for reading in kept if reading.series for draft in reading.drafts}
    for draft in drafts:
        row = _planned(draft, there.get(str(draft.fields["id"])), vocabulary, made)
        if row is None:
            continue
        if row.change == "added":
            like = questions.like(row.source.question, loosely=id(draft) not in passages)
            row = Planned(row.source, row.place, row.change, row.fields, (*row.hints, *([like] if like else [])))
            questions.add(row.source.id, row.source.question)
        made.rows.append(row)
    for reading in kept:
        made.vanished += _vanished(session, reading)
    return made


def _kept(readings: Iterable[Reading], made: ImportPlan) -> list[Reading]:
    """Readings of files that have something to land; of two documents with one title the first."""
    kept: list[Reading] = []
    titles: dict[str, str] = {}
    for reading in readings:
        made.faults += reading.faults
        made.notes += [(reading.file, note) for note in reading.notes]
        other = titles.setdefault(reading.series, reading.file) if reading.series else reading.file
        if other != reading.file:
            place = Place(reading.file)
            made.faults.append(
                Fault(place, f"标题“{reading.title}”与 {other} 相同：同一份文件只导入一份，否则请改标题")
            )
        else:
            kept.append(reading)
    return kept


def _once(drafts: Sequence[Draft], made: ImportPlan) -> list[Draft]:
    """Each number once: of two rows with the same, the second is refused."""
    places: dict[str, Place] = {}
    once: list[Draft] = []
    for draft in drafts:
        number = str(draft.fields["id"])
        if number not in places:
            places[number] = draft.place
            once.append(draft)
        elif number.startswith("Q-"):
            made.faults.append(Fault(draft.place, f"问题与 {places[number]} 相同，确是两条请各写编号"))
        else:
            made.faults.append(Fault(draft.place, f"编号“{number}”与 {places[number]} 重复"))
    return once


def _standing(session: Session, numbers: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The latest text of each number that is there, be it out or being written."""
    found: dict[str, Mapping[str, Any]] = {}
    for at in range(0, len(numbers), _CHUNK):
        newest = (
            select(Article.number, ArticleVersion.article_id, func.max(ArticleVersion.version).label("version"))
            .join(ArticleVersion, ArticleVersion.article_id == Article.id)
            .where(Article.number.in_(numbers[at : at + _CHUNK]))
            .group_by(Article.number, ArticleVersion.article_id)
            .subquery()
        )
        same = and_(ArticleVersion.article_id == newest.c.article_id, ArticleVersion.version == newest.c.version)
        rows = session.execute(select(newest.c.number, ArticleVersion.content).join(ArticleVersion, same))
        found |= {
            number: {name: content.get(name, _DEFAULTS.get(name)) for name in _FIELDS} for number, content in rows
        }
    return found


def _planned(
    draft: Draft, standing: Mapping[str, Any] | None, vocabulary: Vocabulary, made: ImportPlan
) -> Planned | None:
    """The draft beside the text that stands under its number; None after noting why it cannot land."""
    content, hints = _completed(draft, standing, vocabulary)
    problems = Problems()
    source = build(ArticleSource, content, lambda _loc: (draft.place.file, draft.place.row), problems)
    faults = [_in_words(problem.message) for problem in problems.sorted()] or _too_long(content)
    made.faults += [Fault(draft.place, message) for message in faults]
    if source is None or faults:
        return None
    if standing is None:
        return Planned(source, draft.place, "added", (), hints)
    changed = tuple(name for name in _FIELDS if _plain(getattr(source, name)) != standing[name])
    return Planned(source, draft.place, "changed" if changed else "unchanged", changed, hints)


def _completed(
    draft: Draft, standing: Mapping[str, Any] | None, vocabulary: Vocabulary
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """All fields of an article: as the file states them, else as they are, else empty for the editor to fill."""
    stated = dict(draft.fields)
    hints = [*draft.hints, *_coded(stated, vocabulary, keep=draft.whole)]
    stated["body"] = safe_markdown(stated.get("body", ""))
    if draft.whole:
        return stated, tuple(hints)
    content: dict[str, Any] = {"category": "", "unit": "", **(standing or {}), **stated}
    if "short_answer" not in stated:
        # What an editor wrote stays; what was cut from the text before is cut anew.
        own = standing["short_answer"] if standing else ""
        cut = not own or own == short_answer(standing["body"] if standing else "")
        content["short_answer"] = short_answer(content["body"]) if cut else own
    return content, tuple(hints)


def _coded(stated: dict[str, Any], vocabulary: Vocabulary, *, keep: bool) -> Iterator[str]:
    """Put codes for the names of category and unit; what is not known is left out (or kept), and a hint says so."""
    for name, label, find in (("category", "分类", vocabulary.category), ("unit", "责任单位", vocabulary.unit)):
        text = stated.get(name, "")
        if not text:
            continue
        code = find(text)
        if code is not None:
            stated[name] = code
        elif keep:
            yield f"没有{label}“{text[:40]}”"
        else:
            del stated[name]
            yield f"没有{label}“{text[:40]}”，留给编辑填写"


def _too_long(content: Mapping[str, Any]) -> list[str]:
    """What the database would refuse."""
    return [
        f"“{label_of(name)}”太长，至多 {most} 个字"
        for name, most in _LENGTHS.items()
        if name in _FIELDS and isinstance(content.get(name), str) and len(content[name]) > most
    ]


def label_of(name: str) -> str:
    """A field as people call it."""
    return HEADINGS[name][0] if name in HEADINGS else name


def _in_words(message: str) -> str:
    """A sentence about a field, with the name that people know."""
    for name, words in HEADINGS.items():
        message = message.replace(f"“{name}”", f"“{words[0]}”")
    return message


def _plain(value: Any) -> Any:
    """A value as versions keep it."""
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _vanished(session: Session, reading: Reading) -> Iterator[Vanished]:
    if not reading.series or not reading.drafts:
        return
    here = {str(draft.fields["id"]) for draft in reading.drafts}
    query = select(Article).where(Article.number.startswith(reading.series, autoescape=True)).order_by(Article.number)
    for article in session.scalars(query):
        if article.number not in here and article.status not in _OUT_OF_USE:
            yield Vanished(article.number, article.question, reading.file)
