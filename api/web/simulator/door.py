"""What a door of the simulator is, and what its modules share: who plays, and how the desk's real routes are called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends, Form, Header, Query, Request
from fastapi.responses import HTMLResponse

from api.auth import maybe_visitor
from api.demo.residents import ACCOUNT, Person, person_of
from api.desk import Desk
from api.errors import Forbidden, NotFound
from api.web import render
from channels.message import Account


@dataclass(frozen=True, slots=True)
class Door:
    """One way to the desk. ``key`` stands in its address, ``lead`` says what really happens there.

    ``template`` is its part of the page, filled with what ``values`` reads; ``router`` serves what is done there.
    ``channel`` and ``account`` say which tickets came by it; with ``own`` only the player's are shown.
    """

    key: str
    label: str
    lead: str
    channel: str
    template: str
    values: Callable[[Desk, Person], Mapping[str, Any]]
    router: APIRouter
    account: str = ACCOUNT
    own: bool = True
    wide: bool = False
    """The door needs the room; else it is a phone's width."""


def _from_the_page(request: Annotated[str, Header(alias="hx-request")] = "") -> None:
    if request != "true":
        raise Forbidden("请从居民模拟器页面操作")


ACTS = [Depends(_from_the_page)]
"""Only our own page can set this header: no other site may write in a resident's name."""


def _playing(person: Annotated[str, Query(max_length=20)] = "") -> Person:
    return person_of(person)


def _acting(person: Annotated[str, Form(max_length=20)] = "") -> Person:
    return person_of(person)


Playing = Annotated[Person, Depends(_playing)]
"""Who looks, by the address."""

Acting = Annotated[Person, Depends(_acting)]
"""Who acts, by the form."""


async def fragment(request: Request, template: str, **values: Any) -> HTMLResponse:
    """A piece of the simulator's page."""
    shown = render.shared(request) | {"who": await maybe_visitor(request)} | values
    shown["states"] = shown["district"].workflow.ticket.states
    return HTMLResponse(render.fragment(f"simulator/{template}", **shown))


def demo_account(desk: Desk, channel: str, name: str = ACCOUNT) -> Account:
    """The demo's account of a channel. Raises ``NotFound``."""
    account = desk.account(channel, name)
    if account is None:
        raise NotFound("没有这个渠道的演示账号")
    return account


def calling(request: Request) -> httpx.AsyncClient:
    """A client that calls this desk's own routes as a platform would, without a socket; what fails there is raised."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=request.app), base_url="http://desk", timeout=30)


def said_by(answer: httpx.Response) -> str:
    """What a refusal says, in its own words; empty for a success."""
    if answer.is_success:
        return ""
    try:
        told = answer.json()
        return str(told.get("detail") or "没有办成")
    except (ValueError, AttributeError):
        return f"没有办成（{answer.status_code}）"
