"""A real Whoosh index with a real jieba, and articles to put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import packs
from district.pack import District, load
from district.schemas import ArticleSource
from knowledge.analysis import Analyzer
from knowledge.index import Document
from knowledge.whoosh_index import WhooshIndex

ARTICLES = {
    "KB-0001": ("居住证怎么办理", "带身份证和租房合同到街道政务服务中心办理居住证，十五个工作日领取。"),
    "KB-0002": ("路灯坏了找谁修", "路灯由区城市管理委维护，报修后二十四小时内到场。"),
    "KB-0003": ("高龄津贴每月多少", "八十周岁以上老人每月一百元，向社区申请。"),
    "KB-0004": ("噪声扰民怎么投诉", "广场舞和装修噪声由街道劝止，夜间施工由生态环境局查处。"),
}


@pytest.fixture(scope="session")
def analyzer(tmp_path_factory: pytest.TempPathFactory) -> Analyzer:
    return Analyzer(tmp_path_factory.mktemp("words"))


@pytest.fixture
def empty(tmp_path: Path, analyzer: Analyzer) -> Iterator[WhooshIndex]:
    """An index never built."""
    index = WhooshIndex(tmp_path / "index", analyzer=analyzer)
    yield index
    index.close()


@pytest.fixture
def index(empty: WhooshIndex) -> WhooshIndex:
    """An index of the four articles."""
    empty.rebuild([Document(id=key, title=title, body=body) for key, (title, body) in ARTICLES.items()], cursor=7)
    return empty


@pytest.fixture
def source() -> Callable[..., ArticleSource]:
    """An article as an import brings it."""

    def make(key: str = "KB-0001", **changes: Any) -> ArticleSource:
        question, body = ARTICLES.get(key, ("问题", "正文"))
        return ArticleSource.model_validate(
            {
                "id": key,
                "question": question,
                "category": "010101",
                "unit": "U001",
                "short_answer": body,
                "body": body,
                **changes,
            }
        )

    return make


@pytest.fixture(scope="session")
def district() -> District:
    return load(Path(packs.__file__).parent / "demo")


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
