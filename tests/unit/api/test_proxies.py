"""Where a request is from: what the connection says, and what a proxy says only if the desk trusts that proxy."""

from __future__ import annotations

import asyncio

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from pydantic import ValidationError

from api.cli.serving import server_options
from api.settings import Settings


def settings(**given: str) -> Settings:
    return Settings(_env_file=None, **given)  # type: ignore[call-arg, arg-type]


def seen(chosen: Settings, peer: str) -> str:
    """The address that the desk counts by, of a request that claims to be from elsewhere."""
    app = FastAPI()

    @app.get("/")
    async def address(request: Request) -> str:
        return request.client.host if request.client else ""

    config = uvicorn.Config(app, **server_options(chosen))
    config.load()

    async def ask() -> str:
        transport = httpx.ASGITransport(config.loaded_app, client=(peer, 1))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            told: str = (await client.get("/", headers={"x-forwarded-for": "203.0.113.9"})).json()
            return told

    return asyncio.run(ask())


def test_a_forwarded_address_is_believed_from_no_one_unless_the_desk_says_from_whom() -> None:
    assert seen(settings(), "127.0.0.1") == "127.0.0.1"
    trusting = settings(trusted_proxies="10.0.0.0/8, 127.0.0.1")
    assert seen(trusting, "127.0.0.1") == seen(trusting, "10.2.3.4") == "203.0.113.9"
    assert seen(trusting, "192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize("given", ["*", "proxy", "10.0.0.0/99"])
def test_whom_to_trust_is_an_address_or_a_network(given: str) -> None:
    with pytest.raises(ValidationError, match="不是 IP 地址或网段"):
        settings(trusted_proxies=given)
