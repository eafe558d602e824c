"""What a draft needs before it is reviewed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from district.pack import District
from district.schemas import ArticleSource
from knowledge import articles, lifecycle
from knowledge.errors import KnowledgeError, UnknownArticleCategory, UnknownArticleUnit
from storage.database import Database
from tests.unit.knowledge.people import EDITOR


@pytest.mark.parametrize(
    ("left_open", "refused"),
    [({"category": ""}, UnknownArticleCategory), ({"unit": ""}, UnknownArticleUnit)],
    ids=["category", "unit"],
)
def test_what_an_import_left_open_is_filled_in_before_a_review(
    database: Database,
    district: District,
    source: Callable[..., ArticleSource],
    now: datetime,
    left_open: dict[str, str],
    refused: type[KnowledgeError],
) -> None:
    with database.write.begin() as session:
        articles.import_sources(session, [source(**left_open)], actor="import", now=now)
    with pytest.raises(refused), database.write.begin() as session:
        lifecycle.submit(session, district, "KB-0001", actor=EDITOR, now=now)
    with database.write.begin() as session:
        articles.import_sources(session, [source()], actor="import", now=now)
    with database.write.begin() as session:
        assert lifecycle.submit(session, district, "KB-0001", actor=EDITOR, now=now).status == "review"
