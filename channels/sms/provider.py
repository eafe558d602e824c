"""The settings of one account at a provider: a mapping from our words to its interface, checked where it is used.

Secrets are in no ``repr``. Every error names the setting as it is written in ``YINGSHENG_ACCOUNTS``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from channels.errors import ChannelMisconfigured
from channels.message import Account
from channels.sms.filling import names_in
from channels.sms.length import LONGEST
from channels.sms.presets import PRESETS

GENERAL = frozenset({"drop", "max_media_bytes", "max_files"})
"""Settings that every channel's accounts may have."""
PLACEHOLDERS = frozenset(
    {"phone", "text", "heading", "template", "params", "params_json", "id", "timestamp", "nonce", "account", "secret"}
)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Signing(_Part):
    """``over`` is the string that is signed; ``{fields}`` in it: all fields sent, sorted, as ``name=value&…``."""

    method: Literal["none", "hmac-sha256", "md5"] = "none"
    over: str = "{fields}"
    written: Literal["hex", "HEX", "base64"] = "hex"


class Sign(_Part):
    """One value in an answer that says what it is."""

    path: Filled
    equals: Filled


class Answer(_Part):
    """What an answer (JSON) says. Paths are names joined by dots; numbers in them count list items from 0.

    A code that stands nowhere leaves in doubt whether the text went out; ``"*"`` in ``failed`` takes all the rest.
    After one in ``gone`` the number is written to no more.
    """

    ok: Sign
    id: str = ""
    message: str = ""
    wait: str = ""
    code: str = ""
    delayed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    misconfigured: dict[str, str] = {}
    words: dict[str, str] = {}


class TemplateOf(_Part):
    """The provider's template for one of ours; ``params`` in its order, or its names with ours."""

    id: Filled
    params: dict[str, str] | tuple[str, ...] = ()


class Kind(_Part):
    """Where a call says whether it brings receipts or replies."""

    path: Filled
    receipts: Filled
    replies: Filled


class ReceiptFields(_Part):
    """状态报告: where its parts stand in an item."""

    id: Filled
    status: Filled
    reference: str = ""
    phone: str = ""
    at: str = ""


class ReplyFields(_Part):
    """上行: where its parts stand in an item."""

    id: Filled
    phone: Filled
    text: Filled
    at: str = ""


class Callback(_Part):
    """What the provider posts to us. ``signature`` names the field that holds it; else ``token`` in the address."""

    content: Literal["json", "form"] = "json"
    signature: str = ""
    token: str = Field("", repr=False)
    items: str = ""
    kind: Kind | None = None
    receipt: ReceiptFields | None = None
    reply: ReplyFields | None = None
    delivered: tuple[str, ...] = ("DELIVRD",)
    unknown: tuple[str, ...] = ("UNKNOWN",)
    gone: tuple[str, ...] = ()
    words: dict[str, str] = {}
    answer: str = '{"code": 0}'


class Balance(_Part):
    """余额查询: a call that only tells. ``url`` may be relative to the account's; signed by the same ``signing``.

    ``left`` is where the balance stands in the answer; at ``low`` or below it somebody is told to pay.
    """

    url: Filled
    fields: dict[str, str] = Field(repr=False, min_length=1)
    left: Filled
    low: int = Field(0, ge=0)


class Provider(_Part):
    """One account, read. ``heading`` is the signature of the sender, shown in 【】 in front of each text."""

    provider: str = ""
    url: Filled
    account: str = ""
    secret: str = Field("", repr=False)
    heading: Filled
    heading_by: Literal["us", "provider"] = "us"
    method: Literal["POST", "GET"] = "POST"
    content: Literal["json", "form"] = "json"
    headers: dict[str, str] = Field(default={}, repr=False)
    fields: dict[str, str] = Field(repr=False, min_length=1)
    signing: Signing = Signing()
    time: str = "seconds"
    answer: Answer
    templates: dict[str, TemplateOf] = {}
    free_text: bool = True
    knows_repeats: bool = False
    longest: int = Field(LONGEST, ge=70, le=2000)
    timeout_seconds: float = Field(10.0, gt=0, le=50)
    api_insecure: bool = False
    callback: Callback | None = None
    balance: Balance | None = None

    @property
    def shown_heading(self) -> str:
        """The heading as the telephone shows it."""
        return f"【{self.heading.strip('【】')}】"


