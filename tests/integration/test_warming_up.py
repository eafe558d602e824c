"""What is loaded for good is not for the garbage collector: what takes its place must set it free without."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.desk import Desk
from api.settings import Settings
from knowledge.index import Document, Filters
from knowledge.local_index import LocalIndex
from triage.assessment import Context, OpenCase


@pytest.fixture
def warm(home: Path) -> Iterator[Desk]:
    desk = Desk(Settings(home=home, _env_file=None))  # type: ignore[call-arg]
    desk.warm_up()
    yield desk
    desk.close()
    gc.unfreeze()


def test_a_model_that_was_replaced_leaves_the_memory(warm: Desk) -> None:
    warm.engine.assess("路灯不亮了", Context(open_cases=(OpenCase("1", "路灯坏了"),)))
    before = weakref.ref(warm.engine)
    warm.reload_engine()
    assert before() is None
    assert warm.engine.assess("路灯不亮了").category


def test_a_state_of_the_index_that_was_replaced_leaves_the_memory(warm: Desk) -> None:
    index = warm.index
    assert isinstance(index, LocalIndex)
    assert index.search("路灯", filters=Filters(category="10"))
    before = weakref.ref(index._open().state)
    index.apply([Document("new", "路灯坏了找谁", "区城市管理委")], (), cursor=index.cursor() + 1)
    assert index.search("路灯坏了找谁")[0].id == "new"
    assert before() is None
