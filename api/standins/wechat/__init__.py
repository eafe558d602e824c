"""A stand-in of ``api.weixin.qq.com`` and of the callbacks that WeChat makes, by the published protocol."""

from __future__ import annotations

from api.standins.wechat.server import WeChatServer
from api.standins.wechat.signer import AnswerRefused, Signer

__all__ = ["AnswerRefused", "Signer", "WeChatServer"]
