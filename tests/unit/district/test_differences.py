"""What differs between two versions of the rules is told in words; what only moved is not told."""

from __future__ import annotations

from typing import Any

from district.differences import Difference, between


def rules(**changed: Any) -> dict[str, Any]:
    sign = {"name": "sign", "label": "签收", "from": ["dispatched"], "to": "in_progress", "roles": ["unit_officer"]}
    answer = {"name": "answer", "label": "答复", "from": ["in_progress"], "to": "answered", "roles": ["unit_lead"]}
    return {"workflow": {"case": {"transitions": [sign | changed, answer]}}}


def test_the_same_rules_in_another_order_differ_in_nothing() -> None:
    turned = rules()
    turned["workflow"]["case"]["transitions"].reverse()
    assert between(rules(), turned) == []


def test_a_changed_field_is_named_with_what_it_was_and_is() -> None:
    (found,) = between(rules(), rules(roles=["unit_officer", "unit_lead"]))
    assert found == Difference(
        "流程", "changed", "办件 › 流转 › 签收（sign）", "角色", "unit_officer", "unit_officer、unit_lead"
    )


def test_what_came_and_what_went_is_told_by_its_name() -> None:
    fewer = rules()
    del fewer["workflow"]["case"]["transitions"][1]
    assert [(each.kind, each.what) for each in between(rules(), fewer)] == [("removed", "办件 › 流转 › 答复（answer）")]
    assert [(each.kind, each.before) for each in between(fewer, rules())] == [("added", "")]


def test_lines_of_the_directory_are_known_by_their_number() -> None:
    before = {"directory": [{"line": "DL-0001", "lead": "U001", "category": "0101"}]}
    now = {"directory": [{"line": "DL-0002", "lead": "U002", "category": "0102"}, {"line": "DL-0001", "lead": "U003"}]}
    told = [(each.part, each.kind, each.what, each.field, each.now) for each in between(before, now)]
    assert ("派单目录", "changed", "DL-0001", "主办", "U003") in told
    assert ("派单目录", "added", "DL-0002", "", "主办 U002；分类 0102") in told


def test_a_list_without_names_is_compared_whole() -> None:
    (found,) = between(
        {"calendars": [{"name": "desk", "days": [1, 2]}]}, {"calendars": [{"name": "desk", "days": [1]}]}
    )
    assert (found.before, found.now) == ("1、2", "1")
