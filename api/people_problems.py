"""What each error about staff and units says to a person: status, type and a Chinese sentence."""

from __future__ import annotations

from api.casework_problems import Problem
from casework import people_errors as people

PROBLEMS: dict[type[Exception], Problem] = {
    people.UnfitAbsence: (422, "unfit-absence", lambda e: e.why),
    people.UnknownAbsence: (404, "unknown-absence", lambda e: f"没有找到请假 {e.key}"),
    people.AbsenceOver: (409, "absence-over", lambda _: "这次请假已经结束，无需销假"),
    people.UnfitHandOver: (422, "unfit-hand-over", lambda e: e.why),
    people.UnknownHandOver: (404, "unknown-hand-over", lambda e: f"没有找到移交 {e.key}"),
    people.HandOverUndone: (409, "hand-over-undone", lambda _: "这次移交已经撤销过了"),
    people.HandOverTooOld: (
        409,
        "hand-over-too-old",
        lambda e: f"移交只能在当天撤销，这次是 {e.day} 的；请重新移交回去",
    ),
    people.HandOverMovedOn: (409, "hand-over-moved-on", lambda _: "移交的办件都已有新的去向，没有可退回的"),
    people.UnitEnded: (
        409,
        "unit-ended",
        lambda e: f"{e.name}已撤并，" + (f"请改派{e.successor}" if e.successor else "没有承接单位，请按派单目录另选"),
    ),
    people.LastAdministrator: (
        409,
        "last-administrator",
        lambda _: "这是最后一位管理员，不能停用或改任；请先添加或启用另一位管理员",
    ),
    people.UnfitStaffList: (422, "unfit-staff-list", lambda e: e.why),
    people.UnfitRoster: (422, "unfit-roster", lambda e: e.why),
    people.UnknownShift: (404, "unknown-shift", lambda e: f"没有找到值班 {e.key}"),
    people.UnknownAlert: (404, "unknown-alert", lambda e: f"没有找到告警 {e.key}"),
    people.AlertEnded: (409, "alert-ended", lambda e: f"{e.by}已确认这条告警" if e.by else "这条告警已经解除"),
}
