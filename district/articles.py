"""Reads the knowledge articles a pack ships: YAML front matter and a Markdown body, one file an article."""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path

from district.errors import PackError
from district.reading import Document, Problems, Stated, build_document, compose, read_text
from district.schemas import ArticleSource

FOLDER = "articles"
_FENCE = "---"


def load_articles(folder: Path, *, categories: Container[str], units: Container[str]) -> tuple[ArticleSource, ...]:
    """All articles of the pack in the order of their file names; raises ``PackError`` with every breach."""
    problems = Problems()
    articles = read_articles(folder, problems)
    check_articles(articles, categories, units, problems)
    if problems.found:
        raise PackError(folder.name, problems.sorted())
    return tuple(article.rule for article in articles)


def read_articles(folder: Path, problems: Problems) -> list[Stated[ArticleSource]]:
    """Sound articles of the pack in the order of their file names; what is not sound is noted."""
    files = sorted((folder / FOLDER).glob("*.md"))
    read = (_read(path, f"{FOLDER}/{path.name}", problems) for path in files)
    return [each for each in read if each is not None]


def read_article(path: Path, problems: Problems) -> ArticleSource | None:
    """The article of one file; None after noting what is not sound, under the path as given."""
    read = _read(path, str(path), problems)
    return None if read is None else read.rule


def parse_article(file: str, text: str, problems: Problems) -> ArticleSource | None:
    """The article that a text is; None after noting under ``file`` what is not sound."""
    read = build_document(ArticleSource, _front_matter(file, text, problems), problems)
    return None if read is None else read.rule


def has_front_matter(text: str) -> bool:
    """Whether the text begins as an article of a pack does."""
    return text.partition("\n")[0].rstrip() == _FENCE


def _read(path: Path, file: str, problems: Problems) -> Stated[ArticleSource] | None:
    text = read_text(path, file, problems)
    return None if text is None else build_document(ArticleSource, _front_matter(file, text, problems), problems)


def _front_matter(file: str, text: str, problems: Problems) -> Document | None:
    """The fields of an article, its body among them, with their lines."""
    lines = text.split("\n")
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


def check_articles(
    articles: Iterable[Stated[ArticleSource]], categories: Container[str], units: Container[str], problems: Problems
) -> None:
    """Numbers are there once; category and unit are the pack's."""
    seen: dict[str, str] = {}
    for article in articles:
        rule = article.rule
        if rule.id in seen:
            article.note(problems, f"编号“{rule.id}”与 {seen[rule.id]} 重复", "id")
        seen.setdefault(rule.id, article.document.file)
        if rule.category not in categories:
            article.note(problems, f"没有分类“{rule.category}”", "category")
        if rule.unit not in units:
            article.note(problems, f"没有单位“{rule.unit}”", "unit")
        if rule.street and rule.street not in units:
            article.note(problems, f"没有街道“{rule.street}”", "street")
