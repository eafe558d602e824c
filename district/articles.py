"""Reads the knowledge articles a pack ships: YAML front matter and a Markdown body, one file an article."""

from __future__ import annotations

from pathlib import Path

from district.errors import PackError
from district.reading import Document, PathKey, Problems, build, compose
from district.schemas import ArticleSource

FOLDER = "articles"
_FENCE = "---"


def load_articles(folder: Path) -> tuple[ArticleSource, ...]:
    """All articles of the pack in the order of their file names; raises ``PackError`` with every breach."""
    problems = Problems()
    articles = tuple(article for article, _ in read_articles(folder, problems))
    if problems.found:
        raise PackError(folder.name, problems.found)
    return articles


def read_articles(folder: Path, problems: Problems) -> list[tuple[ArticleSource, Document]]:
    """Sound articles, each with its front matter's lines; what is not sound is noted."""
    read = []
    for path in sorted((folder / FOLDER).glob("*.md")):
        document = _front_matter(path, problems)
        if document is None:
            continue

        def at(loc: PathKey, document: Document = document) -> tuple[str, int]:
            return document.file, document.line(*loc)

        article = build(ArticleSource, document.data, at, problems)
        if article is not None:
            read.append((article, document))
    return read


def _front_matter(path: Path, problems: Problems) -> Document | None:
    file = f"{FOLDER}/{path.name}"
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError:
        problems.add(file, 1, "不是 UTF-8 编码")
        return None
    stripped = [line.rstrip() for line in lines]
    if stripped[0] != _FENCE or _FENCE not in stripped[1:]:
        problems.add(file, 1, "文件开头缺少以 --- 围起的条目信息")
        return None
    end = stripped.index(_FENCE, 1)
    document = compose(file, "\n".join(lines[1:end]), problems, offset=1)
    if document is None:
        return None
    if not isinstance(document.data, dict):
        problems.add(file, 2, "条目信息应是“字段: 值”")
        return None
    document.data["body"] = "\n".join(lines[end + 1 :]).strip()
    document.lines["body",] = end + 2
    return document
