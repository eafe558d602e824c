"""What is printed, logged or answered holds no secret; what does not fit is told field by field, in Chinese."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Form
from pydantic import SecretStr, ValidationError

from api import errors
from api.cli.settings import masked
from api.routes.cases import CaseMove
from api.settings import Settings
from casework.tables import Request, Step, Ticket
from channels.message import Account

ACCOUNTS: dict[str, Any] = {"mailbox": {"main": {"smtp_password": "hunter2", "proxy": "u:hunter2@proxy.example:1"}}}


def test_neither_settings_nor_an_account_show_secrets_in_their_repr() -> None:
    settings = Settings(accounts=ACCOUNTS, _env_file=None)  # type: ignore[call-arg]
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in repr(Account("mailbox", "main", ACCOUNTS["mailbox"]["main"]))


def test_settings_that_do_not_fit_are_told_without_their_values() -> None:
    with pytest.raises(ValidationError) as problem:
        Settings(accounts={"mailbox": "hunter2"}, _env_file=None)  # type: ignore[call-arg, arg-type]
    assert "hunter2" not in str(problem.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("proxy", "http://u:hunter2@proxy.example:3128"),
        ("proxy", "u:hunter2@proxy.example:3128"),
        ("api_base", "https://u:hunter2@api.example/x"),
        ("database_url", SecretStr("postgresql+psycopg://u:hunter2@db.example/y")),
        ("smtp_password", "hunter2"),
        ("accounts", ACCOUNTS),
        ("mirrors", ["https://u:hunter2@one.example"]),
    ],
)
def test_the_list_of_settings_hides_every_password(name: str, value: Any) -> None:
    assert "hunter2" not in str(masked(value, name))


def test_the_list_of_settings_shows_what_is_no_secret() -> None:
    assert masked("http://127.0.0.1:8000", "public_url") == "http://127.0.0.1:8000"
    assert masked({"address": "mayor@example.com", "smtp_port": 465}) == {
        "address": "mayor@example.com",
        "smtp_port": 465,
    }


def test_a_reason_that_is_taken_fits_its_column() -> None:
    taken = next(each.max_length for each in CaseMove.model_fields["reason"].metadata)
    for column in (Request.__table__.c.reason, Step.__table__.c.reason, Ticket.__table__.c.close_reason):
        assert taken <= column.type.length


def post(path: str, **given: Any) -> httpx.Response:
    """Ask an application that answers errors as the desk does."""
    app = FastAPI()
    errors.install(app)

    @app.post("/form")
    async def form(reason: Annotated[str, Form(max_length=40)]) -> str:
        return reason

    @app.post("/json")
    async def document(given: CaseMove) -> str:
        return given.reason

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as client:
            return await client.post(path, **given)

    return asyncio.run(ask())


def test_a_field_too_long_is_told_in_chinese_without_what_was_given() -> None:
    for answer in (post("/form", data={"reason": "住址" * 30}), post("/json", json={"reason": "住址" * 30})):
        assert answer.status_code == 422
        assert answer.json()["detail"] == "请求内容不符合要求：原因最多 40 个字"
        assert "住址" not in answer.text


def test_what_is_missing_or_no_json_is_told() -> None:
    assert post("/form", data={}).json()["detail"].endswith("原因没有填写")
    broken = post("/json", content=b"{", headers={"content-type": "application/json"})
    assert "不是有效的 JSON" in json.dumps(broken.json(), ensure_ascii=False)
