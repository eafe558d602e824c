"""WeChat's global return codes (公众平台「全局返回码」) as facts of sending."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from channels.errors import ChannelError, ChannelMisconfigured, SendDelayed, SendFailed, Why

TOKEN_REFUSED = frozenset({40001, 40014, 42001, 41001})
"""The access token is wrong, expired or was replaced: fetch one anew and try once more."""

_ADDRESS = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
# Daily quotas of the platform end at midnight in China, wherever the desk's server stands.
_QUOTA_ZONE = ZoneInfo("Asia/Shanghai")

_FAILED: dict[int, tuple[str, Why]] = {
    40003: ("openid 无效：收信人不是这个公众号的用户", "unknown_person"),
    43004: ("居民没有关注公众号，无法下发", "blocked"),
    43019: ("居民在公众号的黑名单中", "blocked"),
    43101: ("居民没有同意接收这个订阅通知", "refused"),
    45002: ("内容超过微信的长度上限", "refused"),
    45015: ("超出 48 小时，微信不再允许发送", "window"),
    45047: ("本轮客服消息已满，居民再次来信后才能发送", "count"),
    45157: ("内容含有微信不允许的文字", "refused"),
    47003: ("模板参数不合微信的要求", "refused"),
    48002: ("居民关闭了接收消息", "blocked"),
    50002: ("居民的账号受限，无法下发", "blocked"),
    87014: ("内容被微信判定为违规，未下发", "refused"),
}
_DELAYED = {
    -1: ("微信系统繁忙", 30.0),
    45011: ("调用过于频繁", 60.0),
    40001: ("新取的 access_token 仍不被接受", 60.0),
    40014: ("新取的 access_token 仍不被接受", 60.0),
    41001: ("新取的 access_token 仍不被接受", 60.0),
    42001: ("新取的 access_token 仍不被接受", 60.0),
}
_SETTINGS = {
    40002: ("app_secret", "微信不接受取 token 的凭据类型"),
    40013: ("app_id", "AppID 无效"),
    40125: ("app_secret", "AppSecret 错误"),
    40037: ("templates", "微信没有这个模板 ID，或它不属于这个公众号"),
    40164: ("ip_whitelist", "服务器出口 IP 不在公众平台的 IP 白名单中"),
    40243: ("app_secret", "AppSecret 已被冻结，请在公众平台解冻"),
    41002: ("app_id", "缺少 AppID"),
    41004: ("app_secret", "缺少 AppSecret"),
    48001: ("app_id", "公众号没有这个接口的权限"),
    50007: ("app_id", "公众号的账号已冻结"),
}


def as_error(code: int, message: str, *, now: datetime, fetching_token: bool = False) -> ChannelError:
    """The error that a return code other than 0 means; the code itself stays in the sentence."""
    # Where the token itself is asked for, "invalid credential" speaks of the AppSecret.
    meant = 40125 if fetching_token and code == 40001 else code
    if meant in _SETTINGS:
        setting, why = _SETTINGS[meant]
        if meant == 40164 and (seen := _ADDRESS.search(message)):  # the one that is to be put on the list
            why = why.replace("出口 IP", f"出口 IP {seen[0]}")
        return ChannelMisconfigured(setting, f"{why}（{code}）")
    if code == 45009:
        return SendDelayed(f"当天的接口调用次数已用完，次日零点恢复（{code}）", _until_midnight(now))
    if code in _DELAYED:
        reason, wait = _DELAYED[code]
        return SendDelayed(f"{reason}（{code}）", wait)
    if code in _FAILED:
        reason, why = _FAILED[code]
        return SendFailed(f"{reason}（{code}）", why)
    if fetching_token:  # nothing was sent, and an unknown refusal of a token may pass
        return SendDelayed(f"取 access_token 被拒：{message[:200]}（{code}）", 300.0)
    return SendFailed(f"微信拒绝：{message[:200]}（{code}）", "refused")


def _until_midnight(now: datetime) -> float:
    local = now.astimezone(_QUOTA_ZONE)
    midnight = local.replace(hour=0, minute=1, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - local).total_seconds()
