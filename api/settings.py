"""Settings: environment variables prefixed ``YINGSHENG_``, and a ``.env`` beside the working directory."""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.clamd import place_of
from channels.message import Account
from district.schemas import Role

ROOM_PROCESSORS, ROOM_MEMORY = 2, 3_000_000_000
"""From here on a machine has room for processes beside the desk's."""

DEMO_ACCOUNTS: dict[str, dict[str, dict[str, Any]]] = {
    "wechat": {
        "demo": {
            "token": "demo-token-yuquan",
            "app_id": "wx00000000demo0001",
            "app_secret": "demo-secret",
            "encoding_aes_key": "demo0demo0demo0demo0demo0demo0demo0demo0dem",
            "mode": "compatible",
        }
    },
    "mailbox": {"demo": {"address": "mayor@yuquan.example", "display_name": "玉泉区区长信箱"}},
    "telegram": {
        "demo": {
            "token": "900000001:demo-yuquan",
            "secret_token": "demo-secret-yuquan",
            "base_url": "http://127.0.0.1:9",  # nobody listens there: the stand-in's address is put in its place
        }
    },
    "sms": {
        "demo": {
            "provider": "generic",
            "url": "http://127.0.0.1:9/sms/send",  # as above
            "account": "demo",
            "secret": "demo-sms-secret-not-for-use",
            "heading": "玉泉区12345",
        }
    },
    "hotline": {"demo": {"token": "demo-line-yuquan"}},
    "walk_in": {"demo": {"token": "demo-counter-yuquan"}},
    "web": {"open311": {"api_keys": ["demo-key-yuquan"]}},
    "wecom_robot": {"demo": {"key": "demo-key-yuquan-duty", "api_base": "http://127.0.0.1:9"}},
    "city": {"demo": {"app_key": "demo-district", "secret": "demo-city-secret-not-for-use"}},
}


