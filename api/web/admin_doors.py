"""Who comes to the pages of administration, and how they hang together."""

from __future__ import annotations

from api.auth import Visitor
from api.errors import Forbidden
from district.schemas import Role

SEES = frozenset({Role.ADMINISTRATOR, Role.AUDITOR})
TABS = (
    ("/admin", "概览"),
    ("/admin/users", "用户"),
    ("/admin/channels", "渠道"),
    ("/trouble", "收发异常"),
    ("/admin/models", "模型"),
    ("/admin/pack", "规则与目录"),
    ("/admin/jobs", "任务"),
    ("/admin/settings", "设置"),
    ("/audit", "审计"),
)


def check(who: Visitor, *, to_act: bool = False) -> None:
    """Raises ``Forbidden`` for who has no business here; an auditor reads all and changes nothing."""
    if who.actor.role not in SEES:
        raise Forbidden("管理页面由管理员使用，您的角色不能查看")
    if to_act and who.actor.role is not Role.ADMINISTRATOR:
        raise Forbidden("审计员可以查看，改动由管理员办理")


def may_act(who: Visitor) -> bool:
    """Whether the page offers its acts."""
    return who.actor.role is Role.ADMINISTRATOR


def tabs(who: Visitor) -> tuple[tuple[str, str], ...]:
    """The pages beside one another, for who sees all of them."""
    return TABS if who.actor.role in SEES else ()
