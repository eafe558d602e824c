"""``TantivyIndex``: the engine for more articles than two thousand, which stay on disk.

Tantivy is given runs of folded text and makes the grams itself, in its own thread. A field's weight is expressed by
repeating its text, so one field holds what BM25F adds up over four: a gram's rarity is that over all fields, and its
scores differ from Whoosh's by little (docs/knowledge.md).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from zlib import crc32

import tantivy
from tantivy import FieldType, Occur, Query

from knowledge.analysis import MAX_TERM, Analyzer, fold, runs
from knowledge.asking import first_stage, inverse_frequency, most_candidates
from knowledge.engine import BOOSTS, Stand, State, texts
from knowledge.errors import IndexMissing
from knowledge.features import Asked, Candidate, Question
from knowledge.index import Document, Filters
from knowledge.kept_articles import FORM, Article, Kept, fingerprint, stored
from knowledge.local_index import LocalIndex
from knowledge.ranking import Ranking

STATE = "\x00state"
"""Id of the document that holds the cursor; no article can have it."""
ANY = "\x00any"
"""Street or audience of an article that is for all."""
BUILD_BYTES, CHANGE_BYTES = 128_000_000, 15_000_000
"""Memory of a writer that builds, and of one that changes: Tantivy's least."""
MOST_KNOWN = 50_000
"""So many grams are kept in memory with their rarity."""
FIRST_DAY, LAST_DAY = 0, 2**31
UNREADABLE = (OSError, ValueError, EOFError, LookupError, TypeError)
"""What Tantivy raises on files that are missing, cut short or not its own."""
ARTICLE = "article"
_LETTERS = re.compile("[a-z0-9]+")
FIRST_SIGN, SIGNS = 0xF0000, 0xFFFE
"""Private characters that stand for letters and digits in a row."""
COPIES = {field: math.ceil(boost) for field, boost in BOOSTS.items()}
"""How often the text of each field is given: Tantivy counts whole terms only."""

