"""The menu: what stands under 更多 is found there from every page."""

from __future__ import annotations

import re

import pytest

from tests.integration.interface import World, signed_in, world

__all__ = ["world"]
pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("path", "named"), [("/tickets", "更多"), ("/duty", "更多 · 值班"), ("/counter", "更多 · 窗口登记")]
)
def test_more_keeps_its_name_and_says_which_of_its_pages_is_open(world: World, path: str, named: str) -> None:
    page = signed_in(world, "dispatcher").get(path).text
    found = re.search(r"<summary([^>]*)>([^<]*)</summary>\s*<nav aria-label=\"更多\">", page)
    assert found is not None
    assert found[2] == named
    assert ('aria-current="true"' in found[1]) == ("·" in named)
