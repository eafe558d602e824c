"""Members of staff who work by the API, as a script or another system would."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

from api.setting_up import DEMO_PASSWORD

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], *, within: float = 30.0, what: str = "it") -> Found:
    """What ``look`` finds, as soon as it finds something; fails after ``within`` seconds."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come within {within:.0f} s")


class Staff:
    """One signed-in member of staff."""

    def __init__(self, url: str, login: str) -> None:
        self._url = f"{url}/api/v1"
        self._headers: dict[str, str] = {}
        self._headers["authorization"] = (
            f"Bearer {self.post('/sessions', login=login, password=DEMO_PASSWORD)['token']}"
        )

    def get(self, path: str, **query: Any) -> Any:
        answer = httpx.get(f"{self._url}{path}", params=query, headers=self._headers, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = httpx.post(f"{self._url}{path}", json=body, headers=self._headers, timeout=30)
        assert answer.is_success, answer.text
        return answer.json()

    def ticket_of(self, sender: str) -> dict[str, Any] | None:
        """The newest ticket of a sender, once triage has judged it."""
        for brief in self.get("/tickets")["items"]:
            ticket: dict[str, Any] = self.get(f"/tickets/{brief['id']}")
            if ticket["sender"] == sender and ticket["suggestion"]:
                return ticket
        return None


def handle(url: str, sender: str, answer: str) -> dict[str, Any]:
    """Accept, dispatch, sign, contact and answer the sender's ticket. Return the case as the dispatcher sees it."""
    dispatcher = Staff(url, "dispatcher")
    ticket = eventually(lambda: dispatcher.ticket_of(sender), what="the judged ticket")
    assert ticket["state"] == "assessed"
    assert ticket["suggestion"]["category"][0]["probability"] > 0
    accepted = dispatcher.post(f"/tickets/{ticket['id']}/accept")
    case = dispatcher.get(f"/cases/{accepted['case_id']}")
    if case["state"] == "open":  # the directory needs a place to name the unit: the dispatcher decides
        case = dispatcher.post(f"/cases/{case['id']}/transitions/dispatch", unit="U001", text="由派单员指定")
    assert case["state"] == "dispatched"
    assert {clock["name"] for clock in case["clocks"] if clock["state"] == "running"} == {"sign", "contact", "answer"}
    lead = Staff(url, f"lead-{case['lead_unit']['code']}")
    lead.post(f"/cases/{case['id']}/transitions/sign")
    lead.post(f"/cases/{case['id']}/transitions/contact", text="已与居民电话联系")
    answered = lead.post(f"/cases/{case['id']}/transitions/answer", text=answer)
    assert answered["state"] == "answered"
    return answered


def call_back(url: str, sender: str) -> dict[str, Any]:
    """The resident says it is solved and he is satisfied. Return his ticket."""
    caller = Staff(url, "callback")
    ticket = caller.ticket_of(sender)
    assert ticket is not None
    assert ticket["state"] == "told"
    given = {"reached": True, "contacted": True, "resolved": True, "satisfaction": "satisfied"}
    done: dict[str, Any] = caller.post(f"/tickets/{ticket['id']}/callbacks", **given)
    return done


def check_closed(url: str, ticket: dict[str, Any]) -> None:
    """Ticket and case are closed, every clock has stopped, and the rates count the ticket once."""
    assert ticket["state"] == "closed"
    supervisor = Staff(url, "supervisor")
    case = supervisor.get(f"/cases/{ticket['case_id']}")
    assert case["state"] == "closed"
    assert {clock["state"] for clock in case["clocks"]} == {"stopped"}
    rates = supervisor.get("/rates")["pooled"]["rates"]
    for name in ("response_rate", "resolution_rate", "satisfaction_rate", "on_time_rate", "closure_rate"):
        assert (rates[name]["numerator"], rates[name]["denominator"]) == (1, 1), name