Key = tuple[str, int, int]


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("stored", stored=True)
    builder.add_unsigned_field("print", fast=True)
    builder.add_text_field("grams", tokenizer_name="grams", index_option="freq")
    for name in ("is", "category", "unit", "street", "audience"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("valid_from", "valid_until"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    return builder.build()


SCHEMA = _schema()


class TantivyState:
    """A searcher on one commit. Safe for several threads; never changes."""

    def __init__(self, index: tantivy.Index, key: Key, kept: Kept) -> None:
        self.key = key
        self.index = index
        """What newer states are looked for in."""
        self.damaged = False
        self.kept = kept
        self.searcher = index.searcher()
        found = self.searcher.search(_term("id", STATE), 1).hits
        stored = json.loads(self.searcher.doc(found[0][1])["stored"][0])
        if stored["form"] != FORM:
            raise IndexMissing(key[0])
        self.stand = Stand(stored["cursor"], stored["tokeniser"])
        self.size: int = self.searcher.num_docs - 1
        # Tantivy counts what was removed among those that hold a term until it merges; so do we among all.
        self._counted = self.searcher.doc_freq("is", ARTICLE)
        self.rarest = inverse_frequency(0, self._counted)
        self._known: dict[str, float] = {}

    def idf(self, grams: Sequence[str]) -> list[float]:
        """Inverse document frequency of each gram."""
        known = self._known
        if unknown := [gram for gram in grams if gram not in known]:
            if len(known) > MOST_KNOWN:
                known = self._known = {}  # others may still read the one before
                unknown = list(grams)
            with self.reading():
                known.update((gram, self._look_up(gram)) for gram in unknown)
        return [known[gram] for gram in grams]

    def _look_up(self, gram: str) -> float:
        return inverse_frequency(self.searcher.doc_freq("grams", _signs(gram)), self._counted)

    def ask(self, question: Question, *, compared: Sequence[Question] = ()) -> TantivySearch:
        """First stage: BM25 over grams."""
        return TantivySearch(self, question, compared)

    def article(self, key: int, address: tantivy.DocAddress) -> Article:
        """The article of this fingerprint, kept from now on."""
        article = self.kept.get(key)
        if article is None:
            article = Article.read(self.searcher.doc(address)["stored"][0])
            self.kept.add(key, article)
        return article

    def warm(self) -> None:
        """Read as many articles as are kept. Raises ``IndexMissing``."""
        with self.reading():
            hits = self.searcher.search(_term("is", ARTICLE), self.kept.most, count=False).hits
            prints = self.searcher.fast_field_values("print", [address for _, address in hits])
            for key, (_, address) in zip(map(int, prints), hits, strict=True):  # type: ignore[arg-type]
                self.article(key, address)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turns what Tantivy raises on damaged files into ``IndexMissing``, once and for all."""
        try:
            yield
        except UNREADABLE as fault:
            self.damaged = True
            raise IndexMissing(self.key[0]) from fault

    def close(self) -> None:
        """Nothing to do: mapped files go with the searcher."""


class TantivySearch:
    """A question on one state. Not for several threads."""

    def __init__(self, state: TantivyState, question: Question, compared: Sequence[Question]) -> None:
        self._state = state
        self._query = _query(state, question)
        self._most = most_candidates(question)
        sought = [Asked.of(each, trigrams=True).parts for each in compared]
        self._parts = frozenset[str]().union(*sought) if sought else None
        self._found: dict[int, Article] = {}

    def candidates(self, filters: Filters) -> list[Candidate]:
        """The best that pass the filters."""
        if self._query is None:
            return []
        query = self._query
        if conditions := _conditions(filters):
            query = Query.boolean_query([(Occur.Must, query), *((Occur.Must, each) for each in conditions)])
        searcher = self._state.searcher
        with self._state.reading():
            hits = searcher.search(query, self._most, count=False).hits
            prints = searcher.fast_field_values("print", [address for _, address in hits])
            return [
                Candidate(key, score, self._article(key, address).seen(self._parts))
                for key, (score, address) in zip(map(int, prints), hits, strict=True)  # type: ignore[arg-type]
            ]

    def document(self, key: int) -> Document:
        """The document of a candidate."""
        return self._found[key].document

    def _article(self, key: int, address: tantivy.DocAddress) -> Article:
        article = self._found[key] = self._state.article(key, address)
        return article


class TantivyEngine:
    """Indexes of Tantivy."""

    name = "tantivy"

    def __init__(self) -> None:
        self._kept = Kept()

    def open(self, folder: Path, known: State | None) -> TantivyState:
        """The newest state. Raises ``IndexMissing``."""
        try:
            # Tantivy puts this file in place of the one before with every commit. Looking is cheaper than its own
            # watching (a thread that reads the file twice a second), and nothing is missed.
            status = (folder / "meta.json").stat()
            key = (folder.name, status.st_ino, status.st_mtime_ns)
            if not isinstance(known, TantivyState):
                index = tantivy.Index.open(str(folder))
                index.config_reader("manual")
            elif known.key == key:
                return known
            else:
                index = known.index
            index.reload()
            return TantivyState(index, key, self._kept)
        except UNREADABLE as fault:
            raise IndexMissing(str(folder)) from fault

    def create(self, folder: Path, documents: Iterable[Document], stand: Stand) -> None:
        """Make an index in an empty folder."""
        _write(tantivy.Index(SCHEMA, str(folder), reuse=False), BUILD_BYTES, documents, (), stand)

    def change(self, folder: Path, changed: Iterable[Document], removed: Iterable[str], stand: Stand) -> None:
        """Replace and remove documents, and move the cursor, in one commit."""
        _write(tantivy.Index.open(str(folder)), CHANGE_BYTES, changed, removed, stand)


def _write(
    index: tantivy.Index, memory: int, changed: Iterable[Document], removed: Iterable[str], stand: Stand
) -> None:
    index.register_tokenizer("grams", tokenizer())
    writer = index.writer(memory, num_threads=1)
    try:
        # What a killed process left would be in the way: Tantivy gives files of removals the same names again.
        writer.garbage_collect_files()
        for document in changed:
            writer.delete_documents_by_term("id", document.id)
            writer.add_document(_document(document))
        for key in (*removed, STATE):
            writer.delete_documents_by_term("id", key)
        # The cursor is a document of the same commit: whatever happens, it stands where the documents stand.
        said = json.dumps({"cursor": stand.cursor, "tokeniser": stand.tokeniser, "form": FORM}).encode()
        writer.add_document(tantivy.Document.from_dict({"id": STATE, "stored": said, "print": 0}, SCHEMA))
        writer.commit()
    except BaseException:
        writer.rollback()
        raise
    finally:
        writer.wait_merging_threads()  # which lets go of the lock too


def _document(document: Document) -> tantivy.Document:
    kept = stored(document)
    street, audience = document.street or ANY, document.audience or ANY
    values = {
        "id": document.id,
        "stored": kept,
        "print": fingerprint(kept),
        "is": ARTICLE,
        # A category is found by each that it lies below.
        "category": [document.category[:length] for length in range(1, len(document.category) + 1)],
        "unit": document.unit,
        "street": street,
        "audience": audience,
        "valid_from": document.valid_from.toordinal() if document.valid_from else FIRST_DAY,
        "valid_until": document.valid_until.toordinal() if document.valid_until else LAST_DAY,
        "grams": _laid_out(document),
    }
    return tantivy.Document.from_dict(values, SCHEMA)


def tokenizer() -> tantivy.TextAnalyzer:
    """What makes grams of a run of text."""
    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.ngram(1, 2, prefix_only=False)).build()


def _laid_out(document: Document) -> list[str]:
    """The runs of text of which Tantivy makes grams, each as often as its field counts."""
    every: list[str] = []
    for field, text in texts(document).items():
        if found := runs(fold(text)):
            every += _signs("\n".join(found)).split("\n") * COPIES[field]
    return every


def _signs(folded: str) -> str:
    """The text, or the gram, with letters and digits in a row as one sign: Tantivy takes every sign for a character.

    Two rows of letters can share a sign, one pair in a hundred thousand; the second stage sees the text itself.
    """
    return _LETTERS.sub(_sign, folded)


def _sign(letters: re.Match[str]) -> str:
    return chr(FIRST_SIGN + crc32(letters[0][:MAX_TERM].encode()) % SIGNS)


def _query(state: TantivyState, question: Question) -> Query | None:
    """Any of the terms, each with its weight; None where there is nothing to ask for."""
    asked = first_stage(state, question)
    terms = [(Occur.Should, Query.boost_query(_term("grams", _signs(gram), "freq"), asked[gram])) for gram in asked]
    return Query.boolean_query(terms) if terms else None


def _conditions(filters: Filters) -> list[Query]:
    """What a document must be, none of it with a part in the score."""
    wanted = {"category": [filters.category], "unit": [filters.unit]}
    wanted |= {"street": [filters.street, ANY], "audience": [filters.audience, ANY]}
    found = [
        Query.boolean_query([(Occur.Should, _term(name, value)) for value in values])
        for name, values in wanted.items()
        if values[0]
    ]
    if filters.on:
        found += [_days("valid_from", FIRST_DAY, filters.on), _days("valid_until", filters.on, LAST_DAY)]
    return [Query.const_score_query(each, 0.0) for each in found]


def _days(name: str, first: date | int, last: date | int) -> Query:
    bounds = [day.toordinal() if isinstance(day, date) else day for day in (first, last)]
    return Query.range_query(SCHEMA, name, FieldType.Unsigned, bounds[0], bounds[1])


def _term(name: str, value: str, option: str = "basic") -> Query:
    return Query.term_query(SCHEMA, name, value, option)


class TantivyIndex(LocalIndex):
    """The index in ``folder``, by Tantivy whatever the number of articles."""

    def __init__(self, folder: Path, *, analyzer: Analyzer | None = None, ranking: Ranking | None = None) -> None:
        engines = [TantivyEngine()]
        super().__init__(folder, engines, lambda _size, _serving: "tantivy", analyzer=analyzer, ranking=ranking)
