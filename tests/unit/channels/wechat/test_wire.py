"""Opening a callback and answering it, with requests made by another implementation of the protocol."""

from __future__ import annotations

import base64
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.standins.wechat import Signer
from channels.errors import ChannelMisconfigured, ForgedMessage, UnreadableMessage
from channels.message import Account, WebhookRequest
from channels.wechat import CHANNEL
from channels.wechat.envelope import EnvelopeDamaged, decrypt, encrypt

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
KEY = "unit0unit0unit0unit0unit0unit0unit0unit0uni"
OLD_KEY = "old00old00old00old00old00old00old00old00old"
AES = {"token": "unit-token", "app_id": "wx000000000000unit", "encoding_aes_key": KEY, "mode": "aes"}
PLAIN = {"token": "unit-token", "mode": "plain"}
PAYLOAD = (
    "<xml><ToUserName>gh_unit</ToUserName><FromUserName>o_unit</FromUserName><CreateTime>1764000000</CreateTime>"
    "<MsgType>text</MsgType><Content>路灯坏了😀</Content><MsgId>1</MsgId></xml>"
).encode()


def account(settings: dict[str, Any]) -> Account:
    return Account("wechat", "unit", settings)


def signer(settings: dict[str, Any]) -> Signer:
    return Signer(settings, now=lambda: NOW)


def opened(request: WebhookRequest, settings: dict[str, Any], *, now: datetime = NOW) -> bytes | None:
    return CHANNEL.open(request, account(settings), now=now).payload


def changed(request: WebhookRequest, *, method: str = "", body: bytes = b"", **query: str) -> WebhookRequest:
    return WebhookRequest(method or request.method, {**request.query, **query}, {}, body or request.body)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 31, 32, 33, 4096, 100_000])
@pytest.mark.parametrize("mode", ["compatible", "aes"])
def test_an_envelope_of_any_length_is_opened(mode: str, size: int) -> None:
    payload = b"<xml><Content>" + b"a" * size + b"</Content></xml>"
    assert opened(signer(AES | {"mode": mode}).request(payload), AES | {"mode": mode}) == payload


def test_a_plus_of_base64_that_arrives_as_a_space_in_an_encrypted_echo_is_mended() -> None:
    made = signer(AES)
    for number in range(40):
        envelope = made.request(f"{number}".encode()).body.split(b"[CDATA[")[-1].split(b"]]")[0].decode()
        if "+" in envelope:
            break
    stamp = made.echo("x").query["timestamp"]
    from wechatpy.utils import WeChatSigner

    signed = WeChatSigner()
    signed.add_data("unit-token", stamp, "1", envelope)
    query = {"msg_signature": signed.signature, "timestamp": stamp, "nonce": "1", "echostr": envelope.replace("+", " ")}
    assert CHANNEL.open(WebhookRequest("GET", query, {}, b""), account(AES), now=NOW).answer == str(number).encode()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "PATCH"])
def test_other_methods_are_not_wechat_s(method: str) -> None:
    with pytest.raises(ForgedMessage):
        opened(changed(signer(PLAIN).request(PAYLOAD), method=method), PLAIN)


def test_an_echo_without_its_words_is_not_wechat_s() -> None:
    with pytest.raises(ForgedMessage):
        opened(changed(signer(PLAIN).echo("x"), echostr=""), PLAIN)


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "1e9", "９９", "9" * 400, "1764000000.5"])
def test_a_time_that_is_no_number_of_seconds_is_refused_however_it_is_signed(stamp: str) -> None:
    from wechatpy.utils import WeChatSigner

    signed = WeChatSigner()
    signed.add_data("unit-token", stamp, "1")
    query = {"signature": signed.signature, "timestamp": stamp, "nonce": "1"}
    with pytest.raises(ForgedMessage):
        opened(WebhookRequest("POST", query, {}, PAYLOAD), PLAIN)


@pytest.mark.parametrize(("seconds", "taken"), [(0, True), (599, True), (-599, True), (601, False), (-601, False)])
def test_a_request_is_good_for_ten_minutes(seconds: int, taken: bool) -> None:
    request = signer(AES).request(PAYLOAD)
    if taken:
        assert opened(request, AES, now=NOW + timedelta(seconds=seconds)) == PAYLOAD
    else:
        with pytest.raises(ForgedMessage, match="时间戳"):
            opened(request, AES, now=NOW + timedelta(seconds=seconds))


