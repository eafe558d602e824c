"""Accounts with something wrong, by channel, each against the platform's stand-in: for the table of the doctor's lines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.cli import doctor_accounts
from api.cli.finding import Finding
from api.desk import Desk
from api.settings import Settings
from api.standins.sms.server import SmsServer
from api.standins.telegram.server import TelegramServer
from api.standins.wechat.platform import Platform
from api.standins.wechat.refusal import Refusal
from api.standins.wechat.server import WeChatServer
from tests.contract import faults_mailbox

NOBODY = "http://127.0.0.1:9"
TOKEN = "123456:AAexampleexampleexample"
SECRETS = ("s3cr3t-of-the-account", TOKEN.partition(":")[2], faults_mailbox.PASSWORD)


def desk_of(home: Path, accounts: Mapping[str, Any], **more: Any) -> Desk:
    return Desk(Settings(home=home, accounts=accounts, _env_file=None, **more))  # type: ignore[call-arg]


def findings(home: Path, channel: str, settings: Mapping[str, Any], **more: Any) -> list[Finding]:
    """What the doctor says of one account: of its settings and, where they suffice, of its platform."""
    desk = desk_of(home, {channel: {"main": dict(settings)}}, **more)
    try:
        return [*doctor_accounts.accounts(desk), *doctor_accounts.platforms(desk)]
    finally:
        desk.close()


WECHAT = {"app_id": "wx0123456789abcdef", "app_secret": SECRETS[0], "token": "t0ken", "api_base": NOBODY}
TELEGRAM = {"token": TOKEN, "polling": True, "base_url": NOBODY}
SMS = {"provider": "generic", "account": "demo", "secret": SECRETS[0], "heading": "应声", "url": f"{NOBODY}/sms/send"}
OURS = {"answered": {"id": "T1", "fields": {"thing1": "{matter}"}}}


def of_wechat(home: Path) -> Iterator[list[Finding]]:
    def on(**changed: Any) -> list[Finding]:
        return findings(home, "wechat", WECHAT | changed)

    def template(**changed: Any) -> list[Finding]:
        return on(templates={"answered": OURS["answered"] | changed})

    yield on(app_secret="")
    yield on(encoding_aes_key="short")
    yield on(mode="aes")
    yield on(mode="secure")
    yield on(timeout_seconds="ten")
    yield on(api_base="api.weixin.qq.com")
    yield on(api_base="http://api.example.com")
    yield on(templates=["answered"])
    yield on(templates={"answered": "T1"})
    yield template(colour="red")
    yield template(id="")
    yield template(kind="mass")
    yield template(fields={})
    yield template(fields={"事项": "{matter}"})
    yield template(fields={"thing1": 5})
    yield template(fields={"thing1": "{matter.text}"})
    yield template(url="t/{number}")
    yield on()
    with WeChatServer() as platform:
        yield on(api_base=platform.url)
        codes = (40013, 40125, 40243, 40002, 41004, 41002, 40164, 48001, 50007, -1, 45011, 45009, 99999)
        for fault in (*(f"errcode {code}" for code in codes), "http 404", "http 503", "http 403", "cut"):
            platform.inject(fault, "token")
            yield on(api_base=platform.url)
    with WeChatServer(_TellsTheAddress()) as platform:
        yield on(api_base=platform.url)


class _TellsTheAddress(Platform):
    """Refuses tokens as WeChat does whom it does not know by his address (recorded words)."""

    def stable_token(self, given: Mapping[str, Any]) -> dict[str, Any]:
        raise Refusal(40164, "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist")


def of_telegram(home: Path) -> Iterator[list[Finding]]:
    def on(public: str = "", **changed: Any) -> list[Finding]:
        return findings(home, "telegram", TELEGRAM | changed, **({"public_url": public} if public else {}))

    yield on(token="")
    yield on(token="AAexample")
    yield on(polling=False)
    yield on(polling=False, secret_token="两个字")
    yield on(timeout_seconds="ten")
    yield on(base_url="api.telegram.org")
    yield on(base_url="http://api.example.com")
    yield on()
    with TelegramServer() as platform:
        here: dict[str, Any] = {"base_url": platform.url, "secret_token": "w0rd"}
        called = here | {"polling": False}
        yield on(**here)
        yield on(**called)
        _set_webhook(platform, f"{NOBODY}/channels/telegram/main")
        yield on(**here)
        yield on("https://desk.example", **called)
        _set_webhook(platform, f"{NOBODY}/channels/telegram/main", allowed_updates=["message"])
        for _ in range(100):
            platform.offer(TOKEN, {"message": {"message_id": 1}})
        _until(lambda: "last_error_message" in _asked(platform, "getWebhookInfo"))
        yield on(NOBODY, **called)
        for fault in ("unauthorized", "http 404", "http 503", "garbage"):
            platform.inject(fault, "getMe")
            yield on(**here)


def _asked(platform: TelegramServer, method: str, **given: Any) -> Any:
    answer = httpx.post(f"{platform.url}/bot{TOKEN}/{method}", json=given, trust_env=False).json()
    assert answer["ok"], answer
    return answer["result"]


def _set_webhook(platform: TelegramServer, url: str, **more: Any) -> None:
    _asked(platform, "setWebhook", url=url, secret_token="w0rd", **more)


def _until(true: Any) -> None:
    for _ in range(200):
        if true():
            return
        asyncio.run(asyncio.sleep(0.05))
    pytest.fail("not in ten seconds")


def of_sms(home: Path) -> Iterator[list[Finding]]:
    def on(**changed: Any) -> list[Finding]:
        given = {key: value for key, value in (SMS | changed).items() if value is not None}
        return findings(home, "sms", given)

    own = {"fields": {"to": "{phone}", "say": "{text}", "sign": "{signature}"}}
    yield on(heading=None)
    yield on(colour="red")
    yield on(longest="long")
    yield on(provider="nobody")
    yield on(url="sms.example.com")
    yield on(url="http://sms.example.com/send")
    yield on(account="")
    yield on(secret="")
    yield on(fields={"to": "{phon}"})
    yield on(fields={"say": "{text}"})
    yield on(fields={"to": "{phone}"})
    yield on(fields=own["fields"], templates={"received": {"id": "T1"}})
    yield on(fields={"to": "{phone}", "say": "{text}"})
    yield on(signing={"method": "none"}, fields={"to": "{phone}", "say": "{text}"})
    yield on(callback={"signature": "", "token": "short"})
    yield on(callback={"receipt": None, "reply": None})
    yield on()
    with SmsServer() as platform:
        here: dict[str, Any] = {"url": f"{platform.url}/sms/send"}
        yield on(**here)
        good: dict[str, Any] = here | {"secret": "demo-sms-secret-not-for-use"}
        yield on(**good)
        balance = {"url": "balance", "fields": {"account": "{account}", "timestamp": "{timestamp}"}, "left": "rest"}
        balance["fields"] = {**balance["fields"], "sign": "{signature}"}  # type: ignore[dict-item]
        yield on(**good, balance=balance)
        yield (poor := on(**good, balance={**balance, "left": "balance", "low": 5000}))
        assert [each.mend for each in poor if "余额" in each.words] == ["余额将尽，请充值"]
        faults = ("code 2001", "code 5000", "http 401", "http 404", "http 503", "http 500", "garbage", "cut")
        for fault in faults:
            platform.inject(fault, "balance")
            yield on(**good)
        platform.inject("code 2001", "balance")
        yield on(**good, answer={"ok": {"path": "code", "equals": "0"}})


def of_wecom(home: Path) -> Iterator[list[Finding]]:
    good = {"key": "693a91f6-0000-4bc4-97a0-0ec2sifa5aaa"}
    for changed in ({"key": ""}, {"key": "short"}, {"format": "html"}, {"timeout_seconds": "ten"}):
        yield findings(home, "wecom_robot", good | changed)
    for base in ("qyapi.weixin.qq.com", "http://qyapi.example.com"):
        yield findings(home, "wecom_robot", good | {"api_base": base})


def of_others(home: Path) -> Iterator[list[Finding]]:
    city = {"api_base": "https://city.example", "app_key": "qu", "secret": SECRETS[0]}
    for changed in (
        {"api_base": "city.example"},
        {"app_key": ""},
        {"secret": "short"},
        {"timeout_seconds": 99},
        {"fields": []},
        {"fields": {"colour": ["颜色"]}},
        {"fields": {"title": "标题"}},
    ):
        yield findings(home, "city", city | changed)
    yield findings(home, "hotline", {"layouts": {"layouts": 5}})
    yield findings(home, "hotline", {"silence_minutes": "ten"})
    yield findings(home, "hotline", {"recording_hosts": "records.example.test"})
    for headings in ("姓名", {"colour": ["颜色"]}, {"name": "姓名"}):
        yield findings(home, "walk_in", {"headings": headings})
    yield findings(home, "walk_in", {"equal_rows": "none"})
