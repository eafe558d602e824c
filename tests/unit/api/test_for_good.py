"""What a serving process keeps for good is not looked at for garbage, and what comes later seldom."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from api.serving_model import SELDOM, for_good


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_what_is_loaded_for_good_is_kept_apart_and_the_rest_looked_at_seldom() -> None:
    before = gc.get_freeze_count()
    with for_good():
        assert not gc.isenabled()
        kept = [[number] for number in range(100)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(kept)
    assert gc.get_threshold() == SELDOM


def test_loading_that_fails_leaves_the_collector_on() -> None:
    with pytest.raises(OSError, match="no model"), for_good():
        raise OSError("no model")
    assert gc.isenabled()
