"""What differs between two versions of a district's rules, in lines to read: what, which field, before, now.

The rules come as they are kept: dictionaries and lists. Things in a list are known again by their own name (``name``,
``line``, ``code`` or ``id``), so moving one within its list is no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

NAMES = ("line", "name", "code", "id")
"""What a thing of a list is known by, the first that it has."""
PARTS = {
    "workflow": "流程",
    "clocks": "时限",
    "calendars": "日历",
    "request_types": "诉求类型",
    "timezone": "时区",
    "directory": "派单目录",
}
GROUPS = {
    "ticket": "工单",
    "case": "办件",
    "transitions": "流转",
    "requests": "申请",
    "states": "状态",
}
FIELDS = {
    "label": "名称",
    "from": "起点",
    "to": "终点",
    "roles": "角色",
    "needs": "须填",
    "starts": "启动时限",
    "stops": "停止时限",
    "tells": "告知",
    "own_unit": "限本单位",
    "co_unit": "限协办单位",
    "amount": "长度",
    "unit": "单位",
    "calendar": "日历",
    "allowances": "时限长度",
    "lead": "主办",
    "co_units": "协办",
    "area": "片区",
    "category": "分类",
    "clause": "条款",
    "basis": "依据",
    "closed_on": "休息日",
    "open_on": "调休上班日",
    "years": "年度",
    "weekdays": "工作日",
    "hours": "时段",
    "reasons": "原因",
    "asked_by": "由谁申请",
    "decided_by": "由谁审批",
    "pauses": "停表",
    "at_most": "次数上限",
    "extends": "延长时限",
    "callback_attempts": "回访次数",
    "rework_at_most": "重办次数上限",
    "mass_event_reporters": "群体事件人数",
    "mass_event_share": "群体事件重办比例",
    "direct_callback_share": "直接答复抽访比例",
    "initial": "初始状态",
    "version": "版本",
}
Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One line. ``part`` is 流程, 时限, 派单目录…; ``what`` names the thing; of one that is new ``before`` is empty."""

    part: str
    kind: Kind
    what: str
    field: str
    before: str
    now: str


def between(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """All differences, part by part."""
    found: list[Difference] = []
    for part in dict.fromkeys((*PARTS, *before, *now)):
        if part in before or part in now:
            found += _differences(PARTS.get(part, part), (), before.get(part), now.get(part))
    return found


def _differences(part: str, path: tuple[str, ...], before: Any, now: Any) -> Iterator[Difference]:
    if before == now:
        return
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*before, *now)):
            yield from _differences(part, (*path, str(name)), before.get(name), now.get(name))
    elif _named(before) and _named(now):
        yield from _of_lists(part, path, before, now)
    else:
        yield Difference(part, "changed", _what(path[:-1]), _field(path[-1:]), said(before), said(now))


def _of_lists(part: str, path: tuple[str, ...], before: Any, now: Any) -> Iterator[Difference]:
    old, new = ({_name(each): each for each in listed} for listed in (before, now))
    for name in dict.fromkeys((*old, *new)):
        here = (*path, _title(new.get(name) or old[name], name))
        if name not in old:
            yield Difference(part, "added", _what(here), "", "", _summary(new[name]))
        elif name not in new:
            yield Difference(part, "removed", _what(here), "", _summary(old[name]), "")
        else:
            yield from _differences(part, here, old[name], new[name])


def _named(listed: Any) -> bool:
    """Whether it is a list of things that each have a name of their own."""
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        return False
    if not all(isinstance(each, Mapping) and _name(each) for each in listed):
        return False
    return len({_name(each) for each in listed}) == len(listed)


def _name(thing: Mapping[str, Any]) -> str:
    return next((str(thing[key]) for key in NAMES if thing.get(key)), "")


def _title(thing: Mapping[str, Any], name: str) -> str:
    label = thing.get("label")
    return f"{label}（{name}）" if label and label != name else name


def _what(path: Sequence[str]) -> str:
    return " › ".join(GROUPS.get(each, FIELDS.get(each, each)) for each in path)


def _field(path: Sequence[str]) -> str:
    return FIELDS.get(path[0], GROUPS.get(path[0], path[0])) if path else ""


def _summary(thing: Mapping[str, Any]) -> str:
    told = ((name, value) for name, value in thing.items() if value not in (None, "", [], {}, False))
    return "；".join(f"{FIELDS.get(name, name)} {said(value)}" for name, value in told if name not in (*NAMES, "label"))


def said(value: Any) -> str:
    """A value in a few words."""
    if value is None or (value is not False and value != 0 and not value):
        return "（空）"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return "，".join(f"{FIELDS.get(str(name), name)} {said(each)}" for name, each in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "、".join(said(each) for each in value)
    return str(value)