def read(account: Account) -> Provider:
    """The account's settings, a preset's filled in. Raises ``ChannelMisconfigured`` naming the first wrong one."""
    given = {key: value for key, value in account.settings.items() if key not in GENERAL}
    preset = given.get("provider") or ""
    if preset and preset not in PRESETS:
        raise ChannelMisconfigured("provider", f"没有这种预置，可选 {'、'.join(PRESETS)}，或不填而自写 fields、answer")
    merged = {**PRESETS.get(preset, {}), **given}
    if isinstance(given.get("callback"), dict) and preset:
        merged["callback"] = {**PRESETS[preset].get("callback", {}), **given["callback"]}
    found = _validated(Provider, merged)
    _check_url(found)
    _check_placeholders(found)
    _check_signing(found)
    return found


def callback_of(account: Account) -> tuple[Provider, Callback]:
    """The settings with those of what the provider posts. Raises ``ChannelMisconfigured``."""
    found = read(account)
    if found.callback is None:
        raise ChannelMisconfigured("callback", "没有设置，不接收状态报告和上行短信")
    return found, found.callback


_Model = TypeVar("_Model", bound=BaseModel)
_WHY = {"missing": "没有设置", "extra_forbidden": "没有这一项设置", "string_too_short": "没有设置"}


def _validated(kind: type[_Model], given: dict[str, Any]) -> _Model:
    try:
        return kind.model_validate(given)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ChannelMisconfigured(where, _WHY.get(first["type"], "写法不对，见 docs/channels/sms.md")) from None


def _check_url(found: Provider) -> None:
    try:
        parts = urlsplit(found.url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        raise ChannelMisconfigured("url", "应为短信平台发送接口的完整网址")
    if parts.scheme == "http" and host not in _LOOPBACK and not found.api_insecure:
        raise ChannelMisconfigured("url", "http 只用于本机替身；确需明文时设 api_insecure=true")


def _check_placeholders(found: Provider) -> None:
    sent = {f"fields.{name}": value for name, value in found.fields.items()}
    sent |= {f"headers.{name}": value for name, value in found.headers.items()}
    asked = found.balance.fields if found.balance is not None else {}
    told = {f"balance.fields.{name}": value for name, value in asked.items()}
    for where, template in (*told.items(), *sent.items(), ("url", found.url), ("signing.over", found.signing.over)):
        allowed = PLACEHOLDERS | ({"fields"} if where == "signing.over" else {"signature"})
        if unknown := names_in(template) - allowed:
            raise ChannelMisconfigured(where, f"没有占位符 {{{min(unknown)}}}")
    everything = set().union(*(names_in(each) for each in (*sent.values(), found.url)))
    if "phone" not in everything:
        raise ChannelMisconfigured("fields", "没有一项放收信号码 {phone}")
    if not everything & {"text", "template"}:
        raise ChannelMisconfigured("fields", "没有一项放内容 {text} 或模板 {template}")
    if found.templates and "template" not in everything:
        raise ChannelMisconfigured("fields", "设了 templates，但没有一项放模板编号 {template}")
    if found.signing.method != "none" and "signature" not in everything:
        raise ChannelMisconfigured("fields", "设了 signing，但没有一项放签名 {signature}")


def _check_signing(found: Provider) -> None:
    signs = found.signing.method != "none"
    if signs and not found.secret:
        raise ChannelMisconfigured("secret", "没有设置，无法签名")
    if found.provider and not found.account:
        raise ChannelMisconfigured("account", "没有设置")
    back = found.callback
    if back is None:
        return
    if back.signature and not signs:
        raise ChannelMisconfigured("callback.signature", "signing 没有设，无法核对签名")
    if not back.signature and len(back.token) < 16:
        raise ChannelMisconfigured("callback.token", "没有签名时须设 16 字以上的令牌，写在回调网址的 ?token= 后")
    if back.receipt is None and back.reply is None:
        raise ChannelMisconfigured("callback", "receipt 和 reply 至少设一个")
