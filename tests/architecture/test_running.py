"""How the tests themselves are run."""

from __future__ import annotations

import os
import re

import pytest


@pytest.mark.xdist_group("together")
def test_what_shares_a_desk_stays_with_one_worker(request: pytest.FixtureRequest) -> None:
    """Fails where the runner takes no notice of groups, in silence: each shared desk is started by every worker then."""
    grouped = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@together") == grouped


@pytest.mark.parametrize("chance", [os.urandom(9), os.urandom(8) + b"."])
def test_tests_are_named_alike_in_every_worker(request: pytest.FixtureRequest, chance: bytes) -> None:
    """Fails in the collection, with two workers, where bytes that differ from worker to worker are in a test's name."""
    assert len(chance) == 9
    assert re.search(r"\[chance\d\]", request.node.name)
