"""What an import would do, before it does it: added, changed, as they are, left alone, refused, and what is gone.

Nothing is written here. Whoever lands a plan gives its batches to ``articles.import_sources``, each in a transaction:
what landed is found unchanged when the same files are planned again, so an import may be stopped and repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from district.reading import Problems, build
from district.schemas import ArticleSource
from knowledge import content, standing
from knowledge.importing.cleaning import safe_markdown, short_answer
from knowledge.importing.columns import NAMES
from knowledge.importing.likeness import Questions
from knowledge.importing.material import Draft, Fault, Place, Reading
from knowledge.importing.vocabulary import Vocabulary
from knowledge.standing import Change, Standing
from knowledge.tables import Article

BATCH = 200
"""Articles a transaction: a stop repeats at most so many."""
CHANGES: Mapping[Change, str] = {
    "added": "新增",
    "changed": "更新",
    "unchanged": "未变",
    "left": "保留",
    "refused": "不能更新",
}
"""What becomes of an article, for people."""
_LEFT = "这段内容以前导入过，之后有人改过，没有覆盖"
_LENGTHS: Mapping[str, int] = {
    column.name: length for column in Article.__table__.columns if (length := getattr(column.type, "length", None))
}
_OUT_OF_USE = frozenset({"withdrawn", "expired", "discarded"})


@dataclass(frozen=True, slots=True)
class Planned:
    """An article and what would become of it. ``fields``: those that change. ``why`` it is left alone or refused."""

    source: ArticleSource
    place: Place
    change: Change
    fields: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    why: str = ""


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

    @property
    def all_taken(self) -> bool:
        """Whether nothing of the files is kept out."""
        return not self.faults and not self.count("refused")

    def told(self) -> str:
        """The counts in a line, as page and command say them."""
        counts = "，".join(f"{word} {self.count(change)}" for change, word in CHANGES.items())
        return f"{counts}，未导入 {len(self.faults)} 处"

    def batches(self, size: int = BATCH) -> Iterator[list[ArticleSource]]:
        """What is to land, in portions for a transaction each."""
        landing = [row.source for row in self.rows if row.change in ("added", "changed")]
        for at in range(0, len(landing), size):
            yield landing[at : at + size]

    def settle(self, changes: Mapping[str, Change]) -> None:
        """Say of each number what became of it in the end: others may have been at work since the plan was made."""
        self.rows = [
            row if changes.get(row.source.id, row.change) == row.change else _meanwhile(row, changes[row.source.id])
            for row in self.rows
        ]

    def kept_out(self) -> list[Fault]:
        """The articles that cannot be brought up to date now, with the reason."""
        return [Fault(row.place, row.why) for row in self.rows if row.change == "refused"]

    def document(self) -> dict[str, Any]:
        """The plan as JSON: counts, and an entry for each row, fault, note and vanished passage."""
        return {
            **{change: self.count(change) for change in CHANGES},
            "refused": len(self.faults) + self.count("refused"),
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
                    "why": row.why,
                }
                for row in self.rows
            ],
            "errors": [asdict(fault.place) | {"message": fault.message} for fault in (*self.faults, *self.kept_out())],
            "notes": [{"file": file, "message": message} for file, message in self.notes],
            "vanished": [asdict(each) for each in self.vanished],
        }


_MEANWHILE: Mapping[Change, str] = {
    "left": _LEFT,
    "refused": "预览之后有人提交了审核，不能更新，请先由知识管理员退回",
}


def _meanwhile(row: Planned, change: Change) -> Planned:
    return replace(row, change=change, fields=(), why=_MEANWHILE.get(change, ""))


def plan(session: Session, readings: Iterable[Reading], *, actor: str, vocabulary: Vocabulary) -> ImportPlan:
    """What it would do to the articles as they are now if this actor imported these files."""
    made = ImportPlan()
    kept = _kept(readings, made)
    drafts = _once([draft for reading in kept for draft in reading.drafts], made)
    there = standing.find(session, [str(draft.fields["id"]) for draft in drafts], actor=actor)
    known = select(Article.number, Article.question).where(Article.status != "discarded")
    asked = [(number, question) for number, question in session.execute(known)]
    questions = Questions(asked, but=frozenset(there))  # an article that the import changes is not like itself
    passages = {id(draft) for reading in kept if reading.series for draft in reading.drafts}
    for draft in drafts:
        row = _planned(draft, there.get(str(draft.fields["id"])), vocabulary, made)
        if row is None:
            continue
        if row.change == "added":
            like = questions.like(row.source.question, loosely=id(draft) not in passages)
            row = replace(row, hints=(*row.hints, *([like] if like else [])))
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


def _planned(draft: Draft, there: Standing | None, vocabulary: Vocabulary, made: ImportPlan) -> Planned | None:
    """The draft beside what stands under its number; None after noting why it cannot land."""
    says = there.says() if there is not None else None
    stated, hints = _stated(draft, vocabulary)
    whole = stated if draft.whole else _completed(stated, says)
    problems = Problems()
    source = build(ArticleSource, whole, lambda loc: (NAMES.get(str(loc[0]), "") if loc else "", 0), problems)
    found = [(problem.file, _in_words(problem.message)) for problem in problems.sorted()] or list(_too_long(whole))
    made.faults += [Fault(replace(draft.place, column=column), message) for column, message in found]
    if source is None or found:
        return None
    if there is None or says is None:
        return Planned(source, draft.place, "added", (), hints)
    given = content.of_source(source)
    change = there.takes(given, stated=[name for name in stated if name in says])
    changed = tuple(name for name in content.CONTENT if given[name] != says[name]) if change == "changed" else ()
    why = {"left": _LEFT, "refused": str(there.held() or "")}.get(change, "")
    return Planned(source, draft.place, change, changed, hints, why)


def _stated(draft: Draft, vocabulary: Vocabulary) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What the file states, with codes and clean text, and what is to be said of it."""
    stated = dict(draft.fields)
    hints = (*draft.hints, *_coded(stated, vocabulary, keep=draft.whole))
    stated["body"] = safe_markdown(stated.get("body", ""))
    return stated, hints


