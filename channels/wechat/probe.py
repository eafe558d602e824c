"""Asking WeChat for an access token anew: AppID, AppSecret and the list of addresses are judged by it alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from channels.message import Account
from channels.probing import Probe, Seen
from channels.wechat.access_token import fetch
from channels.wechat.account import sending
from channels.wechat.calling import client

CONSOLE = "公众平台“设置与开发 → 基本配置”"
MENDS = {
    "token": f"与{CONSOLE}的“服务器配置”中的令牌（Token）填成一样",
    "app_id": f"核对{CONSOLE}的开发者ID(AppID)；没有接口权限的，先完成认证",
    "app_secret": f"在{CONSOLE}重置或解冻 AppSecret，填入 app_secret",
    "encoding_aes_key": f"从{CONSOLE}的“服务器配置”中复制 43 位 EncodingAESKey",
    "previous_encoding_aes_key": "填更换之前的 43 位 EncodingAESKey，换完可以去掉",
    "mode": "与“服务器配置”的消息加解密方式一致：明文 plain、兼容 compatible、安全 aes",
    "ip_whitelist": f"把这个 IP 加入{CONSOLE}的 IP 白名单；没有写出 IP 的问网络管理员",
    "api_base": "不填即用微信的正式地址；经网关时填网关的 https 地址",
    "templates": "对照公众平台“模板消息”或“订阅通知”中的模板 ID 和参数名",
}


def probes(account: Account, *, now: datetime) -> Sequence[Probe]:
    """Raises ``ChannelMisconfigured``."""
    sending(account)
    return (Probe(partial(_token, account, now)),)


async def _token(account: Account, now: datetime) -> Sequence[Seen]:
    """The plain call gives the token that is in use: no other worker's is made void by it."""
    settings = sending(account)
    async with client(settings) as http:
        await fetch(http, settings, force=False, now=now)
    return (Seen("微信接受 AppID、AppSecret 和本机 IP"),)