def test_the_window_can_be_set_and_turned_off() -> None:
    request = signer(PLAIN).request(PAYLOAD)
    with pytest.raises(ForgedMessage):
        opened(request, PLAIN | {"max_skew_seconds": 5}, now=NOW + timedelta(seconds=6))
    assert opened(request, PLAIN | {"max_skew_seconds": 0}, now=NOW + timedelta(days=1)) == PAYLOAD


def test_the_key_before_the_change_still_opens_and_answers() -> None:
    settings = AES | {"previous_encoding_aes_key": OLD_KEY}
    old = signer(AES | {"encoding_aes_key": OLD_KEY})
    request = old.request(PAYLOAD)
    assert opened(request, settings) == PAYLOAD
    answer, _ = CHANNEL.passive_reply(request, PAYLOAD, "已受理", account(settings), now=NOW)
    assert old.shown(answer) == "已受理"


def test_an_envelope_to_an_account_without_a_key_is_unreadable_and_says_which_setting_is_missing() -> None:
    with pytest.raises(UnreadableMessage, match="encoding_aes_key"):
        opened(signer(AES).request(PAYLOAD), PLAIN)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("token", ""),
        ("mode", "secure"),
        ("encoding_aes_key", "short"),
        ("encoding_aes_key", KEY[:-1] + "!"),
        ("encoding_aes_key", ""),
        ("app_id", ""),
        ("max_skew_seconds", "long"),
        ("max_skew_seconds", -1),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_not_told(setting: str, value: object) -> None:
    with pytest.raises(ChannelMisconfigured) as raised:
        opened(signer(AES).request(PAYLOAD), AES | {setting: value})
    assert raised.value.setting == setting
    assert KEY[:-1] not in str(raised.value)


@pytest.mark.parametrize("text", ["已受理", "a]]>b", "<b>&amp;", "表情😀", "两\n行", "空\0字"])
@pytest.mark.parametrize("settings", [PLAIN, AES, AES | {"mode": "compatible"}], ids=["plain", "aes", "compatible"])
def test_an_answer_shows_on_the_phone_as_it_was_written(settings: dict[str, Any], text: str) -> None:
    request = signer(settings).request(PAYLOAD)
    answer, media_type = CHANNEL.passive_reply(request, PAYLOAD, text, account(settings), now=NOW)
    assert signer(settings).shown(answer) == text.replace("\0", "")
    assert media_type == "application/xml"


@pytest.mark.parametrize("text", [None, "", " \n", "\0"])
def test_nothing_to_say_is_the_empty_acknowledgement(text: str | None) -> None:
    answer, _ = CHANNEL.passive_reply(signer(AES).request(PAYLOAD), PAYLOAD, text, account(AES), now=NOW)
    assert answer == b"success"


def test_a_long_answer_is_cut_at_a_sentence_s_end_with_a_pointer() -> None:
    text = "您反映的事项已经转给承办单位核实办理。" * 60
    answer, _ = CHANNEL.passive_reply(signer(AES).request(PAYLOAD), PAYLOAD, text, account(AES), now=NOW)
    shown = signer(AES).shown(answer) or ""
    assert len(shown.encode()) <= 2048
    assert "办理。……\n" in shown


def test_a_damaged_envelope_is_never_half_opened() -> None:
    key = base64.b64decode(KEY + "=")
    dice = random.Random(20261124)
    sealed = base64.b64decode(encrypt(PAYLOAD, key, "wx000000000000unit", salt=b"0123456789abcdef"))
    survived = 0
    for _ in range(2000):
        damaged = bytearray(sealed)
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        try:
            content, app_id = decrypt(base64.b64encode(damaged).decode(), key)
        except EnvelopeDamaged:
            continue
        survived += 1
        assert len(content) <= len(sealed)
        assert (content, app_id) != (PAYLOAD, "wx000000000000unit") or damaged[:16] != sealed[:16]
    assert survived > 0  # CBC alone tells no damage: the signature does


@pytest.mark.parametrize("cut", [0, 1, 15, 16, 31, 32, 48])
def test_a_cut_envelope_is_damaged(cut: int) -> None:
    key = base64.b64decode(KEY + "=")
    sealed = base64.b64decode(encrypt(PAYLOAD, key, "wx000000000000unit", salt=b"0123456789abcdef"))
    with pytest.raises(EnvelopeDamaged):
        decrypt(base64.b64encode(sealed[:cut]).decode(), key)