def _completed(stated: Mapping[str, Any], says: Mapping[str, Any] | None) -> dict[str, Any]:
    """All fields of an article: as the file states them, else as they are, else empty for the editor to fill."""
    whole: dict[str, Any] = {"category": "", "unit": "", **(says or {}), **stated}
    if "short_answer" not in stated:
        # What an editor wrote stays; what was cut from the text before is cut anew.
        own = says["short_answer"] if says else ""
        cut = not own or own == short_answer(says["body"] if says else "")
        whole["short_answer"] = short_answer(whole["body"]) if cut else own
    return whole


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


def _too_long(whole: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the database would refuse, by the name of the field."""
    for name, most in _LENGTHS.items():
        if name in content.CONTENT and isinstance(whole.get(name), str) and len(whole[name]) > most:
            yield NAMES[name], f"“{NAMES[name]}”太长，至多 {most} 个字"


def label_of(name: str) -> str:
    """A field as people call it."""
    return NAMES.get(name, name)


def _in_words(message: str) -> str:
    """A sentence about a field, with the name that people know."""
    for name, words in NAMES.items():
        message = message.replace(f"“{name}”", f"“{words}”")
    return message


def _vanished(session: Session, reading: Reading) -> Iterator[Vanished]:
    if not reading.series or not reading.drafts:
        return
    here = {str(draft.fields["id"]) for draft in reading.drafts}
    query = select(Article).where(Article.number.startswith(reading.series, autoescape=True)).order_by(Article.number)
    for article in session.scalars(query):
        if article.number not in here and article.status not in _OUT_OF_USE:
            yield Vanished(article.number, article.question, reading.file)
