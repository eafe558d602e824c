"""Milliseconds for one classification, suggestion and search, model and index loaded; and the model's loading."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable

import jieba
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.svm import LinearSVC

from api import judging
from api.desk import Desk
from benchmarks.figures import Figure, each_ms, percentile, spent
from benchmarks.place import Place, texts
from district.articles import load_articles
from triage import features, model
from triage.assessment import Context
from triage.training import pack_samples

TEXTS = 300
FITTED = 1500
"""Samples the plain classifier is fitted on: how well it does is measured elsewhere, here only what it costs."""
CLASSIFIER = f"TF-IDF of 1-3 characters + LinearSVC on {FITTED} samples"
BM25 = "BM25 over jieba words, every article scored in Python"


def suggestions(place: Place) -> list[Figure]:
    """A whole suggestion (category, unit, urgency, places, similar cases, articles) beside a bare classification."""
    with place.desk() as desk:
        asked = texts(desk, TEXTS)
        classify = _classifier(desk)
        classify(asked[0])
        plain = each_ms(classify, asked)
        ours = each_ms(lambda text: judging.think(desk, text), asked)
    return [
        Figure(f"suggestion.{name}", percentile(ours, share), "ms", CLASSIFIER, percentile(plain, share), "lower")
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]


def classifications(place: Place) -> list[Figure]:
    """The category alone, many at once, and taking up the stored model."""
    with place.desk() as desk:
        asked = texts(desk, TEXTS)
        plain_classify = _classifier(desk)
        engine = desk.engine
        words, head = engine.model.vocabulary, engine.model.category
        plain_classify(asked[0])
        plain = each_ms(plain_classify, asked)
        ours = each_ms(lambda text: head.probabilities(words.counts(features.prepared("", text))), asked)
        one_by_one = spent(lambda: [engine.assess(text) for text in asked])
        together = spent(lambda: engine.assess_all([(text, Context()) for text in asked]))
        folder = desk.models / engine.model.version
        loading = min(spent(lambda: model.load(folder)) for _ in range(5))
        arrays = [path for path in folder.iterdir() if path.suffix == ".npy"]
        reading = min(spent(lambda: [np.load(path) for path in arrays]) for _ in range(5))
        size, bare = sum(path.stat().st_size for path in folder.iterdir()), sum(path.stat().st_size for path in arrays)
    return [
        *(
            Figure(
                f"classification.{name}", percentile(ours, share), "ms", CLASSIFIER, percentile(plain, share), "lower"
            )
            for name, share in (("p50", 0.5), ("p99", 0.99))
        ),
        Figure("suggestion.batch", TEXTS / together, "texts/s", "the same one by one", TEXTS / one_by_one, "higher"),
        Figure("model.load", 1000 * loading, "ms", "np.load of its arrays", 1000 * reading, "lower"),
        Figure("model.size", size / 1e6, "MB", "its arrays alone", bare / 1e6, "lower"),
    ]


def searches(place: Place) -> list[Figure]:
    """The ten best articles for a resident's words."""
    with place.desk() as desk:
        asked = texts(desk, TEXTS)
        find = _brute_force(desk)
        find(asked[0])
        plain = each_ms(find, asked)
        ours = each_ms(lambda text: desk.index.search(text, limit=10), asked)
    return [
        Figure(f"search.{name}", percentile(ours, share), "ms", BM25, percentile(plain, share), "lower")
        for name, share in (("p50", 0.5), ("p95", 0.95))
    ]


def _classifier(desk: Desk) -> Callable[[str], object]:
    samples = pack_samples(desk.district.folder)
    samples = samples[:: max(1, len(samples) // FITTED)]
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    matrix = vectors.fit_transform([sample.text for sample in samples])
    machine = LinearSVC().fit(matrix, [sample.category[:4] for sample in samples])
    return lambda text: machine.predict(vectors.transform([text]))


def _brute_force(desk: Desk) -> Callable[[str], object]:
    articles = load_articles(desk.district.folder, categories=desk.district.taxonomy, units=desk.district.units)
    counted: list[Counter[str]] = [Counter(jieba.lcut(f"{each.question}\n{each.body}")) for each in articles]
    sizes = [sum(count.values()) for count in counted]
    mean = sum(sizes) / len(sizes)
    holding: dict[str, int] = defaultdict(int)
    for count in counted:
        for word in count:
            holding[word] += 1

    def find(text: str) -> list[tuple[float, int]]:
        scores = []
        words = set(jieba.cut(text))
        for at, count in enumerate(counted):
            score = 0.0
            for word in words:
                often = count.get(word, 0)
                if often:
                    rarity = math.log(1 + (len(counted) - holding[word] + 0.5) / (holding[word] + 0.5))
                    score += rarity * often * 2.2 / (often + 1.2 * (0.25 + 0.75 * sizes[at] / mean))
            scores.append((score, at))
        return sorted(scores, reverse=True)[:10]

    return find
