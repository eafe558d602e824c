"""Civic words: they speak for a node of the taxonomy because of its name, never for a class known beforehand."""

from __future__ import annotations

from triage.civic_words import DECISIVE, decisive, entries, said
from triage.examples import Heading


def test_every_entry_has_a_term_of_its_own_and_words() -> None:
    terms = [term for term, _ in entries()]
    assert len(terms) == len(set(terms))
    assert all(term and words and len(words) == len(set(words)) for term, words in entries())


def test_words_speak_for_the_node_whose_name_holds_the_term() -> None:
    found = said([("市政", Heading(("市政", "自来水供应"))), ("文教", Heading(("文教", "校园安全管理")))])
    assert {label for label, heading in found if "停水" in heading.keywords} == {"市政"}
    assert {label for label, heading in found if "校车" in heading.keywords} == {"文教"}


def test_a_node_above_several_labels_says_nothing() -> None:
    headings = [("交通/公路", Heading(("交通运输", "公路"))), ("交通/地铁", Heading(("交通运输", "地铁")))]
    assert all(heading.path != ("交通运输",) for _, heading in said(headings))
    assert any(heading.path == ("交通运输",) for _, heading in said([("交通", heading) for _, heading in headings]))


def test_a_taxonomy_of_unknown_names_gets_no_words() -> None:
    assert said([("甲", Heading(("甲乙丙",))), ("乙", Heading(("丁戊己",)))]) == []


def test_a_decisive_word_is_a_word_of_its_term_without_its_mark() -> None:
    words = {word for _, told in entries() for word in told}
    assert decisive()
    assert decisive() <= words
    assert not any(DECISIVE in word for word in words)
