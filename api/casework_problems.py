"""What each error of casework says to a person: status, type and a Chinese sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.invalid import NEEDS
from casework import case_file_errors, replies_errors, rule_change_errors
from casework import deadline_errors as times
from casework import errors as casework

Problem = tuple[int, str, Callable[[Any], str]]


def _ring(error: casework.MergeRing) -> str:
    if error.number == error.into:
        return f"办件 {error.number} 不能并入它自己，请另选主办件"
    return f"办件 {error.into} 已并入 {error.number}，不能再反过来并单"


PROBLEMS: dict[type[Exception], Problem] = {
    times.ClockBackwards: (
        409,
        "clock-backwards",
        lambda e: f"办件 {e.number} 已有更晚的办理记录，本机时间可能不准，请校准服务器时间后再操作",
    ),
    times.PeriodNotStarted: (
        422,
        "period-not-started",
        lambda e: f"统计周期从 {e.start} 开始，还没有到，请选择已经开始的日期",
    ),
    times.ProvisionalDays: (
        409,
        "provisional-days",
        lambda e: (
            f"{'、'.join(map(str, e.years))} 年放假安排尚未载入，该年度的时限为暂定，不能导出报表；"
            "请在 calendars.yaml 中补充该年度安排，或升级 chinesecalendar 后再导出"
        ),
    ),
    casework.UnknownTicket: (404, "unknown-ticket", lambda e: f"没有找到诉求工单 {e.key}"),
    casework.UnknownCase: (404, "unknown-case", lambda e: f"没有找到办件 {e.key}，或不在您的查看范围内"),
    case_file_errors.UnknownCaseFile: (
        404,
        "unknown-case-file",
        lambda e: f"办件 {e.number} 没有附件 {e.key}，或不在您的查看范围内，请刷新后重新上传",
    ),
    casework.UnknownRequest: (404, "unknown-request", lambda e: f"没有找到申请 {e.key}"),
    casework.UnknownMove: (404, "unknown-transition", lambda e: f"流程中没有“{e.name}”这个操作"),
    casework.WrongState: (409, "wrong-state", lambda e: f"当前状态是“{e.state_label}”，不能{e.move}"),
    casework.AlreadyOver: (
        409,
        "already-over",
        lambda e: f"已是“{e.state_label}”，不能再{e.move}；确需继续办理的请申请重开",
    ),
    casework.CaseChanged: (
        409,
        "changed-meanwhile",
        lambda e: f"办件 {e.number} 刚刚有变化：{'；'.join(e.since) or '内容已更新'}。请看过最新情况后再操作",
    ),
    casework.DecidedMeanwhile: (
        409,
        "decided-meanwhile",
        lambda e: f"工单 {e.number} 刚刚已由{e.by_name}{e.label}，您的操作没有生效，原来的决定没有改动",
    ),
    casework.NothingToSplit: (422, "nothing-to-split", lambda e: f"工单 {e.number} 没有可拆分的事项，请至少分成两件"),
    casework.WordsChanged: (409, "words-changed", lambda e: f"居民刚刚补充了工单 {e.number}，请看过新的内容后再拆分"),
    casework.CoUnitsSilent: (
        409,
        "co-units-silent",
        lambda e: f"协办单位{'、'.join(e.units)}还没有反馈；不等其反馈就{e.move}的，请写明原因",
    ),
    casework.MergeRing: (409, "merge-ring", _ring),
    casework.MergedAway: (409, "merged-away", lambda e: f"办件 {e.number} 已并入 {e.into}，请在主办件上操作"),
    casework.AloneOnCase: (409, "alone-on-case", lambda e: f"工单 {e.number} 是办件上唯一的诉求，不用拆单"),
    casework.NotAllowed: (403, "not-allowed", lambda e: f"不能{e.move}:{e.why}"),
    casework.NeedMissing: (422, "need-missing", lambda e: f"{e.move}需要填写{NEEDS.get(e.need, e.need)}"),
    casework.UnknownReason: (
        422,
        "unknown-reason",
        lambda e: f"{e.move}的原因“{e.reason}”不在列表中，可选：{'、'.join(f'{k}({v})' for k, v in e.known.items())}",
    ),
    casework.UnknownUnit: (422, "unknown-unit", lambda e: e.why),
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
    replies_errors.TextNotChangeable: (
        422,
        "text-not-changeable",
        lambda e: f"{e.kind}申请的内容不能由审批人改，请写审批意见，或不同意后由申请人重新提出",
    ),
    replies_errors.BlanksLeft: (
        422,
        "blanks-left",
        lambda e: f"答复里还有没填的：{''.join(e.blanks)}。请换成这件事的实际内容再提交",
    ),
    casework.NothingToReview: (
        409,
        "nothing-to-review",
        lambda e: f"工单 {e.number} 不是自动派出的，或已经判定过对错",
    ),
    rule_change_errors.StateInUse: (
        409,
        "state-in-use",
        lambda e: (
            f"新流程取消了状态“{e.state_label}”，仍有 {e.count} 件在办件停在此状态："
            "它们按原流程办结，不能更新版本；请先办出此状态，或在数据包中保留它"
        ),
    ),
    rule_change_errors.CannotMigrate: (
        409,
        "cannot-migrate",
        lambda e: f"办件 {e.number} 不能更新流程版本，按原版本办理：{e.why}",
    ),
    rule_change_errors.CaseIsOver: (409, "case-is-over", lambda e: f"办件 {e.number} 已办结，保留办理时的流程版本"),
    rule_change_errors.UnknownRuleVersion: (
        404,
        "unknown-rule-version",
        lambda e: f"没有唯一的规则版本以“{e.version}”开头，请从预览中抄写",
    ),
}
