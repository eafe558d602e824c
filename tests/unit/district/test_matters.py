"""``duplicates.yaml``: patterns are sound, and what is set apart is listed."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from district.matters import MatterRules


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"objects": {"路灯": "路灯|("}}, "“路灯”不是正则表达式"),
        ({"troubles": {"不亮": "不亮|"}}, "“不亮”会匹配空白"),
        ({"wide": ["停供"]}, "wide 中的“停供”没有列出"),
        ({"objects": {"停供": "停水"}, "wide": ["停供"]}, "wide 中的“停供”没有列出"),
        ({"objects": {"路灯": "路灯"}, "settings": ["路灯", "学校"]}, "settings 中的“学校”没有列出"),
    ],
)
def test_an_unsound_file_is_told_why(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        MatterRules.model_validate(given)


def test_objects_and_troubles_may_be_settings() -> None:
    rules = MatterRules.model_validate(
        {"objects": {"学校": "学校"}, "troubles": {"坏了": "坏了"}, "wide": ["坏了"], "settings": ["学校", "坏了"]}
    )
    assert rules.settings == ("学校", "坏了")