class Settings(BaseSettings):
    """Each field's description is what ``yingsheng settings`` prints."""

    model_config = SettingsConfigDict(
        env_prefix="YINGSHENG_", env_file=".env", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    home: Path = Field(Path("./var"), description="数据库、索引、模型、原始报文和附件所在目录")
    database_url: SecretStr | None = Field(None, description="数据库地址；默认是 YINGSHENG_HOME 里的 SQLite 文件")
    pack: str = Field("demo", description="区情数据包：随包发布的名称，或一个目录")
    search_engine: str = Field(
        "auto", description="知识检索引擎：whoosh、tantivy，或 auto（2000 条以内用 whoosh，以上用 tantivy）"
    )
    demo: bool = Field(default=False, description="演示模式：演示账号、居民模拟器")
    accounts: dict[str, dict[str, dict[str, Any]]] = Field(
        default_factory=dict, repr=False, description="渠道账号（JSON）：渠道 → 账号名 → 设置，含密钥"
    )
    passive_budget: float = Field(3.0, description="微信被动回复等待研判的秒数，超过后改发客服消息", gt=0, lt=5)
    acknowledge_within: float = Field(
        0.0, description="消息落盘后，答复平台之前再等它入库的秒数；0 则落盘即答复，入库在后台进行", ge=0, le=60
    )
    max_body: int = Field(30_000_000, description="单个请求的字节上限", gt=0)
    search_log_days: int = Field(180, description="检索日志（不含个人信息）保留的天数；0 则不记", ge=0, le=3660)
    jobs_poll_seconds: float = Field(0.5, description="任务队列的轮询间隔（秒）", gt=0)
    think_apart: int | None = Field(
        None,
        description="另开几个进程研判，任务也另开一个进程，使接收不等它们；0 则都在本进程内。"
        "每个研判进程各占一份模型和索引的内存（约 400 MB）；不设则在有两个处理器、3 GB 内存的机器上开一个",
        ge=0,
        le=16,
    )
    public_url: str = Field("http://127.0.0.1:8000", description="居民与渠道平台看到的地址")
    clamd: str = Field("", description="查毒服务 clamd：主机:端口，或 Unix 套接字的路径；留空则不查毒")
    unscanned_files: Literal["block", "allow"] = Field(
        "block", description="设了查毒服务而附件查不了毒时：block 暂不给看，allow 注明未查毒后照给"
    )
    trusted_proxies: str = Field(
        "",
        description="可信的反向代理的地址或网段，逗号分隔；只采信它们送来的 X-Forwarded-For、X-Forwarded-Proto。"
        "留空则都不采信，来自同一代理的人共用一份限额",
    )
    secure_cookies: bool = Field(default=False, description="登录 Cookie 仅经 HTTPS 发送")
    idle_minutes: int = Field(0, description="多少分钟没有操作即退出登录；0 则只在登录 12 小时后退出", ge=0, le=720)
    totp_roles: frozenset[Role] = Field(
        frozenset(), description='须用动态验证码登录的角色（JSON），例如 ["administrator","auditor"]；演示用户除外'
    )
    secrets_key: SecretStr | None = Field(
        None,
        description="封存动态验证码密钥所用的钥匙（Fernet，44 个字符）；多台机器共用一个数据库时各给同一个。"
        "不设则用 YINGSHENG_HOME 里的 secrets.key，没有就生成",
    )
    oidc_issuer: str = Field("", description="统一身份认证（OpenID Connect）的发行方地址；留空则不启用")
    oidc_client_id: str = Field("", description="在统一身份认证登记的客户端标识")
    oidc_client_secret: SecretStr | None = Field(None, description="客户端密钥；公开客户端不设")
    oidc_name: str = Field("统一身份认证", description="登录页按钮上的名称", min_length=1, max_length=20)
    oidc_claim: Literal["preferred_username", "email"] = Field(
        "preferred_username", description="凭哪一项找到用户：preferred_username 对用户名，email 对邮箱（须已验证）"
    )
    oidc_scopes: str = Field("openid profile email", description="向统一身份认证申请的范围")

    @field_validator("secrets_key")
    @classmethod
    def _is_a_key(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None:
            try:
                Fernet(given.get_secret_value().encode())
            except ValueError:
                raise ValueError("应是 32 个字节的 URL 安全 Base64（44 个字符）") from None
        return given

    @field_validator("oidc_issuer")
    @classmethod
    def _is_an_issuer(cls, given: str) -> str:
        place = urlsplit(given)
        loopback = place.hostname in ("localhost", "127.0.0.1", "::1")
        if given and not (place.hostname and (place.scheme == "https" or (place.scheme == "http" and loopback))):
            raise ValueError("应以 https:// 开头（本机可用 http://）")
        return given.rstrip("/")

    @field_validator("clamd")
    @classmethod
    def _is_a_place(cls, given: str) -> str:
        if given:
            place_of(given)
        return given

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, given: str) -> str:
        for place in filter(None, (part.strip() for part in given.split(","))):
            try:
                ip_network(place)
            except ValueError as problem:
                raise ValueError(f"“{place}”不是 IP 地址或网段") from problem
        return given

    @property
    def folder(self) -> Path:
        """The home as an absolute path."""
        return self.home.expanduser().resolve()

    @property
    def url(self) -> str:
        """The database's URL, the default resolved."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.folder / 'yingsheng.sqlite'}"

    @property
    def apart(self) -> int:
        """How many processes judge beside this one; where nothing is set, one if the machine has room for it."""
        if self.think_apart is not None:
            return self.think_apart
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return int(len(os.sched_getaffinity(0)) >= ROOM_PROCESSORS and memory >= ROOM_MEMORY)

    def account(self, channel: str, name: str) -> Account | None:
        """The account by channel and name, or None."""
        found = self._all().get(channel, {}).get(name)
        return None if found is None else Account(channel, name, found)

    def list_accounts(self, channel: str | None = None) -> list[Account]:
        """All accounts, or those of a channel."""
        return [
            Account(kind, name, settings)
            for kind, named in self._all().items()
            for name, settings in named.items()
            if channel in (None, kind)
        ]

    def _all(self) -> dict[str, dict[str, dict[str, Any]]]:
        if not self.demo:
            return self.accounts
        return {
            kind: DEMO_ACCOUNTS.get(kind, {}) | self.accounts.get(kind, {}) for kind in {*DEMO_ACCOUNTS, *self.accounts}
        }
