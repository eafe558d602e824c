"""What each error about residents says to a person: status, type and a Chinese sentence that says what to do."""

from __future__ import annotations

from api.casework_problems import Problem
from casework import resident_errors as residents

PROBLEMS: dict[type[Exception], Problem] = {
    residents.UnknownResident: (
        404,
        "unknown-resident",
        lambda _: "没有找到这位居民，可能已并入他人，请从工单页面重新打开",
    ),
    residents.CodeWrong: (422, "code-wrong", lambda e: f"验证码不对，还可以再试 {e.left} 次"),
    residents.CodeExpired: (409, "code-expired", lambda _: "验证码已失效，请重新获取"),
    residents.TooManyCodes: (429, "too-many-codes", lambda e: f"获取验证码太频繁，请 {e.minutes} 分钟后再试"),
    residents.NotAPhone: (422, "not-a-phone", lambda _: "请填写 11 位手机号码"),
    residents.JoinRing: (409, "join-ring", lambda _: "两条记录已是同一位居民，或其中一条已并入他人，请刷新后再看"),
    residents.NoProof: (
        422,
        "no-proof",
        lambda e: f"归并需要证明，姓名相同不算。可选：{'、'.join(f'{k}({v})' for k, v in e.known.items())}",
    ),
    residents.PhonesDiffer: (409, "phones-differ", lambda _: "两人的已核实电话不同，须由督办人员决定是否归并"),
    residents.NothingToUndo: (409, "nothing-to-undo", lambda _: "这次归并已经撤销过，或不能撤销"),
    residents.JoinedSince: (409, "joined-since", lambda _: "这位居民后来又并入了他人，请先撤销后一次归并"),
    residents.ResidentErased: (410, "resident-erased", lambda _: "这位居民的个人信息已依法删除，不能再操作"),
    residents.BadWish: (422, "bad-wish", lambda e: f"“{e.wish}”填写有误，请检查后重新保存"),
    residents.UnknownGround: (
        422,
        "unknown-ground",
        lambda e: f"没有这项删除依据，可选：{'、'.join(f'{k}({v})' for k, v in e.known.items())}",
    ),
    residents.StillInHand: (
        409,
        "still-in-hand",
        lambda e: f"工单 {'、'.join(e.numbers)} 还在办理，办结之后才能删除个人信息",
    ),
    residents.WithinRetention: (
        409,
        "within-retention",
        lambda e: f"工单 {'、'.join(e.numbers)} 在保存期限内（至 {e.until}），所选依据不能提前删除",
    ),
    residents.PersonRequestDecided: (409, "person-request-decided", lambda _: "这项申请已经处理过，或还没有批准"),
    residents.PersonRequestPending: (409, "person-request-pending", lambda _: "这位居民已有一项同类申请在等待审批"),
    residents.UnknownPersonRequest: (404, "unknown-person-request", lambda _: "没有找到这项个人信息申请"),
    residents.NotConfirmed: (422, "not-confirmed", lambda e: f"{e.act}不能撤回，请勾选确认后再提交"),
}
