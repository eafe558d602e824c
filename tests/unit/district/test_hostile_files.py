"""Files that are made to do harm: aliases that multiply, tags that do not fit, numbers nobody can write down."""

from __future__ import annotations

import pytest

from district.articles import parse_article
from district.errors import Problem
from district.reading import MOST_REPEATED, Problems, compose
from district.schemas import ARTICLE_LINE, ARTICLE_LINES, ArticleSource
from district.visible import stripped

FRONT = "question: 怎么办？\ncategory: '010101'\nunit: U001\nshort_answer: 这样办。\n"


def article(front: str) -> tuple[ArticleSource | None, list[Problem]]:
    problems = Problems()
    return parse_article("a.md", f"---\n{front}---\n\n正文\n", problems), problems.found


def bomb() -> str:
    """Nine lines that stand for a billion words."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"{now}: &{now} [{', '.join([f'*{before}'] * 10)}]" for before, now in zip("abcdefgh", "bcdefghi")]  # noqa: B905
    return "\n".join(lines) + "\n"


def test_aliases_that_multiply_are_refused_with_their_line() -> None:
    assert len(bomb()) < 500
    made, (problem,) = article(f"id: KB-1\n{FRONT}{bomb()}")
    assert made is None
    assert problem.line == 7
    assert f"重复引用的内容超过 {MOST_REPEATED} 处" in problem.message


def test_a_key_that_multiplies_is_not_written_out() -> None:
    nested = "".join(f"  {line}\n" for line in bomb().splitlines()[:3])
    _, found = article(f"id: KB-1\n{FRONT}x:\n{nested}? *c\n: 1\n")
    assert any("应写成字符串" in each.message for each in found)
    assert all(len(each.message) < 300 for each in found)


def test_a_long_list_made_of_one_long_word_is_not_written_out() -> None:
    _, found = article(f"id: KB-1\n{FRONT}x: &x {'长' * 50_000}\nmaterials: [{', '.join(['*x'] * 2_000)}]\n")
    assert found
    assert all(len(each.message) < 300 for each in found)


def test_anchors_in_small_numbers_are_kept() -> None:
    made, found = article(f"id: KB-1\n{FRONT}similar: &words [怎么弄, 如何办]\nkeywords: *words\n")
    assert found == []
    assert made is not None
    assert made.keywords == made.similar == ("怎么弄", "如何办")


@pytest.mark.parametrize(
    "line",
    [
        *("id: !!timestamp x", "id: !!timestamp 99999-01-01", "!!timestamp x: 1", "id: !!int ''", "id: !!float ''"),
        *("id: !!bool x", "!!int '': 1", "id: !!binary x", f"id: 0x{'f' * 10_000}", f"id: 1{':1' * 5_000}"),
        *(
            f"id: 1{':1' * 5_000}.5",
            f"valid_from: 1{':1' * 5_000}",
            f"0x{'f' * 900}: 1",
            "id: 2026-01-01T00:00:00+99:99",
        ),
    ],
)
def test_what_does_not_fit_its_tag_is_told_with_its_line(line: str) -> None:
    made, found = article(f"{line}\n{FRONT}")
    assert made is None
    assert found[0].line == 2
    assert len(found[0].message) < 300


@pytest.mark.parametrize("text", ["[" * 5_000 + "]" * 5_000, "a: &x [*x]"])
def test_what_has_no_end_is_told(text: str) -> None:
    problems = Problems()
    assert compose("a.yaml", text, problems) is None
    assert "嵌套过深" in problems.found[0].message


INVISIBLE = [
    "\u200b\u200b\u200b",
    "\ufeff\ufeff",
    "\u202e\u2066 \u2069",
    "\u3000\u00a0 ",
    "\u3164\u2800",
    "\u00ad\ufe0f\u200d",
]


@pytest.mark.parametrize("nothing", INVISIBLE)
def test_a_question_or_answer_that_cannot_be_seen_is_none(nothing: str) -> None:
    assert stripped(nothing) == ""
    assert stripped(f"{nothing}怎 么办{nothing}") == "怎 么办"
    for field, text in (("question", "怎么办？"), ("short_answer", "这样办。")):
        made, found = article(f"id: KB-1\n{FRONT}".replace(f"{field}: {text}", f'{field}: "{nothing}"'))
        assert made is None
        assert [(each.line, f"“{field}”太短" in each.message) for each in found] == [
            (3 if field == "question" else 6, True)
        ]


@pytest.mark.parametrize(
    "line",
    [
        f"fee: {'长' * (ARTICLE_LINE + 1)}",
        f"basis: [{'长' * (ARTICLE_LINE + 1)}]",
        f"similar: [{', '.join(['问'] * (ARTICLE_LINES + 1))}]",
    ],
)
def test_what_nobody_reads_to_its_end_is_refused(line: str) -> None:
    made, (problem,) = article(f"id: KB-1\n{FRONT}{line}\n")
    assert made is None
    assert problem.line == 7
    assert "太长" in problem.message or "至多" in problem.message
