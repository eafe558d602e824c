"""Addresses and fields that no page of ours would send: every route answers in words, with no file and no fault.

Each key and each form is tried with a few of the values, in turn, so that all routes see some and all values are seen;
``YINGSHENG_ATTACKS=99`` tries every one everywhere, which takes minutes.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import httpx
import pytest

from api.app import create_app
from tests.integration.attack_table import SUPERVISOR, Route, address, ask, table, who_may
from tests.integration.role_desk import RoleDesk, role_desk
from tests.integration.role_things import things

__all__ = ["role_desk", "things"]

pytestmark = [pytest.mark.timeout(1800), pytest.mark.xdist_group("hostile-addresses")]  # one desk for all of them
MANY = int(os.environ.get("YINGSHENG_ATTACKS", "3"))
"""Values that one key or form is tried with."""
LONGEST = 1500
"""Characters of one value in an address: a server takes no longer line than 64 kB."""

IN_A_PATH = (
    "..",
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cwindows",
    "%00",
    "a%00.pdf",
    "%c0%af",
    "%ff%fe",
    "%ed%a0%80",
    "%e2%80%ae",
    "x" * 4000,
    "0",
    "-1",
    "9" * 40,
    "'%20OR%201=1--",
    "%25s%25n",
    "{key}",
    "null",
)
"""Spelt as they stand in an address."""
IN_A_FIELD = (
    "\0",
    "\ud800",
    "长" * 20_000,
    "-1",
    "9" * 60,
    "1e400",
    "NaN",
    "' OR 1=1 --",
    "%' AND 1=1 /*",
    "../../etc/passwd",
    "2026-02-30",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01",
    "true\r\nx: y",
    "\u202e\u2066\ufeff",
    "[]",
)
OF_THE_MACHINE = re.compile(r"root:x:0:0|Traceback \(most recent|sqlalchemy\.exc|/site-packages/")


class Turn:
    """Gives the next few values, going round."""

    def __init__(self, values: Sequence[str]) -> None:
        self._many = min(MANY, len(values))
        self._going = itertools.cycle(values)

    def few(self) -> list[str]:
        return list(itertools.islice(self._going, self._many))


@pytest.fixture(scope="module")
def routes(role_desk: RoleDesk) -> list[Route]:
    found = table(create_app(role_desk.desk))
    return [each for each in found if not each.is_endless and not each.path.startswith("/simulator")]


@pytest.fixture(autouse=True)
def _as_it_was(role_desk: RoleDesk, things: dict[str, str]) -> Iterator[None]:
    del things
    yield
    role_desk.put_back()


def fault(answer: httpx.Response) -> str:
    """What is wrong with an answer to such a request."""
    if answer.status_code >= 500 and "不在磁盘上" not in answer.text and answer.status_code != 503:
        return f"{answer.status_code}"
    if OF_THE_MACHINE.search(answer.text):
        return f"it tells of the machine: {OF_THE_MACHINE.search(answer.text)}"
    return ""


def test_a_key_that_is_none_finds_nothing_and_no_file(
    role_desk: RoleDesk, things: dict[str, str], routes: list[Route]
) -> None:
    """Each in the place of each key: words and no fault; what is not a key is on no page."""
    wrong, tried, turn = [], 0, Turn(IN_A_PATH)
    for route in routes:
        for name in route.keys:
            for words in turn.few():
                answer = ask(role_desk, who_may(route), route, address(route, things, **{name: words}))
                tried += 1
                if found := fault(answer):
                    wrong.append(f"{route.name} with {name}={words[:40]}: {found}")
    assert tried > 500
    assert not wrong, "\n".join(wrong)


def test_a_hostile_value_in_an_address_is_answered_in_words(
    role_desk: RoleDesk, things: dict[str, str], routes: list[Route]
) -> None:
    wrong, turn = [], Turn(IN_A_FIELD)
    for route in routes:
        if not route.query:
            continue
        path = address(route, things).split("?")[0]
        ways = [route.query, *((name,) for name in route.query)]  # one that is refused hides what comes after it
        for names in ways:
            for words in turn.few():
                spelt = quote(words.encode("utf-8", "surrogatepass"))[:LONGEST]
                asked = "&".join(f"{name}={spelt}" for name in names)
                answer = ask(role_desk, who_may(route), route, f"{path}?{asked}")
                if found := fault(answer):
                    wrong.append(f"{route.name}?{'&'.join(names)} with {words[:30]!a}: {found}")
    assert not wrong, "\n".join(wrong)


def test_a_hostile_value_in_a_form_is_answered_in_words(
    role_desk: RoleDesk, things: dict[str, str], routes: list[Route]
) -> None:
    wrong, turn = [], Turn(IN_A_FIELD)
    for route in routes:
        if route.method == "GET" or not route.is_page:
            continue
        names = (*route.fields, "text", "reason", "unit", "review_date", "back")
        who = who_may(route)
        token, csrf = role_desk.tokens[who or SUPERVISOR]
        headers = {
            "cookie": f"yingsheng_session={token}" if who else "",
            "content-type": "application/x-www-form-urlencoded",
        }
        for words in turn.few():
            spelt = quote(words.encode("utf-8", "surrogatepass"))
            body = "&".join((*(f"{name}={spelt}" for name in names), f"csrf={quote(csrf)}"))
            path = address(route, things).split("?")[0]
            answer = role_desk.client.request(route.method, path, content=body, headers=headers)
            if found := fault(answer):
                wrong.append(f"{route.name} with {words[:30]!a}: {found}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("shape", ["[]", "null", '"text"', "1", "{", "{}", "\xff", '{"a":' * 500 + "1" + "}" * 500])
def test_a_body_of_another_shape_is_answered_in_words(
    role_desk: RoleDesk, things: dict[str, str], routes: list[Route], shape: str
) -> None:
    wrong = []
    for route in routes:
        if route.method == "GET" or route.is_page:
            continue
        who = who_may(route)
        headers = {"content-type": "application/json"}
        headers |= {"authorization": f"Bearer {role_desk.tokens[who][0]}"} if who else {}
        body = shape.encode("latin-1")
        answer = role_desk.client.request(route.method, address(route, things), content=body, headers=headers)
        if found := fault(answer):
            wrong.append(f"{route.name} with {shape[:20]!a}: {found}")
    assert not wrong, "\n".join(wrong)


def test_a_form_that_is_broken_is_answered_in_words(
    role_desk: RoleDesk, things: dict[str, str], routes: list[Route]
) -> None:
    """A multipart body that ends too soon, names no boundary, or is not what it says."""
    wrong = []
    bodies = (
        (b"--x\r\ncontent-disposition: form-data; name=text\r\n\r\nabc", "multipart/form-data; boundary=x"),
        (b"abc", "multipart/form-data"),
        (b"\xff\xfe=%zz&&&===", "application/x-www-form-urlencoded"),
        (b"{}", "multipart/form-data; boundary=" + "y" * 300),
    )
    for route in routes:
        if route.method == "GET" or not route.is_page:
            continue
        who = who_may(route)
        token, csrf = role_desk.tokens[who or SUPERVISOR]
        for body, kind in bodies:
            headers = {"cookie": f"yingsheng_session={token}", "content-type": kind, "x-csrf-token": csrf}
            answer = role_desk.client.request(route.method, address(route, things), content=body, headers=headers)
            if found := fault(answer):
                wrong.append(f"{route.name} with {kind[:40]}: {found}")
    assert not wrong, "\n".join(wrong)
