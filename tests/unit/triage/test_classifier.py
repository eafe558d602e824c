"""The linear classifier, its folds and its features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from triage import classifier, features, folds, words
from triage.head import Manner
from triage.text import Lexicon

TEXTS = [("", "路灯不亮"), ("", "路灯坏了不亮"), ("垃圾没清", "桶满了"), ("", "垃圾没清桶满了"), ("", "")]


def vocabulary_of(texts: list[features.Words]) -> features.Vocabulary:
    return features.build(texts, Lexicon({"路灯": 3, "垃圾": 3, "不亮": 2}), at_least=1)


def test_one_text_weighs_the_same_alone_as_among_others() -> None:
    prepared = [features.prepared(title, body) for title, body in TEXTS]
    vocabulary = vocabulary_of(prepared[:2])
    table = features.table(prepared, vocabulary)
    weighting = classifier.Weighting(np.linspace(1, 2, len(vocabulary)).astype(np.float32), 0.7)
    matrix = weighting.matrix(table).toarray()
    for row, text in zip(matrix, prepared, strict=True):
        columns, values = weighting.vector(vocabulary.counts(text))
        alone = np.zeros(len(vocabulary), np.float32)
        np.add.at(alone, columns, values)
        assert alone == pytest.approx(row, abs=1e-5)


def test_a_title_teaches_the_body_and_counts_by_itself() -> None:
    titled, plain = features.prepared("垃圾没清", ""), features.prepared("", "垃圾没清")
    vocabulary = vocabulary_of([titled])
    assert set(vocabulary.counts(plain).columns[0]) == set(vocabulary.counts(titled).columns[0])
    assert len(vocabulary.counts(titled).columns[1]) > 0
    assert len(vocabulary.counts(plain).columns[1]) == 0


def test_unknown_features_are_counted_and_blanks_are_none() -> None:
    vocabulary = vocabulary_of([features.prepared("", "路灯")])
    counts = vocabulary.counts(features.prepared("", "路灯 鬼"))
    assert counts.known == 3
    assert sum(counts.unknown) == 1


def test_saying_a_thing_many_times_makes_it_no_stranger() -> None:
    vocabulary = vocabulary_of([features.prepared("", "路灯不亮")])
    once, often = (vocabulary.counts(features.prepared("", "路灯不亮，" * times)) for times in (2, 200))
    assert once.unknown == often.unknown
    assert once.known == often.known


def test_both_solvers_give_the_same_weights() -> None:
    rng = np.random.default_rng(0)
    matrix = csr_matrix(rng.random((60, 30)).astype(np.float32))
    wanted = classifier.targets(rng.integers(0, 5, 60), 5)
    direct, descended = (classifier.fit(matrix, wanted, direct=way)[0] for way in (True, False))
    assert direct.many(matrix) == pytest.approx(descended.many(matrix), abs=0.05)


def test_a_text_speaks_a_little_for_its_familys_other_labels() -> None:
    answers = np.array([0, 1, 2])
    wanted = Manner(kin=lambda label: label[:2]).targets(answers, ["0101", "0102", "0201"])
    assert wanted[0].tolist() == [1, -0.5, -1]
    assert wanted[2].tolist() == [-1, -1, 1]
    assert Manner().targets(answers, ["0101", "0102", "0201"])[0].tolist() == [1, -1, -1]


def test_labels_are_numbered_in_order() -> None:
    labels, answers = classifier.encoded(["b", "a", "b"])
    assert labels == ("a", "b")
    assert answers.tolist() == [1, 0, 1]


def test_near_copies_stay_in_one_fold() -> None:
    rng = np.random.default_rng(0)
    rows = rng.random((40, 200)) * (rng.random((40, 200)) < 0.1)
    rows = np.vstack([rows, rows[:10] * 1.01])
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    groups = folds.copies(csr_matrix(rows.astype(np.float32)))
    assert groups[:10].tolist() == groups[40:].tolist()
    fold = folds.split(groups, rng.integers(0, 3, 50), 5)
    assert fold[:10].tolist() == fold[40:].tolist()
    assert np.bincount(fold, minlength=5).min() >= 8


def test_each_class_is_spread_over_the_folds() -> None:
    answers = np.repeat([0, 1], 25)
    fold = folds.split(np.arange(50), answers, 5)
    assert all(np.bincount(fold[answers == each], minlength=5).tolist() == [5] * 5 for each in (0, 1))


def test_words_are_learnt_where_they_come_twice(tmp_path: Path) -> None:
    lexicon = words.learn(["小区垃圾没清", "青溪路垃圾满了", "青溪路"], words.Cutter(tmp_path, ["青溪路"]))
    assert (lexicon.words["垃圾"], lexicon.words["青溪路"]) == (2, 2)
    assert "小区" not in lexicon.words
    assert list(tmp_path.iterdir())  # its dictionary is kept here, not in the shared temporary folder
