"""What each error of callbacks and what follows says to a person: status, type and a Chinese sentence."""

from __future__ import annotations

from api.casework_problems import Problem
from casework import call_errors as calls
from casework import calling_errors as calling
from casework.callbacks import CALLABLE


def _claimed(number: str, by_name: str, state: str) -> str:
    if state in CALLABLE:
        return f"工单 {number} 正由{by_name}回访，请换一位居民"
    return f"工单 {number} 已由{by_name}领取，正在处理；请先办下一件，或请督办放回"


PROBLEMS: dict[type[Exception], Problem] = {
    calls.UnknownCall: (404, "unknown-call", lambda e: f"没有找到通话 {e.call_id}，或分段已按期清除"),
    calls.CallOver: (409, "call-ended", lambda e: f"通话 {e.call_id} 已经结束，请在生成的工单上处理"),
    calls.UnknownCallField: (422, "unknown-call-field", lambda e: f"通话记录中没有“{e.field}”这一项"),
    calling.ClaimedByOther: (409, "claimed-by-other", lambda e: _claimed(e.number, e.by_name, e.state)),
    calling.TooLateToReopen: (
        409,
        "too-late-to-reopen",
        lambda e: f"工单 {e.number} 办结已超过 {e.days} 天，不能再要求重办；请作为新的诉求再次反映，会注明承接原工单",
    ),
    calling.UnknownMark: (404, "unknown-mark", lambda e: f"没有恶意骚扰标记 {e.key}"),
    calling.TooLittleEvidence: (
        422,
        "too-little-evidence",
        lambda e: f"至少列 {e.least} 件工单作依据，现在只有 {e.given} 件",
    ),
    calling.NotHisTicket: (422, "not-his-ticket", lambda e: f"工单 {e.number} 是另一位居民的，不能作依据"),
    calling.MarkTooLong: (422, "mark-too-long", lambda e: f"标记最长 {e.at_most} 天，不能是 {e.days} 天"),
    calling.AlreadyMarked: (409, "already-marked", lambda _: "这位来电人已经标记，或已有申请在等待审批"),
    calling.MarkNotWaiting: (409, "mark-not-waiting", lambda _: "这项标记已经审批过、已到期或已解除，请刷新后再看"),
}
