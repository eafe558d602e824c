"""Search over more articles than the demo has, each engine beside itself alone; and how soon a change is found."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import jieba
import tantivy
from whoosh import fields, index, qparser
from whoosh.analysis import SpaceSeparatedTokenizer

from api.desk import Desk
from api.following import Follower
from api.settings import Settings
from benchmarks.collection import articles, questions
from benchmarks.figures import Figure, each_ms, percentile, spent
from benchmarks.place import Place
from district.schemas import ArticleSource
from knowledge import articles as published
from knowledge.analysis import Analyzer
from knowledge.engines import open_index
from knowledge.index import Document
from knowledge.suggestions import Suggestions

FEW, MANY = 2_000, 20_000
QUESTIONS = 300
FEW_AIM, MANY_AIM, BUILT_AIM, FOUND_AIM, TYPING_AIM = 25.0, 10.0, 5.0, 1.0, 15.0
WHOOSH = "Whoosh alone, any of the jieba words"
TANTIVY = "Tantivy alone, any of the jieba words"
CHANGES = 5
Find = Callable[[str], object]


def engines(place: Place) -> list[Figure]:
    """Single queries, ranking and passages included, of a collection made by a grammar; and building the index."""
    asked = questions(QUESTIONS)
    analyzer = Analyzer(place.folder / "words")
    analyzer.load()
    figures = []
    for name, number, aim, alone, bare in (
        ("whoosh", FEW, FEW_AIM, WHOOSH, _whoosh),
        ("tantivy", MANY, MANY_AIM, TANTIVY, _tantivy),
    ):
        documents = articles(number)
        with tempfile.TemporaryDirectory(dir=place.folder) as folder:
            found: list[Find] = []
            plainly = spent(lambda: found.append(bare(Path(folder) / "bare", documents)))  # noqa: B023
            ours = open_index(Path(folder) / "ours", name, analyzer=analyzer)
            built = spent(lambda: ours.rebuild(documents, cursor=1))  # noqa: B023
            found[0](asked[0])
            ours.warm()  # as a desk does when it starts
            ours.search(asked[0])
            plain, times = each_ms(found[0], asked), each_ms(ours.search, asked)
            ours.close()
        title = f"search.{number}.{name}"
        for part, share, wanted in (("p50", 0.5, None), ("p95", 0.95, aim)):
            value, other = percentile(times, share), percentile(plain, share)
            figures.append(Figure(f"{title}.{part}", value, "ms", alone, other, "lower", wanted))
        wanted = BUILT_AIM if name == "tantivy" else None
        figures.append(Figure(f"index.{number}.{name}", built, "s", f"{alone}, cut", plainly, "lower", wanted))
    return figures


def completions(_place: Place) -> list[Figure]:
    """Suggestions as one types: after each of the first characters of a question, in words and in pinyin's initials."""
    documents = articles(MANY)
    known = Suggestions.of(documents)
    typed = [text[:size] for text in questions(QUESTIONS) for size in (1, 2, 4)] + ["jzz", "gjjtq", "dianti", "lud"]
    titles = [document.title for document in documents]
    on = date(2026, 6, 1)
    plain = each_ms(lambda text: sorted((title for title in titles if text in title), key=len)[:8], typed)
    times = each_ms(lambda text: known.complete(text, on=on), typed)
    value, other = percentile(times, 0.95), percentile(plain, 0.95)
    return [Figure(f"typing.{MANY}.p95", value, "ms", "every title looked at", other, "lower", TYPING_AIM)]


def changes(place: Place) -> list[Figure]:
    """From a publication's commit until another process finds the article, the slowest of a few."""
    home = place.copy()
    desk = Desk(Settings(home=home))
    words = [f"琅琊{sign}泉" for sign in "甲乙丙丁戊己庚辛"[:CHANGES]]
    command = [sys.executable, "-m", "benchmarks.searching", str(home), *words]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    waits = []
    try:
        assert watching.stdout is not None
        assert watching.stdout.readline() == "ready\n"
        for word in words:
            _publish(desk, word)
            committed = time.time()
            waits.append(float(watching.stdout.readline()) - committed)
            time.sleep(0.13)  # not in step with the follower
    finally:
        watching.kill()
        watching.wait(timeout=10)
        desk.close()
    return [Figure("search.change_found", max(waits), "s", "the quickest of them", min(waits), "lower", FOUND_AIM)]


def watch(home: Path, words: list[str]) -> None:
    """The other process: it follows the change log and says when it finds each word."""
    desk = Desk(Settings(home=home))
    desk.warm_up()
    follower = Follower(desk)
    follower.start()
    print("ready", flush=True)
    for word in words:
        while not any(hit.title == word for hit in desk.index.search(word, limit=1)):
            time.sleep(0.005)
        print(time.time(), flush=True)


def _publish(desk: Desk, word: str) -> None:
    category = next(iter(desk.district.taxonomy)).code
    source = ArticleSource.model_validate(
        {
            "id": f"KB-1-{word}",
            "question": word,
            "category": category,
            "unit": next(iter(desk.district.units)).code,
            "short_answer": "新开放的泉水",
            "body": "新开放的泉水",
        }
    )
    with desk.database.write.begin() as session:
        published.import_sources(session, [source], actor="bench", now=desk.now(), publish_them=True)


def _text(document: Document) -> str:
    return " ".join(jieba.cut_for_search(f"{document.title}\n{document.body}"))


def _whoosh(folder: Path, documents: list[Document]) -> Find:
    folder.mkdir()
    schema = fields.Schema(id=fields.ID(stored=True), text=fields.TEXT(analyzer=SpaceSeparatedTokenizer()))
    made = index.create_in(str(folder), schema)
    writer = made.writer(limitmb=256)
    for document in documents:
        writer.add_document(id=document.id, text=_text(document))
    writer.commit()
    searcher = made.searcher()
    parser = qparser.QueryParser("text", schema, group=qparser.OrGroup, plugins=[qparser.WhitespacePlugin()])
    return lambda text: [
        hit["id"] for hit in searcher.search(parser.parse(" ".join(jieba.cut_for_search(text))), limit=10)
    ]


def _tantivy(folder: Path, documents: list[Document]) -> Find:
    folder.mkdir()
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("text", tokenizer_name="whitespace", index_option="freq")
    schema = builder.build()
    made = tantivy.Index(schema, str(folder))
    writer = made.writer(num_threads=1)
    for document in documents:
        writer.add_document(tantivy.Document(id=document.id, text=_text(document)))
    writer.commit()
    writer.wait_merging_threads()
    made.reload()
    searcher = made.searcher()

    def find(text: str) -> list[object]:
        terms = [tantivy.Query.term_query(schema, "text", word, "freq") for word in jieba.cut_for_search(text)]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        return [searcher.doc(address)["id"] for _, address in searcher.search(query, 10).hits]

    return find


if __name__ == "__main__":
    watch(Path(sys.argv[1]), sys.argv[2:])
