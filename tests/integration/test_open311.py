"""Open311 GeoReport v2, as a client that knows only the specification meets it."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import appeals
from api.app import create_app
from api.brake import Brake
from api.desk import Desk
from api.settings import Settings
from api.standins.background import BackgroundServer

KEY = "open311-test-key"
ACCOUNTS = {"web": {"open311": {"api_keys": ["another-key", KEY], "jurisdiction_id": "yuquan.example"}}}
HERE = {"jurisdiction_id": "yuquan.example"}
WORDS = "路口的井盖松了，车一过就响"


class Client:
    def __init__(self, url: str) -> None:
        self._url = f"{url}/open311/v2"

    def get(self, path: str, **query: str) -> httpx.Response:
        return httpx.get(f"{self._url}/{path}", params=HERE | query, timeout=30)

    def listed(self, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("requests.json", api_key=KEY, **query).json()
        return found

    def report(self, kind: str = "json", **form: str) -> httpx.Response:
        return httpx.post(f"{self._url}/requests.{kind}", data=HERE | form, timeout=30)

    def reported(self, **form: str) -> str:
        answer = self.report(api_key=KEY, **(self.asked() | form))
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["service_request_id"])

    def asked(self) -> dict[str, str]:
        code = self.get("services.json").json()[0]["service_code"]
        return {"service_code": code, "lat": "39.9", "long": "116.3", "description": WORDS}


@pytest.fixture(scope="module")
def client(set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = Path(shutil.copytree(set_up_home, tmp_path_factory.mktemp("open311") / "home"))
    desk = Desk(Settings(home=home, accounts=ACCOUNTS, _env_file=None))  # type: ignore[call-arg]
    with BackgroundServer(create_app(desk), lifespan="on") as server:
        yield Client(server.url)


@pytest.fixture(autouse=True)
def unbraked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appeals, "_brake", Brake())


def test_services_are_listed_in_both_formats_alike(client: Client) -> None:
    as_json = client.get("services.json").json()
    root = ET.fromstring(client.get("services.xml").content)
    assert root.tag == "services"
    assert [each.findtext("service_code") for each in root.iter("service")] == [one["service_code"] for one in as_json]
    assert len(as_json) >= 400
    assert as_json[0]["metadata"] is False
    assert root.findtext("service/metadata") == "false"


def test_a_request_is_reported_found_by_its_token_and_followed(client: Client) -> None:
    answer = client.report("xml", api_key=KEY, **client.asked(), phone="13800138031", address_string="光明路口")
    assert answer.status_code == 201
    assert answer.headers["content-type"].startswith("text/xml")
    key = ET.fromstring(answer.content).findtext("request/service_request_id")
    assert key
    assert client.get(f"tokens/{key}.json", api_key=KEY).json() == [{"service_request_id": key, "token": key}]
    (one,) = client.get(f"requests/{key}.json", api_key=KEY).json()
    assert (one["status"], one["address"], one["lat"], one["long"]) == ("open", "光明路口", 39.9, 116.3)
    assert WORDS in one["description"]
    assert key in [each["service_request_id"] for each in client.listed(status="open")]
    assert key not in [each["service_request_id"] for each in client.listed(status="closed")]


def test_without_a_key_a_request_is_followed_by_its_number_and_none_of_its_words_are_told(client: Client) -> None:
    key = client.reported(address_string="光明路口", phone="13800138031")
    (one,) = client.get(f"requests/{key}.json").json()
    assert (one["service_request_id"], one["status"]) == (key, "open")
    told = client.get(f"requests/{key}.xml").text
    assert WORDS not in told
    assert "光明路口" not in told
    assert "39.9" not in told
    refused = client.get("requests.json")
    assert refused.status_code == 400, "a list is for who has a key"
    assert client.get(f"requests/{key}.json", api_key="wrong").status_code == 403


def test_several_requests_are_asked_for_by_their_ids(client: Client) -> None:
    keys = {client.reported(description=f"{WORDS}，第{number}处") for number in range(2)}
    client.reported(description="不问的那一处")
    assert {each["service_request_id"] for each in client.listed(service_request_id=",".join(keys))} == keys


def test_attributes_and_media_of_other_programs_are_kept_as_words(client: Client) -> None:
    key = client.reported(**{"attribute[asset]": "灯杆 17", "media_url": "https://example.com/1.jpg"})
    (one,) = client.listed(service_request_id=key)
    assert "asset：灯杆 17" in one["description"]
    assert "https://example.com/1.jpg" in one["description"]


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"api_key": ""}, 400, "缺少 api_key"),
        ({"api_key": "wrong"}, 403, "api_key 无效"),
        ({"service_code": ""}, 400, "缺少 service_code"),
        ({"service_code": "999999"}, 404, "没有服务 999999"),
        ({"lat": "", "long": ""}, 400, "缺少地点"),
        ({"lat": "north"}, 400, "lat 不是数"),
        ({"lat": "nan"}, 400, ""),
        ({"lat": "91"}, 400, "lat"),
        ({"phone": "12"}, 400, "phone"),
        ({"email": "nobody"}, 400, "email"),
        ({"jurisdiction_id": ""}, 400, "缺少 jurisdiction_id"),
        ({"jurisdiction_id": "elsewhere.example"}, 404, "不是本区的"),
    ],
)
def test_a_request_that_cannot_be_taken_is_refused_as_the_specification_says(
    client: Client, changed: dict[str, str], status: int, said: str
) -> None:
    answer = client.report("xml", **(client.asked() | {"api_key": KEY} | changed))
    assert answer.status_code == status, answer.text
    error = ET.fromstring(answer.content)
    assert error.tag == "errors"
    assert error.findtext("error/code") == str(status)
    assert said in (error.findtext("error/description") or "")


def test_requests_are_listed_with_a_key_only(client: Client) -> None:
    key = client.reported()
    for query in ({}, {"status": "open"}, {"service_request_id": ""}):
        answer = client.get("requests.json", **query)
        assert answer.status_code == 400
        assert key not in answer.text


def test_a_request_nobody_made_is_not_found(client: Client) -> None:
    assert client.get("requests/0000.json", api_key=KEY).status_code == 404


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"status": "half"}, "status"),
        ({"start_date": "yesterday"}, "start_date"),
        ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"}, "90 天"),
        ({"start_date": "2026-03-02T00:00:00Z", "end_date": "2026-03-01T00:00:00Z"}, "90 天"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(client: Client, asked: dict[str, str], said: str) -> None:
    answer = client.get("requests.json", api_key=KEY, **asked)
    assert answer.status_code == 400
    assert said in answer.json()[0]["description"]


def test_a_span_of_dates_is_kept(client: Client) -> None:
    client.reported()
    assert client.listed(start_date="2020-01-01T00:00:00Z", end_date="2020-02-01T00:00:00+08:00") == []
