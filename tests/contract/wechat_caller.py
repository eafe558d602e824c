"""A desk's side of WeChat's stand-in for its tests: calls it with a token, and meddles by its own addresses."""

from __future__ import annotations

from typing import Any

import httpx

from api.standins.wechat import WeChatServer

TEMPLATE = "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY"
DATA = {"thing1": {"value": "路灯不亮"}, "time2": {"value": "2026-03-25 10:00"}}
MENU = {"head_content": "解决了吗？", "list": [{"id": "101", "content": "解决了"}, {"id": "102", "content": "没有"}]}


class Desk:
    """Calls the stand-in with a token, as a desk does."""

    def __init__(self, server: WeChatServer) -> None:
        self.server = server
        self.token = self.fresh_token()

    def fresh_token(self) -> str:
        given = {"grant_type": "client_credential", "appid": "wx1", "secret": "s1"}
        return httpx.post(f"{self.server.url}/cgi-bin/stable_token", json=given).json()["access_token"]

    def call(self, path: str, body: dict[str, Any], *, openid: str = "o_1", token: str | None = None) -> dict[str, Any]:
        query = {"access_token": self.token if token is None else token}
        address = f"{self.server.url}/cgi-bin/{path}"
        return httpx.post(address, params=query, json={"touser": openid, **body}).json()

    def say(self, content: str = "已受理", openid: str = "o_1") -> int:
        body = {"msgtype": "text", "text": {"content": content}}
        return self.call("message/custom/send", body, openid=openid)["errcode"]

    def menu(self, **change: Any) -> int:
        body = {"msgtype": "msgmenu", "msgmenu": MENU | change}
        return self.call("message/custom/send", body)["errcode"]

    def typing(self, command: str = "Typing") -> int:
        return self.call("message/custom/typing", {"command": command})["errcode"]

    def template(self, data: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        body = {"template_id": TEMPLATE, "data": DATA if data is None else data, **more}
        return self.call("message/template/send", body)

    def notice(self) -> int:
        body = {"template_id": TEMPLATE, "data": DATA}
        return self.call("message/subscribe/bizsend", body)["errcode"]

    def meddle(self, name: str, **given: Any) -> dict[str, Any]:
        answer = httpx.post(f"{self.server.url}/standin/{name}", json=given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def act(self, act: str, who: str = "o_1", **given: Any) -> dict[str, Any]:
        return self.meddle("act", who=who, act=act, **given)

    def later(self, seconds: float, *, same_token: bool = False) -> None:
        self.meddle("clock", seconds=seconds)
        self.token = self.token if same_token else self.fresh_token()

    def received(self, openid: str = "o_1") -> list[dict[str, Any]]:
        return httpx.get(f"{self.server.url}/standin/sent", params={"to": openid}).json()["sent"]
