"""Fillers and stutters go, words stay."""

from __future__ import annotations

import pytest

from channels.hotline.reading import default
from channels.hotline.words import cleaned


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("嗯，那个，我想问一下", "我想问一下"),
        ("呃呃呃就是说水管爆了", "水管爆了"),
        ("我我我家停电了", "我家停电了"),
        ("他们他们他们不来", "他们不来"),
        ("我们小区，我们小区门口", "我们小区门口"),
        ("那个那个井盖", "井盖"),
        ("楼下那个，那个歌厅", "楼下那个歌厅"),
        ("那个井盖丢了", "那个井盖丢了"),
        ("也就是说没人管", "也就是说没人管"),
        ("天天看看常常", "天天看看常常"),
        ("研究研究再说", "研究研究再说"),
        ("社区让我找街道，街道让我找社区", "社区让我找街道，街道让我找社区"),
        ("电话是138138138", "电话是138138138"),
        ("一一一八号", "一一一八号"),
        ("二二二号楼", "二二二号楼"),
        ("啊？真的啊", "真的啊"),
        ("门口。 也没人管", "门口。也没人管"),
        ("喂养流浪猫", "喂养流浪猫"),
        ("额头磕破了", "额头磕破了"),
        ("就是这里漏水", "就是这里漏水"),
    ],
)
def test_what_stays_of_a_turn(said, read):
    assert cleaned(said, default()) == read
