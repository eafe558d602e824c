"""How the tests themselves are run."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("together")
def test_what_shares_a_desk_stays_with_one_worker(request: pytest.FixtureRequest) -> None:
    """Fails where the runner takes no notice of groups, in silence: each shared desk is started by every worker then."""
    grouped = getattr(request.config.option, "loadgroup", False)
    assert request.node.nodeid.endswith("@together") == grouped
