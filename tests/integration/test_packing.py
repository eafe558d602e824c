"""What a page moves: answers are packed for who takes it, and a file that has not changed is asked for once."""

from __future__ import annotations

import gzip
import re

import httpx
import pytest

from api.packing import LEAST, gzipped
from api.web.static_files import FOLDER, FOR_EVER, TOGETHER, hashed
from tests.integration.role_desk import RoleDesk, role_desk

__all__ = ["role_desk"]

pytestmark = pytest.mark.xdist_group("packing")  # one desk for all of them


def get(desk: RoleDesk, path: str, **headers: str) -> httpx.Response:
    with desk.client.stream(
        "GET", path, headers={name.replace("_", "-"): each for name, each in headers.items()}
    ) as it:
        it.raw = b"".join(it.iter_raw())  # type: ignore[attr-defined]
        return it


def raw(answer: httpx.Response) -> bytes:
    return bytes(answer.raw)  # type: ignore[attr-defined]


def test_a_page_is_packed_for_who_takes_it_and_the_same_for_who_does_not(role_desk: RoleDesk) -> None:
    packed = get(role_desk, "/appeal", accept_encoding="br, gzip")
    plain = get(role_desk, "/appeal", accept_encoding="identity")
    refused = get(role_desk, "/appeal", accept_encoding="gzip;q=0")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert "content-encoding" not in refused.headers
    assert {each.headers["vary"] for each in (packed, plain, refused)} == {"accept-encoding"}
    assert len(raw(packed)) == int(packed.headers["content-length"])
    assert re.sub(rb'value="[^"]*"', b"", gzip.decompress(raw(packed))) == re.sub(rb'value="[^"]*"', b"", raw(plain))


def test_the_same_words_are_not_always_of_one_length() -> None:
    """Else one who makes a page repeat a guess beside a secret would see by the length whether it was right."""
    text = b"a page with a token" * 100
    lengths = {len(gzipped(text)) for _ in range(30)}
    assert len(lengths) > 5
    assert gzip.decompress(gzipped(text)) == text


def test_what_is_short_goes_as_it_is(role_desk: RoleDesk) -> None:
    answer = get(role_desk, "/health/live", accept_encoding="gzip")
    assert "content-encoding" not in answer.headers
    assert len(raw(answer)) < LEAST


def test_a_files_address_in_a_page_may_be_kept_for_ever_and_another_is_asked_about(role_desk: RoleDesk) -> None:
    page = role_desk.client.get("/login").text
    found = re.search(r'href="(/static/desk\.css\?v=[0-9a-f]+)"', page)
    assert found is not None
    own = role_desk.client.get(found[1])
    assert "immutable" in own.headers["cache-control"]
    for other in ("/static/desk.css", "/static/desk.css?v=0000"):
        answer = role_desk.client.get(other)
        assert answer.headers["cache-control"] == "no-cache"
        again = role_desk.client.get(other, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", TOGETHER)
def test_scripts_that_go_together_are_one_file_in_their_order_kept_for_ever(role_desk: RoleDesk, name: str) -> None:
    answer = role_desk.client.get(f"/static/{name}")
    assert answer.headers["content-type"].startswith("text/javascript")
    rest = answer.text
    for part in TOGETHER[name]:
        written = (FOLDER / part).read_text("utf-8")
        before, found, rest = rest.partition(written)
        assert (before.strip(), found) == ("", written)
    assert not rest.strip()
    address = hashed(f'"/static/{name}"').strip('"')
    own = role_desk.client.get(address)
    assert (own.text, own.headers["cache-control"]) == (answer.text, FOR_EVER)


@pytest.mark.parametrize(
    "path", ["/static/../pages.py", "/static/%2e%2e/pages.py", "/static/..%2fpages.py", "/static/"]
)
def test_nothing_but_the_files_is_served(role_desk: RoleDesk, path: str) -> None:
    assert role_desk.client.get(path).status_code in (404, 405)


def test_a_stream_of_events_is_not_held_back(role_desk: RoleDesk) -> None:
    who = next(each for each in role_desk.tokens if str(each.role) == "dispatcher")
    cookie = f"yingsheng_session={role_desk.tokens[who][0]}"
    headers = {"cookie": cookie, "accept-encoding": "gzip"}
    with role_desk.client.stream("GET", "/conversations/live", headers=headers, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in answer.headers
        assert next(answer.iter_raw())
