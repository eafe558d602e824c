"""What each error of casework says to a person: status, type and a Chinese sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.invalid import NEEDS
from casework import errors as casework
from casework import supervision_errors as supervision

Problem = tuple[int, str, Callable[[Any], str]]

PROBLEMS: dict[type[Exception], Problem] = {
    casework.UnknownTicket: (404, "unknown-ticket", lambda e: f"没有找到诉求工单 {e.key}"),
    casework.UnknownCase: (404, "unknown-case", lambda e: f"没有找到办件 {e.key}，或不在您的查看范围内"),
    casework.UnknownRequest: (404, "unknown-request", lambda e: f"没有找到申请 {e.key}"),
    casework.UnknownMove: (404, "unknown-transition", lambda e: f"流程中没有“{e.name}”这个操作"),
    casework.WrongState: (409, "wrong-state", lambda e: f"当前状态是“{e.state_label}”，不能{e.move}"),
    casework.NotAllowed: (403, "not-allowed", lambda e: f"不能{e.move}:{e.why}"),
    casework.NeedMissing: (422, "need-missing", lambda e: f"{e.move}需要填写{NEEDS.get(e.need, e.need)}"),
    casework.UnknownReason: (
        422,
        "unknown-reason",
        lambda e: f"{e.move}的原因“{e.reason}”不在列表中，可选：{'、'.join(f'{k}({v})' for k, v in e.known.items())}",
    ),
    casework.UnknownUnit: (422, "unknown-unit", lambda e: f"没有承办单位“{e.unit}”"),
    casework.UnknownCategory: (422, "unknown-category", lambda e: f"没有三级分类“{e.category}”"),
    casework.UnknownRequestType: (
        422,
        "unknown-request-type",
        lambda e: f"没有诉求类型“{e.request_type}”，可选：{'、'.join(e.known)}",
    ),
    casework.UnknownLine: (422, "unknown-line", lambda e: f"派单目录中没有条目“{e.line}”"),
    casework.ReviewDatePast: (422, "review-date-past", lambda e: f"复核日期 {e.day} 须在今天之后"),
    casework.NotFromCity: (409, "not-from-city", lambda e: f"工单 {e.number} 不是市平台工单"),
    casework.CityKeepsOut: (409, "city-keeps-out", lambda e: f"市平台规定工单 {e.number} 不能退回"),
    casework.DeadlinePassed: (409, "deadline-passed", lambda e: f"{e.clock}时限已过，不能再申请{e.kind}"),
    casework.AgainstDirectory: (
        422,
        "against-directory",
        lambda e: f"派单目录 {e.line} 规定由{e.unit}承办，改派其他单位请写明理由",
    ),
    casework.NeedsApproval: (409, "needs-approval", lambda e: f"{e.move}需要先提出申请并获批准"),
    casework.RequestLimit: (409, "request-limit", lambda e: f"{e.kind}最多 {e.at_most} 次，已用完"),
    casework.RequestPending: (409, "request-pending", lambda e: f"已有一项{e.kind}申请在等待审批"),
    casework.RequestDecided: (409, "request-decided", lambda _: "这项申请已经审批过了"),
    casework.OwnCallback: (403, "own-callback", lambda e: f"办件 {e.number} 由您或您的单位办理，回访须由他人进行"),
    casework.BadPeriod: (422, "bad-period", lambda _: "日期范围有误：结束早于开始，或年份不合理"),
    casework.TooManyPeriods: (
        422,
        "too-many-periods",
        lambda e: f"日期范围含 {e.periods} 段，一次最多统计 {e.most} 段，请缩短范围或改为按月",
    ),
    casework.UnknownGrouping: (422, "unknown-grouping", lambda e: f"不能按“{e.by}”统计"),
    casework.NotQualified: (
        409,
        "not-qualified",
        lambda e: f"“{e.category}”还不能开启自动派单：{'；'.join(e.lacks)}",
    ),
    casework.UnknownEvent: (404, "unknown-event", lambda e: f"没有找到事件 {e.key}"),
    casework.NotOfEvent: (409, "not-of-event", lambda e: f"工单 {e.number} 已不在这个事件里"),
    casework.AloneInEvent: (409, "alone-in-event", lambda e: f"工单 {e.number} 没有和别的工单归在一起"),
    casework.MergedInEvent: (409, "merged-in-event", lambda e: f"工单 {e.number} 已和本事件的其他工单并单，不能移出"),
    casework.NotTakenOut: (409, "not-taken-out", lambda e: f"工单 {e.number} 没有被移出过这个事件"),
    casework.NoMasterCase: (409, "no-master-case", lambda _: "本事件还没有可并入的办件，请先采纳其中一件"),
    casework.NothingToReview: (
        409,
        "nothing-to-review",
        lambda e: f"工单 {e.number} 不是自动派出的，或已经判定过对错",
    ),
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
