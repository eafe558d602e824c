"""状态报告: an operator's code in words. The names are those of SMPP as Chinese providers pass them on."""

from __future__ import annotations

from collections.abc import Mapping

STATUSES: Mapping[str, str] = {
    "DELIVRD": "已送达手机",
    "UNDELIV": "无法送达",
    "REJECTD": "被运营商拒绝",
    "EXPIRED": "手机长时间关机或无信号，已超过有效期",
    "UNKNOWN": "运营商没有给出结果",
    "BLACKED": "号码在运营商黑名单中",
    "DELETED": "已被运营商删除",
}


def words_of(status: str, own: Mapping[str, str]) -> str:
    """The status in words with its code: ``无法送达（UNDELIV）``; ``own`` are the account's."""
    return f"{own.get(status) or STATUSES.get(status) or '运营商报告发送失败'}（{status}）"
