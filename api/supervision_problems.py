"""What each error about supervision and inspection says to a person: status, type and a Chinese sentence."""

from __future__ import annotations

from api.casework_problems import Problem
from casework import supervision_errors as supervision

PROBLEMS: dict[type[Exception], Problem] = {
    supervision.UnknownOrder: (404, "unknown-order", lambda e: f"没有找到督办 {e.key}，或不在您的查看范围内"),
    supervision.UnknownLevel: (
        422,
        "unknown-level",
        lambda e: f"没有督办级别“{e.level}”，可选：{'、'.join(f'{k}({v})' for k, v in e.known.items())}",
    ),
    supervision.OrderOpen: (
        409,
        "order-open",
        lambda e: f"办件 {e.number} 的{e.label}还没有办结，请升级它，或撤回后再签发",
    ),
    supervision.OrderStands: (
        409,
        "order-stands",
        lambda e: f"督办现在是“{e.state_label}”，不能{e.act}，请刷新后再操作",
    ),
    supervision.HighestLevel: (409, "highest-level", lambda e: f"{e.label}已是最高级别，可退回答复要求重新答复"),
    supervision.NobodyToOrder: (409, "nobody-to-order", lambda e: f"办件 {e.number} 还没有主办单位，请先派单再督办"),
    supervision.UnknownNote: (404, "unknown-note", lambda e: f"没有找到批示 {e.key}，或不在您的查看范围内"),
    supervision.NoteStands: (409, "note-stands", lambda e: f"这条批示{e.state_label}，不能{e.act}，请刷新查看"),
    supervision.NotedInFuture: (422, "noted-in-future", lambda e: f"批示日期 {e.day} 还没有到，请核对"),
    supervision.NotOnFollowUp: (409, "not-on-follow-up", lambda _: "跟踪台上已没有这一项，请刷新查看"),
    supervision.UnknownInspection: (404, "unknown-inspection", lambda e: f"没有找到质检 {e.key}，或不在您的查看范围内"),
    supervision.OwnInspection: (403, "own-inspection", lambda e: f"不能操作：{e.why}，请由另一名督办进行"),
    supervision.InspectionStands: (
        409,
        "inspection-stands",
        lambda e: f"这件质检{e.state_label}，不能{e.act}，请刷新查看",
    ),
    supervision.BadScore: (422, "bad-score", lambda e: f"评分有误：{e.why}"),
    supervision.ObjectionLate: (409, "objection-late", lambda e: f"异议期已于 {e.until} 结束，不能再提出异议"),
}
