"""Providers whose protocol is known: a clerk fills in ``url``, ``account``, ``secret`` and ``heading``, no mapping.

``generic`` is the protocol of ``docs/standins.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

GENERIC: Mapping[str, Any] = {
    "method": "POST",
    "content": "json",
    "fields": {
        "account": "{account}",
        "timestamp": "{timestamp}",
        "phone": "{phone}",
        "template_id": "{template}",
        "params": "{params}",
        "text": "{text}",
        "reference": "{id}",
        "sign": "{signature}",
    },
    "signing": {"method": "hmac-sha256", "over": "{fields}"},
    "heading_by": "provider",
    "knows_repeats": True,
    "answer": {
        "ok": {"path": "code", "equals": "0"},
        "id": "message_id",
        "message": "message",
        "wait": "retry_after",
        "delayed": ["3001", "3002", "3003", "5000"],
        "failed": ["1004", "1005", "2001", "2003", "2004", "2005", "2006"],
        "gone": ["2002"],
        "misconfigured": {"1001": "secret", "1002": "account", "1003": "timestamp", "4001": "account"},
        "words": {
            "1001": "签名不对，请核对密钥",
            "1002": "没有这个账号",
            "1003": "本机时钟与短信平台相差超过 300 秒",
            "1004": "请求缺少一项或类型不对",
            "1005": "该账号只能发模板短信",
            "2001": "不是手机号码",
            "2002": "号码在黑名单中（本人退订或平台拉黑）",
            "2003": "没有这个短信模板",
            "2004": "模板参数缺少、多余、为空或过长",
            "2005": "内容为空",
            "2006": "内容过长",
            "3001": "该号码一分钟内已发过",
            "3002": "该号码一小时内已发满",
            "3003": "该号码今天已发满",
            "4001": "余额不足，请充值",
            "5000": "短信平台忙",
        },
    },
    "balance": {
        "url": "balance",
        "fields": {"account": "{account}", "timestamp": "{timestamp}", "sign": "{signature}"},
        "left": "balance",
        "low": 100,
    },
    "callback": {
        "content": "json",
        "signature": "sign",
        "items": "items",
        "kind": {"path": "kind", "receipts": "receipts", "replies": "replies"},
        "receipt": {"id": "message_id", "reference": "reference", "phone": "phone", "status": "status", "at": "at"},
        "reply": {"id": "reply_id", "phone": "phone", "text": "text", "at": "at"},
        "gone": ["BLACKED"],
        "answer": '{"code": 0}',
    },
}

PRESETS: Mapping[str, Mapping[str, Any]] = {"generic": GENERIC}
