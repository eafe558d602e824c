"""Hostile words that were stored are words on every page and in every file: no element, no address, no formula."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]

from api.app import create_app
from tests.integration.attack_table import AGENT, AUDITOR, LEAD, SAFE, Route, address, ask, table, who_may
from tests.integration.planted_attacks import BREAKING, LEADING, MARK, bring_more, columns, plant
from tests.integration.role_desk import RoleDesk, role_desk
from tests.integration.role_things import things

__all__ = ["role_desk", "things"]

pytestmark = pytest.mark.xdist_group("stored-attacks")  # one desk for all of them

READERS = (AGENT, LEAD, AUDITOR)
"""Who reads with whom the page is for: one who sees people as they are, one of a unit, one who sees them masked."""
ADDRESSES = frozenset({"href", "src", "action", "formaction", "data", "poster", "xlink:href", "srcdoc", "ping"})
FORMULAS = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "=cmd|'/c x'!A1",
)


class Looked(HTMLParser):
    """A page as a browser builds it; ``faults`` are what a stored text has made."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if MARK in tag or any(MARK in name or name.startswith("on") for name in given):
            self.faults.append(f"an element of a text: <{tag} {sorted(given)[:5]}>")
        if tag in ("iframe", "object", "embed", "base") or "style" in given or "srcdoc" in given:
            self.faults.append(f"<{tag}> or a style")
        if tag == "script" and not (given.get("src") or "").startswith("/static/"):
            self.faults.append("a script in the page")
        for name, value in attrs:
            address_ = re.sub(r"[\x00-\x20]", "", value or "").lower()
            if (name in ADDRESSES or name.startswith("hx-")) and re.match(r"(javascript|vbscript|data):", address_):
                self.faults.append(f"{name}={address_[:40]}")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def look(text: str) -> Looked:
    seen = Looked()
    seen.feed(text)
    seen.close()
    if "1337" in text:
        seen.faults.append("a template in a text was computed")
    return seen


@pytest.fixture(scope="module")
def attacked(role_desk: RoleDesk, things: dict[str, str]) -> dict[str, str]:
    """The desk with what else is shown; the words are planted by each test."""
    with role_desk.desk.database.write.begin() as session:
        more = bring_more(session, role_desk, things)
    role_desk.keep()
    return things | more


def readable(desk: RoleDesk) -> list[Route]:
    return [each for each in table(create_app(desk.desk)) if each.method == "GET" and not each.is_endless]


@pytest.mark.parametrize("words", [BREAKING, LEADING], ids=["breaking", "leading"])
def test_no_stored_word_becomes_a_part_of_a_page(role_desk: RoleDesk, attacked: dict[str, str], words: str) -> None:
    plant(role_desk, words)
    wrong, shown = [], 0
    for route in readable(role_desk):
        if not route.is_page:
            continue
        own = who_may(route)
        readers = {own, *(READERS if words is BREAKING else (AGENT,))} if own else {None}
        for who in readers:
            answer = ask(role_desk, who, route, address(route, attacked))
            if answer.status_code >= 500:
                wrong.append(f"{route.name} as {who}: {answer.status_code}")
            if not answer.headers.get("content-type", "").startswith("text/html") or not answer.is_success:
                continue
            seen = look(answer.text)
            shown += MARK in "".join(seen.words)
            wrong += [f"{route.name} as {who}: {each}" for each in seen.faults]
    role_desk.put_back()
    assert shown > 40, "the words are on no page: nothing was tried"
    assert not wrong, "\n".join(wrong)


def test_what_a_form_says_again_is_no_part_of_the_page(role_desk: RoleDesk, attacked: dict[str, str]) -> None:
    """Words of an address or a form that is refused come back as words."""
    wrong = []
    for route in table(create_app(role_desk.desk)):
        if not route.is_page or route.is_endless or route.path.startswith("/simulator"):
            continue
        who, path = who_may(route), address(route, attacked).split("?")[0]
        headers = {"cookie": f"yingsheng_session={role_desk.tokens[who][0]}"} if who else {}
        for words in (BREAKING[:100], LEADING) if route.method == "GET" else (LEADING,):
            query = dict.fromkeys(route.query, words)
            form = dict.fromkeys((*route.fields, "text", "q", "title", "back"), words)
            form["csrf"] = role_desk.tokens[who][1] if who else ""
            data = None if route.method in SAFE else form
            answer = role_desk.client.request(route.method, path, params=query, data=data, headers=headers)
            wrong += [f"{route.name}: {each}" for each in faults(answer)]
    role_desk.put_back()
    assert not wrong, "\n".join(wrong)


def faults(answer: httpx.Response) -> list[str]:
    """What is wrong with an answer; that a file is not on the disk, here none is, is said in words."""
    broken = answer.status_code >= 500 and "不在磁盘上" not in answer.text
    found = [f"{answer.status_code}"] if broken else []
    if answer.headers.get("content-type", "").startswith("text/html"):
        found += look(answer.text).faults
    return found


def test_what_is_json_says_that_it_is(role_desk: RoleDesk, attacked: dict[str, str]) -> None:
    plant(role_desk, BREAKING)
    wrong, held = [], 0
    for route in readable(role_desk):
        if route.is_page or "attachments" in route.path or route.path == "/health/ready":
            continue
        answer = ask(role_desk, who_may(route), route, address(route, attacked))
        kind = answer.headers.get("content-type", "").split(";")[0]
        if kind == "text/html" or answer.status_code >= 500:
            wrong.append(f"{route.name}: {kind}, {answer.status_code}")
        if kind in ("application/json", "application/problem+json"):
            held += MARK in json.dumps(answer.json())
    role_desk.put_back()
    assert held > 10, "the words are in no answer: nothing was tried"
    assert not wrong, "\n".join(wrong)


def test_no_stored_word_becomes_a_formula(role_desk: RoleDesk, attacked: dict[str, str]) -> None:
    wrong, files = [], 0
    routes = [each for each in readable(role_desk) if re.search(r"csv|xlsx|\{form\}", each.path)]
    for words in FORMULAS:
        plant(role_desk, words)
        for route in routes:
            for form in ("csv", "xlsx") if "{form}" in route.path else ("",):
                path = address(route, attacked, **({"form": form} if form else {}))
                answer = ask(role_desk, who_may(route), route, path)
                if answer.is_success:
                    files += 1
                    wrong += [f"{path}: {each!r}" for each in formulas(answer)]
    role_desk.put_back()
    assert files > 5 * len(FORMULAS), "there are no files: nothing was tried"
    assert not wrong, "\n".join(wrong)


def formulas(answer: httpx.Response) -> list[Any]:
    """Cells that a spreadsheet would compute."""
    if "spreadsheetml" in answer.headers["content-type"]:
        sheets = load_workbook(io.BytesIO(answer.content)).worksheets
        return [cell.value for sheet in sheets for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    dangerous = re.compile(r"\s*[=+\-@＝]")
    return [cell for row in rows for cell in row if dangerous.match(cell) and not re.fullmatch(r"-?[\d.,]+%?", cell)]


def test_every_column_of_words_is_attacked() -> None:
    """Else a renamed table would be left out in silence."""
    found = set(columns())
    assert {("tickets", "text"), ("residents", "name"), ("articles", "body"), ("users", "name")} <= found
    assert len(found) > 60
