"""What each role finds in the menu, and where it starts."""

from __future__ import annotations

from dataclasses import dataclass

from casework.actors import Actor
from casework.registering import REGISTERS
from district.schemas import Role

R = Role
DESK = frozenset({R.AGENT, R.DISPATCHER, R.SUPERVISOR, R.ADMINISTRATOR, R.AUDITOR})
UNITS = frozenset({R.UNIT_OFFICER, R.UNIT_LEAD})
EVERYBODY = frozenset(R) - {R.RESIDENT, R.SYSTEM}

ENTRIES: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("/dispatch", "派单台", frozenset({R.DISPATCHER, R.SUPERVISOR})),
    ("/board", "看板", frozenset({R.SUPERVISOR, R.ADMINISTRATOR, R.AUDITOR})),
    ("/tickets?queue=1", "待处理", DESK - {R.AUDITOR}),
    ("/calls", "通话", DESK),
    ("/register", "登记来电", REGISTERS),
    ("/counter", "窗口登记", REGISTERS),
    ("/tickets", "全部诉求", DESK),
    ("/conversations", "会话", frozenset({R.AGENT, R.DISPATCHER, R.SUPERVISOR, R.AUDITOR})),
    ("/todo", "我的办件", UNITS),
    ("/events", "群体事件", frozenset({R.DISPATCHER, R.SUPERVISOR, R.AUDITOR})),
    ("/city", "市平台", DESK),
    ("/cases", "办件", DESK | UNITS | {R.CALLBACK_AGENT}),
    ("/requests", "审批", frozenset({R.DISPATCHER, R.SUPERVISOR, R.UNIT_LEAD})),
    ("/person-requests", "个人信息", frozenset({R.AGENT, R.DISPATCHER, R.SUPERVISOR, R.ADMINISTRATOR, R.AUDITOR})),
    ("/callbacks", "回访", frozenset({R.CALLBACK_AGENT, R.SUPERVISOR})),
    ("/undelivered", "未送达", frozenset({R.AGENT, R.DISPATCHER, R.SUPERVISOR, R.CALLBACK_AGENT, R.AUDITOR})),
    ("/caller-marks", "骚扰来电", frozenset({R.AGENT, R.DISPATCHER, R.SUPERVISOR, R.AUDITOR})),
    ("/follow-up", "跟踪台", frozenset({R.SUPERVISOR, R.AUDITOR})),
    ("/rates", "三率", EVERYBODY),
    ("/returns", "退单", frozenset({R.DISPATCHER, R.SUPERVISOR, R.ADMINISTRATOR, R.AUDITOR}) | UNITS),
    ("/automatic", "自动派单", frozenset({R.SUPERVISOR, R.ADMINISTRATOR, R.AUDITOR})),
    ("/workflow", "流程图", frozenset({R.SUPERVISOR, R.ADMINISTRATOR})),
    ("/quality", "研判质量", frozenset({R.SUPERVISOR, R.ADMINISTRATOR, R.AUDITOR})),
    ("/inspection", "质检", frozenset({R.SUPERVISOR, R.AUDITOR})),
    ("/inspection/mine", "我的质检", frozenset({R.AGENT, R.DISPATCHER, R.CALLBACK_AGENT})),
    ("/notices", "提醒", UNITS | {R.AGENT, R.DISPATCHER, R.SUPERVISOR, R.CALLBACK_AGENT, R.KNOWLEDGE_EDITOR}),
    ("/articles", "知识库", EVERYBODY),
    ("/articles/gaps", "知识缺口", frozenset({R.KNOWLEDGE_EDITOR, R.SUPERVISOR})),
    ("/opinion-desk", "意见征集", frozenset({R.KNOWLEDGE_EDITOR, R.SUPERVISOR, R.AUDITOR})),
    ("/day-notices", "通告", frozenset({R.AGENT, R.DISPATCHER, R.UNIT_LEAD, R.KNOWLEDGE_EDITOR})),
    ("/absences", "请假代理", EVERYBODY - {R.AUDITOR}),
    ("/duty", "值班", DESK | {R.CALLBACK_AGENT}),
    ("/hand-overs", "移交", frozenset({R.SUPERVISOR, R.ADMINISTRATOR, R.AUDITOR})),
    ("/admin", "管理", frozenset({R.ADMINISTRATOR, R.AUDITOR})),
    ("/audit", "审计", frozenset({R.ADMINISTRATOR, R.AUDITOR})),
    ("/staff", "人员", frozenset({R.ADMINISTRATOR})),
    ("/page-reports", "页面问题", frozenset({R.ADMINISTRATOR, R.AUDITOR})),
    ("/trouble", "收发异常", frozenset({R.DISPATCHER, R.SUPERVISOR, R.ADMINISTRATOR, R.AUDITOR})),
)

RARE = frozenset(
    {
        "/counter",
        "/person-requests",
        "/caller-marks",
        "/undelivered",
        "/returns",
        "/automatic",
        "/workflow",
        "/quality",
        "/inspection",
        "/inspection/mine",
        "/articles/gaps",
        "/day-notices",
        "/opinion-desk",
        "/absences",
        "/duty",
        "/hand-overs",
        "/staff",
        "/page-reports",
        "/trouble",
        "/simulator",
    }
)
"""What nobody opens every hour: it stands under 更多, where a role has more entries than fit."""
FIT = 9
"""Entries that stand beside one another on a desk's screen."""

START = {
    R.AGENT: "/tickets?queue=1",
    R.DISPATCHER: "/tickets?queue=1",
    R.UNIT_OFFICER: "/todo",
    R.UNIT_LEAD: "/todo",
    R.CALLBACK_AGENT: "/callbacks",
    R.KNOWLEDGE_EDITOR: "/articles",
    R.SUPERVISOR: "/board",
    R.ADMINISTRATOR: "/admin",
    R.AUDITOR: "/tickets",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the menu."""

    href: str
    label: str
    current: bool
    rare: bool = False


def menu(actor: Actor, path: str, *, queue: bool, demo: bool) -> list[Entry]:
    """The entries for a role, the current one marked; ``queue`` tells 待处理 from the other lists of tickets."""
    entries = [(href, label) for href, label, roles in ENTRIES if actor.role in roles]
    if demo:
        entries.append(("/simulator", "居民模拟器"))
    fitting = [href for href, _ in entries if path.startswith(href.split("?")[0])]
    of_queue = [href for href in fitting if queue == ("?" in href)]
    marked = max(of_queue or fitting, key=len, default="")
    full = len(entries) > FIT
    return [Entry(href, label, href == marked, full and href in RARE) for href, label in entries]


def opens(actor: Actor, href: str) -> bool:
    """Whether the menu has a page of this address for the actor."""
    path = href.split("?", maxsplit=1)[0]
    return any(actor.role in roles for entry, _, roles in ENTRIES if entry.split("?")[0] == path)


def start(actor: Actor) -> str:
    """Where this role begins."""
    return START.get(actor.role, "/rates")
