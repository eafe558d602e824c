"""Markdown on pages: it runs nothing, fetches nothing from elsewhere, and its cost has an end."""

from __future__ import annotations

import pytest

from knowledge.markdown import LONGEST, MOST_LINES, render


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "[来](javascript:alert(1))",
        '<img src=x onerror="alert(1)">',
        "![x](data:text/html;base64,PHNjcmlwdD4=)",
        '<a href="vbscript:x">x</a>',
    ],
)
def test_an_articles_body_can_run_nothing_on_a_page(attack: str) -> None:
    html = render(f"# 标题\n\n{attack}\n")
    assert '<a href="vbscript' not in html
    assert "<script" not in html
    assert "<img src=x" not in html
    assert 'href="javascript' not in html
    assert 'src="data:' not in html
    assert "<h1>标题</h1>" in html


@pytest.mark.parametrize(
    "picture", ["![图<1>](https://elsewhere.example/1.png)", "![图<1>][p]\n\n[p]: //elsewhere.example/1.png"]
)
def test_a_picture_from_elsewhere_is_told_and_not_fetched(picture: str) -> None:
    html = render(picture)
    assert html.strip() == "<p>图&lt;1&gt;</p>"


def test_what_is_beyond_a_page_is_shown_as_it_is_written() -> None:
    html = render("- x\n" * MOST_LINES + "- <b>末</b>\n" * 100_000)
    assert html.count("<li>") == MOST_LINES
    assert html.count("- &lt;b&gt;末&lt;/b&gt;\n") == 100_000
    assert render("![" * LONGEST).startswith("<pre>![")
