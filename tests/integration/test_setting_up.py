"""Setting a home up once, and again at every start."""

from __future__ import annotations

import shutil
from pathlib import Path

from api.desk import Desk
from api.setting_up import set_up
from api.settings import Settings


def test_setting_up_again_says_nothing_and_leaves_the_index_to_who_opens_it(home: Path) -> None:
    desk = Desk(Settings(home=home))
    said: list[str] = []
    set_up(desk, said.append)
    assert said == []
    assert not desk.has_index
    desk.close()


def test_an_index_that_is_gone_is_built_anew(home: Path) -> None:
    shutil.rmtree(home / "index")
    desk = Desk(Settings(home=home))
    said: list[str] = []
    set_up(desk, said.append)
    assert said == ["建立知识索引……"]
    assert desk.index.size() > 0
    desk.close()
