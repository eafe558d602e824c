"""The routes of the application, and how a door of ``role_duties`` is knocked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin, get_type_hints

import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from tests.integration.role_desk import RoleDesk
from tests.integration.role_doors import Door
from tests.integration.role_duties import DUTIES
from tests.integration.role_rules import STANDINGS, Place, Standing

PUBLIC = {
    "/api/v1/openapi.json": "接口说明",
    "/health/live": "监测",
    "/health/ready": "监测",
    "/login": "登录",
    "/language": "选择语言",
    "/appearance": "选择字号、颜色、对比度",
    "/gallery": "演示模式；不演示时只给管理员：test_reading_pages",
    "/login/code": "登录",
    "/api/v1/sessions": "登录",
    "/api/v1/appeals": "居民提交诉求",
    "/follow": "居民凭查询码查询",
    "/captcha": "验证码",
    "/captcha.png": "验证码",
    "/sitemap.xml": "公开知识",
    "/search": "公开知识",
    "/api/v1/search/suggestions": "公开知识",
}
"""Paths open to everybody, and why."""
PUBLIC_UNDER = {
    "/q": "居民凭查询码查询",
    "/appeal": "居民提交诉求",
    "/opinions": "居民对意见征集的答复",
    "/api/v1/appeals/{code}": "居民凭查询码办理",
    "/open311/v2": "公开接口",
    "/channels": "渠道以自己的凭据验证",
    "/knowledge": "公开知识",
    "/api/v1/public": "公开知识",
    "/search": "公开知识",
    "/simulator": "只在演示模式",
    "/login/oidc": "登录",
}
ELSEWHERE = {
    "article": "知识室：test_article_readers、test_article_life",
    "day_notices": "知识室：test_day_notices",
    "knowledge_gaps": "知识室：test_gaps_page",
    "search": "知识室：test_search_page",
    "public_articles": "知识室：test_article_pages",
    "sessions": "人人对自己的登录",
    "passwords": "人人对自己的密码",
    "entrance": "人人对自己的登录",
    "live_board": "没有尽头的回答：test_board",
    "live_talks": "没有尽头的回答：test_live_talks",
    "live_calls": "事件流不会自己结束，逐个角色试在 test_live_calls",
    "exports": "知识空白的导出：test_gaps_page",
}
"""Modules whose routes, where they have no row, are for others to test."""

ROWS = {door.route: (duty, door) for duty in DUTIES for door in duty.doors}
OF_ONE_UNIT = frozenset(
    {"ticket", "case", "told", "assessed", "second", "absence", "order", "answered_order", "note", "other_case"}
)
"""What another unit than its own does not come near."""
TRIED = tuple(each for each in STANDINGS if each.place in (Place.NONE, Place.LEAD, Place.STRANGER))


def routes(app: FastAPI) -> list[tuple[str, str, str]]:
    """Method, path and module of all routes, without HEAD and without mounted folders."""
    return [
        (method, path, each.endpoint.__module__)
        for each in iter_route_contexts(app.routes)
        if each.endpoint is not None
        for method in sorted(set(each.methods or ()) - {"HEAD"})
        for path in written_out(str(each.path), each.endpoint)
    ]


def written_out(path: str, endpoint: Callable[..., Any]) -> list[str]:
    """The path once for each word that stands in it: acts of one route may be for different people."""
    hints = get_type_hints(endpoint)
    for name in re.findall(r"\{(\w+)\}", path):
        words = get_args(hints.get(name)) if get_origin(hints.get(name)) is Literal else ()
        if words:
            return [path.replace(f"{{{name}}}", word) for word in words]
    return [path]


def is_public(path: str) -> bool:
    return path in PUBLIC or any(path == under or path.startswith((f"{under}/", f"{under}.")) for under in PUBLIC_UNDER)


def fill(text: str, things: dict[str, str]) -> str:
    return re.sub(r"\$(\w+)", lambda found: things[found[1]], text)


def body_of(door: Door, things: dict[str, str]) -> dict[str, Any]:
    def filled(value: Any) -> Any:
        if isinstance(value, list):
            return [filled(each) for each in value]
        return fill(value, things) if isinstance(value, str) else value

    return {name: filled(value) for name, value in door.body.items()}


def address(door: Door, things: dict[str, str]) -> str:
    own = {"ticket": things["ticket"]}
    path = re.sub(r"\{(\w+)\}", lambda found: own.get(found[1]) or things[door.on or "nothing"], door.path)
    return path + fill(door.query, things)


def knock(desk: RoleDesk, who: Standing, door: Door, things: dict[str, str]) -> httpx.Response:
    path, body = address(door, things), body_of(door, things)
    if door.file:
        token, csrf = desk.tokens[who]
        headers = (
            {"authorization": f"Bearer {token}"}
            if path.startswith("/api/")
            else {"cookie": f"yingsheng_session={token}"}
        )
        headers["x-csrf-token"] = csrf
        return desk.client.post(path, files={"file": ("list.csv", door.file)}, headers=headers)
    way = desk.send if path.startswith("/api/") else desk.submit
    return way(who, door.method, path, None if door.method == "GET" else body)


def told(answer: httpx.Response) -> str:
    """The sentence of a problem document or of a page that is one."""
    if answer.headers.get("content-type", "").startswith("text/html"):
        found = re.search(r'class="alone">.*?<p[^>]*>(.*?)</p>|class="problem"[^>]*>(.*?)<', answer.text, re.DOTALL)
        return (found[1] or found[2] or "").strip() if found else ""
    return answer.text[:200]
