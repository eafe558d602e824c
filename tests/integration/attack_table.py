"""The routes as one who attacks sees them: each with its fields, filled with real things or with hostile values.

Everything is read from the application's own table, so a new route is attacked from the day it is there. Where its
path names something that ``role_duties`` does not know, ``KEYS`` says what is put there; without a word about it the
route is asked with a key that names nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from district.process import Role
from tests.integration.role_desk import RoleDesk
from tests.integration.role_doors import Door, Duty
from tests.integration.role_routes import ROWS, TRIED, fill, is_public, written_out
from tests.integration.role_rules import OF_A_UNIT, Place, Standing

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ENDLESS = re.compile(r"/(live|events)$")
"""A stream of events has no end: what refuses it is tried in test_live_talks and test_live_calls."""
ADMINISTRATOR, SUPERVISOR, AGENT, EDITOR, AUDITOR = (
    Standing(each) for each in (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.AGENT, Role.KNOWLEDGE_EDITOR, Role.AUDITOR)
)
LEAD, STRANGER = Standing(Role.UNIT_LEAD, Place.LEAD), Standing(Role.UNIT_OFFICER, Place.STRANGER)
KEYS = {
    "/q/{code}": "code",
    "/articles/{key}": "article",
    "/api/v1/articles/{key}": "article",
    "/knowledge/{key}": "article",
    "/day-notices/{key}": "day_notice",
    "/api/v1/day-notices/{key}": "day_notice",
}
"""By the beginning of a path: the thing that its first key names, where no row of ``role_duties`` says it."""
CONVERSIONS = {"kind": "json", "form": "csv", "number": "1"}
"""What stands in a path beside keys."""


@dataclass(frozen=True)
class Route:
    """One method of one path. ``fields`` are the declared names of its form or its JSON, ``query`` of its address."""

    method: str
    path: str
    module: str
    query: tuple[str, ...]
    fields: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_page(self) -> bool:
        return not self.path.startswith(("/api/", "/channels/", "/health/", "/open311/"))

    @property
    def is_endless(self) -> bool:
        is_live = self.module.rsplit(".", 1)[-1].startswith("live")  # /events lists mass events and ends
        return self.method == "GET" and is_live and ENDLESS.search(self.path) is not None

    @property
    def keys(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)

    @property
    def row(self) -> tuple[Duty, Door] | None:
        return ROWS.get(self.name)


def table(app: FastAPI) -> list[Route]:
    """All routes, each act of a path by itself; without mounted folders and the description of the interface."""
    return [
        Route(method, path, each.endpoint.__module__, *_fields(each.dependant))
        for each in iter_route_contexts(app.routes)
        if each.endpoint is not None and hasattr(each, "dependant")
        for method in sorted(set(each.methods or ()) - {"HEAD"})
        for path in written_out(str(each.path), each.endpoint)
    ]


def _fields(dependant: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    query, body = [each.alias for each in dependant.query_params], [each.alias for each in dependant.body_params]
    for below in map(_fields, dependant.dependencies):
        query += below[0]
        body += below[1]
    return tuple(query), tuple(body)


def who_may(route: Route) -> Standing | None:
    """Somebody whom the route is for; None where anybody may."""
    if is_public(route.path):
        return None
    if route.row is None or route.row[0].roles is None:
        return (
            EDITOR if "article" in route.module or "gaps" in route.module or "notices" in route.module else SUPERVISOR
        )
    roles = route.row[0].roles
    return next((each for each in TRIED if each.role in roles and _stands_well(each)), SUPERVISOR)


def _stands_well(who: Standing) -> bool:
    return who.role not in OF_A_UNIT or who.place is Place.LEAD


def address(route: Route, things: Mapping[str, str], **instead: str) -> str:
    """The route's path with what it names, or with values ``instead``; with what its row asks in the address."""
    door = route.row[1] if route.row else None
    first = (door.on if door else "") or next(
        (name for begin, name in KEYS.items() if route.path.startswith(begin)), "nothing"
    )
    known = {"ticket": things["ticket"]} | CONVERSIONS

    def put(found: re.Match[str]) -> str:
        name = found[1]
        return instead.get(name) or known.get(name) or things.get(first, things["nothing"])

    path = re.sub(r"\{(\w+)\}", put, route.path)
    return path + (fill(door.query, dict(things)) if door and not instead else "")


def ask(
    desk: RoleDesk,
    who: Standing | None,
    route: Route,
    path: str,
    *,
    given: Mapping[str, Any] | None = None,
    csrf: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """Ask as a browser does for a page, as a script else. ``csrf`` instead of the page's own token; "" for none."""
    token, own = desk.tokens[who] if who else ("", "")
    sent = dict(headers or {})
    if route.is_page:
        sent |= {"cookie": f"yingsheng_session={token}"} if who else {}
        data = None if route.method == "GET" else {**(given or {}), "csrf": own if csrf is None else csrf}
        return desk.client.request(route.method, path, data=data, headers=sent)
    sent |= {"authorization": f"Bearer {token}"} if who else {}
    body = None if route.method == "GET" else dict(given or {})
    return desk.client.request(route.method, path, json=body, headers=sent)
