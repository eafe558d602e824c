"""A search as a person does it: his query taken apart, found articles held against it, counted, and put right if wrong.

The page of residents and that of agents and editors ask here; they differ in ``everything`` alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from district.taxonomy import Taxonomy
from district.units import Units
from knowledge import articles, contained, fields
from knowledge.answers import RELEVANT, query_of
from knowledge.fields import Narrowed
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
        narrowed = fields.narrowed(parsed, self.taxonomy, self.units, on=None if everything else on)
        notes = (*parsed.notes, *narrowed.notes)
        if narrowed.notes:
            return Answer(notes=notes)
        asked, filters = query_of(parsed.text), narrowed.filters
        hits = self._relevant(asked, filters) if asked else []
        found = _found(session, hits, on, everything=everything)
        if not asked:
            found = _lying_in(session, parsed, narrowed, on, everything=everything)
        elif everything:
            state = narrowed.state or (narrowing.state if narrowing.state in fields.STATES else "")
            found = _with_unindexed(session, found, asked, replace(narrowed, state=state), on)
        found = [one for one in found if _admits(parsed, narrowed, one)]
        instead = "" if parsed.narrows else self._instead(asked, hits, filters)
        return Answer(
            found=[one for one in found if _chosen(narrowing, one)],
            categories=_counted(one.article.category[:2] for one in found),
            units=_counted(one.article.unit for one in found),
            states=_counted(one.state for one in found),
            instead=instead,
            notes=notes,
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


def _with_unindexed(session: Session, found: list[Found], asked: str, narrowed: Narrowed, on: date) -> list[Found]:
    """What was found, and after it what has the state that is asked for where no index holds all of these."""
    state = narrowed.state
    if not state or state in contained.IN_INDEX:
        return found
    query = _fitting(select(Article), narrowed, on)
    there = {article.number: article for article, _ in contained.best(session, query, asked, limit=MOST)}
    of_index = [replace(one, state=state) if there.pop(one.article.number, None) else one for one in found]
    return [*of_index, *(Found(article, state) for article in there.values())]


def _lying_in(session: Session, parsed: ParsedQuery, narrowed: Narrowed, on: date, *, everything: bool) -> list[Found]:
    """The first articles by number that lie in the fields of a query without words; none without fields."""
    if not parsed.fields:
        return []
    query = _fitting(select(Article).order_by(Article.number).limit(MOST), narrowed, on)
    if not everything:
        query = query.where(*articles.in_use(on))
    if number := parsed.field(Field.NUMBER):
        query = query.where(func.lower(Article.number) == number.lower())
    special = "" if narrowed.state in contained.IN_INDEX else narrowed.state
    return [Found(article, special or state_of(article, on)) for article in session.scalars(query)]


def _fitting(query: Select[Article], narrowed: Narrowed, on: date) -> Select[Article]:
    filters = narrowed.filters
    query = query.where(Article.status != "discarded")
    if narrowed.state:
        query = query.where(contained.STANDING[narrowed.state](on))
    if filters.category:
        query = query.where(Article.category.startswith(filters.category))
    if filters.unit:
        query = query.where(Article.unit == filters.unit)
    if filters.street:
        query = query.where(Article.street.in_(("", filters.street)))
    return query


def _admits(parsed: ParsedQuery, narrowed: Narrowed, one: Found) -> bool:
    article = one.article
    if (number := parsed.field(Field.NUMBER)) and article.number.lower() != number.lower():
        return False
    if narrowed.state and not _has_state(one, narrowed.state):
        return False
    return parsed.admits(
        "\n".join((article.question, *article.similar, *article.keywords, article.short_answer, article.body))
    )


def _has_state(one: Found, state: str) -> bool:
    return state == one.state or (state == "已发布" and one.article.status == "published")


def _chosen(narrowing: Narrowing, one: Found) -> bool:
    return (
        one.article.category.startswith(narrowing.category)
        and narrowing.unit in ("", one.article.unit)
        and (not narrowing.state or _has_state(one, narrowing.state))
    )


def _counted(values: Iterable[str]) -> list[Facet]:
    counts = Counter(value for value in values if value)
    return [Facet(value, count) for value, count in sorted(counts.items(), key=lambda each: (-each[1], each[0]))]
