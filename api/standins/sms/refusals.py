"""The provider's refusals, each with its code."""

from __future__ import annotations

MESSAGES = {
    1001: "签名错误",
    1002: "账号不存在",
    1003: "时间戳超出范围",
    1004: "参数缺失或类型错误",
    1005: "账号不支持自由文本",
    2001: "手机号码格式错误",
    2002: "号码在黑名单中",
    2003: "模板不存在",
    2004: "模板参数不符",
    2005: "短信内容为空",
    2006: "短信内容过长",
    3001: "同一号码一分钟内发送过多",
    3002: "同一号码一小时内发送过多",
    3003: "同一号码一天内发送过多",
    4001: "余额不足",
    5000: "系统繁忙，请稍后再试",
}


class Refusal(Exception):
    """The provider's no. ``field`` is what does not fit, ``retry_after`` seconds until it may be tried again."""

    def __init__(self, code: int, field: str = "", *, retry_after: int | None = None) -> None:
        self.code = code
        self.message = f"{MESSAGES[code]}: {field}" if field else MESSAGES[code]
        self.retry_after = retry_after
        super().__init__(f"{code} {self.message}")
