"""Markdown of articles as HTML for pages: sanitised, without pictures from elsewhere, and in a bounded time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

LONGEST, MOST_LINES = 50_000, 2_000
"""Characters and lines that are read as Markdown, far more than anybody reads on a page. What follows is shown as it
is written: a hundred thousand list items would else take many seconds of everybody's time."""


def _picture(tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    """Its description: the desk keeps no pictures of articles, and another's server is told nothing of who reads."""
    return escape(tokens[at].content)


_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
_markdown.add_render_rule("image", lambda _renderer, *given: _picture(*given))


@lru_cache(maxsize=64)
def render(markdown: str) -> str:
    """Markdown as HTML that is safe to put into a page: rendered, then sanitised."""
    first, rest = _cut(markdown)
    html = nh3.clean(_markdown.render(first), tags=nh3.ALLOWED_TAGS - {"img"})
    return f"{html}<pre>{escape(rest)}</pre>" if rest else html


def _cut(markdown: str) -> tuple[str, str]:
    """What is read as Markdown, up to the end of a line, and the rest."""
    if len(markdown) <= LONGEST and markdown.count("\n") <= MOST_LINES:
        return markdown, ""
    end = 0
    for line in markdown.splitlines(keepends=True)[:MOST_LINES]:
        if end + len(line) > LONGEST:
            break
        end += len(line)
    return markdown[:end], markdown[end:]
