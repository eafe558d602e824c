"""Articles of one's own on a served desk, and the acts of their life by the interface."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import httpx

from api.desk import Desk
from api.setting_up import DEMO_PASSWORD
from storage import identity
from tests.integration.interface import World

NUMBERS = itertools.count(1)
ZONE = timedelta(hours=8)


def second_editor(desk: Desk) -> None:
    with desk.database.write.begin() as session:
        users = [("editor2", "知识管理员·乙", "knowledge_editor", "")]
        identity.add_demo_users(session, users, password=DEMO_PASSWORD, now=desk.now())


def text(**changes: Any) -> dict[str, Any]:
    return {
        "question": "公共晾衣杆怎么申请安装",
        "short_answer": "向社区居委会申请，十个工作日内安装。",
        "category": "010101",
        "unit": "U001",
        "body": "带身份证到社区。\n十个工作日内安装。",
    } | changes


class Acts:
    """Acts by the interface on an article of one's own."""

    def __init__(self, world: World, **changes: Any) -> None:
        self.world = world
        made = world.as_("editor").post("/articles", json=text(id=f"LIFE-{next(NUMBERS)}", **changes))
        assert made.status_code == 200, made.text
        self.number = str(made.json()["id"])

    def do(self, login: str, act: str, **given: Any) -> httpx.Response:
        return self.world.as_(login).post(f"/articles/{self.number}/{act}", json=given)

    def edit(self, login: str, **changes: Any) -> httpx.Response:
        return self.world.as_(login).put(f"/articles/{self.number}", json=text(**changes))

    def review(self) -> None:
        assert self.do("editor", "submit").status_code == 200

    def out(self) -> None:
        self.review()
        done = self.do("editor2", "publish")
        assert done.status_code == 200, done.text

    def shown(self, login: str = "editor") -> dict[str, Any]:
        found: dict[str, Any] = self.world.as_(login).get(f"/articles/{self.number}").json()
        return found

    def get(self, path: str, **asked: Any) -> Any:
        return self.world.as_("editor").get(f"/articles/{self.number}/{path}", params=asked).json()

    def found(self, words: str) -> bool:
        """Whether a search as of now gives it."""
        self.world.desk.follower.catch_up()
        hits = self.world.as_("agent").get("/articles", params={"q": words, "limit": 50}).json()["items"]
        return self.number in [hit["id"] for hit in hits]
