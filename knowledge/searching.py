"""A search as a person does it: his query taken apart, found articles held against it, counted, and put right if wrong.

The page of residents and that of agents and editors ask here; they differ in ``everything`` alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from district.taxonomy import Taxonomy
from district.units import Units
from knowledge import articles
from knowledge.answers import RELEVANT, query_of
from knowledge.index import Filters, Hit, SearchIndex
from knowledge.operators import Field, ParsedQuery, parse
from knowledge.tables import Article

MOST = 60
"""Articles looked at for one query: as many as the second stage of the index orders."""
CLOSE = 0.25
"""An article is found if it is as relevant as this share of the best one: else facets would count what nobody reads."""
GOOD = 0.4
"""A best article of this relevance is what was asked for: nobody is told that he may have meant something else."""
BETTER = 0.1
"""By so much more relevant must the best article be for another query to be offered."""


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What was chosen beside the query: a category's code (it finds what lies below), a unit's code, a state."""

    category: str = ""
    unit: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A found article. ``hit`` is None where nothing was searched for and the article only lies in the field."""

    article: Article
    state: str
    hit: Hit | None = None


@dataclass(frozen=True, slots=True)
class Facet:
    """How many of the found articles have a value: a code, or a state's name."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found. ``facets`` are counted before the narrowing, by category (first level), unit and state.

    ``instead`` is the query that may have been meant, empty where this one did well; ``notes`` are Chinese sentences.
    """

    found: Sequence[Found] = ()
    categories: Sequence[Facet] = ()
    units: Sequence[Facet] = ()
    states: Sequence[Facet] = ()
    instead: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Searcher:
    """What a search needs of the desk. ``mend`` gives the query with its slips mended, empty where it has none."""

    index: SearchIndex
    taxonomy: Taxonomy
    units: Units
    mend: Callable[[str], str]

    def search(
        self,
        session: Session,
        query: str,
        narrowing: Narrowing = Narrowing(),
        *,
        on: date,
        everything: bool = False,
    ) -> Answer:
        """The best articles first, at most ``MOST``; only what is in force on ``on`` unless ``everything``.

        Any query is allowed. Raises ``IndexMissing``.
        """
        parsed = parse(query)
        filters, notes = self._filters(parsed, None if everything else on)
        parsed = replace(parsed, notes=(*parsed.notes, *notes))
        asked = query_of(parsed.text)
        hits = self._relevant(asked, filters) if asked else []
        lying = [] if asked else _lying_in(session, parsed, filters, on, everything=everything)
        found = [one for one in (*_found(session, hits, on, everything=everything), *lying) if _admits(parsed, one)]
        instead = "" if parsed.narrows else self._instead(asked, hits, filters)
        return Answer(
            found=[one for one in found if _chosen(narrowing, one)],
            categories=_counted(one.article.category[:2] for one in found),
            units=_counted(one.article.unit for one in found),
            states=_counted(one.state for one in found),
            instead=instead,
            notes=parsed.notes,
        )

    def _relevant(self, asked: str, filters: Filters) -> list[Hit]:
        """The best article and others nearly as relevant; none that shares only single characters with a question."""
        hits = self.index.search(asked, limit=MOST, filters=filters)
        if len(asked) < 2 or not hits:
            return list(hits)
        least = max(RELEVANT, CLOSE * hits[0].relevance)
        return [hit for at, hit in enumerate(hits) if hit.relevance >= least or (not at and hit.relevance)]

    def _instead(self, asked: str, hits: Sequence[Hit], filters: Filters) -> str:
        reached = hits[0].relevance if hits else 0.0
        mended = self.mend(asked) if asked and reached < GOOD else ""
        if not mended:
            return ""
        better = self.index.search(mended, limit=1, filters=filters)
        return mended if better and better[0].relevance >= reached + BETTER else ""

    def _filters(self, parsed: ParsedQuery, on: date | None) -> tuple[Filters, list[str]]:
        """The fields of a query as codes; a name that nothing has is told and not heeded."""
        notes: list[str] = []
        unit, street = parsed.field(Field.UNIT), parsed.field(Field.STREET)
        category = parsed.field(Field.CATEGORY)
        codes = {
            "unit": self._unit(unit),
            "street": self._unit(street),
            "category": self._category(category),
        }
        for what, name, code in (
            ("承办单位", unit, codes["unit"]),
            ("街道", street, codes["street"]),
            ("分类", category, codes["category"]),
        ):
            if name and not code:
                notes.append(f"没有名为“{name}”的{what}，没有按它筛选")
        return Filters(on=on, **codes), notes

    def _unit(self, name: str) -> str:
        found = self.units.by_name(name)
        return name if name in self.units else found.code if found else ""

    def _category(self, name: str) -> str:
        """The code, or that of the uppermost category of this name."""
        if name in self.taxonomy:
            return name
        return min((each.code for each in self.taxonomy if each.name == name), key=len, default="")


def state_of(article: Article, on: date) -> str:
    """How an article stands that day, as people are told it."""
    if article.status != "published":
        return {"draft": "草稿", "withdrawn": "已撤下", "expired": "已过期"}.get(article.status, article.status)
    if article.valid_from is not None and on < article.valid_from:
        return "未生效"
    return "已过期" if article.valid_until is not None and article.valid_until < on else "有效"


def _found(session: Session, hits: Sequence[Hit], on: date, *, everything: bool) -> list[Found]:
    """The articles of the hits. The index may be a moment behind: what has gone out of use meanwhile is not shown."""
    known = articles.by_numbers(session, [hit.id for hit in hits])
    usable = [hit for hit in hits if hit.id in known and (everything or articles.usable(known[hit.id], on))]
    return [Found(known[hit.id], state_of(known[hit.id], on), hit) for hit in usable]


def _lying_in(session: Session, parsed: ParsedQuery, filters: Filters, on: date, *, everything: bool) -> list[Found]:
    """The first articles by number that lie in the fields of a query without words; none without fields."""
    if not parsed.fields:
        return []
    query = select(Article).order_by(Article.number).limit(MOST)
    if not everything:
        begun = or_(Article.valid_from.is_(None), Article.valid_from <= on)
        lasting = or_(Article.valid_until.is_(None), Article.valid_until >= on)
        query = query.where(Article.status == "published", begun, lasting)
    if filters.category:
        query = query.where(Article.category.startswith(filters.category))
    if filters.unit:
        query = query.where(Article.unit == filters.unit)
    if number := parsed.field(Field.NUMBER):
        query = query.where(func.lower(Article.number) == number.lower())
    if filters.street:
        query = query.where(Article.street.in_(("", filters.street)))
    return [Found(article, state_of(article, on)) for article in session.scalars(query)]


def _admits(parsed: ParsedQuery, one: Found) -> bool:
    article = one.article
    if (number := parsed.field(Field.NUMBER)) and article.number.lower() != number.lower():
        return False
    if (state := parsed.field(Field.STATE)) and state != one.state:
        return False
    return parsed.admits(
        "\n".join((article.question, *article.similar, *article.keywords, article.short_answer, article.body))
    )


def _chosen(narrowing: Narrowing, one: Found) -> bool:
    return (
        one.article.category.startswith(narrowing.category)
        and narrowing.unit in ("", one.article.unit)
        and narrowing.state in ("", one.state)
    )


def _counted(values: Iterable[str]) -> list[Facet]:
    counts = Counter(value for value in values if value)
    return [Facet(value, count) for value, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))]
