"""What the city's platform keeps: its orders, what was reported about each, and how it is made to fail."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from api.clock import now
from api.standins.city.signing import fits

ACTS = ("receipt", "answer", "return", "extension")
FAULTS = {
    "signature": (401, 40101, "签名不符"),
    "no such order": (404, 40401, "没有这个工单"),
    "closed": (409, 40901, "工单已办结，不再接收"),
    "unfit": (422, 42201, "内容不合要求"),
    "too many": (429, 42901, "调用过于频繁"),
    "internal": (500, 50001, "系统错误"),
    "maintenance": (503, 50301, "系统维护"),
}
LINE = ("garbage", "cut", "hang")


class Refused(Exception):
    """The platform's own answer to a call that it does not take."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass
class Platform:
    """One platform. Safe between threads."""

    secret: str = "demo-city-secret-not-for-use"  # noqa: S105  (the demo's, on loopback)
    app_key: str = "demo-district"
    fault: str = ""
    clock: Callable[[], datetime] = now
    files: dict[str, bytes] = field(default_factory=dict)
    _orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    _reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def issue(self, order: dict[str, Any]) -> None:
        """The order is known here now; it is what the desk is sent."""
        with self._lock:
            self._orders[str(order["number"])] = order

    def close(self, number: str) -> None:
        """Nothing more is taken about it."""
        with self._lock:
            self._orders[number]["closed"] = True

    def check(self, headers: dict[str, str], body: bytes, *, now: datetime) -> None:
        """Raises ``Refused`` unless the call is signed by the district."""
        if not fits(self.secret, headers, body, now=now):
            raise Refused(*FAULTS["signature"])
        if headers.get("x-app-key") != self.app_key:
            raise Refused(403, 40301, "没有这个应用编号")

    def report(self, number: str, act: str, given: dict[str, Any]) -> str:
        """Take one act; the same id again is the same act. Raises ``Refused``."""
        key = str(given.get("id", ""))
        with self._lock:
            if act not in ACTS or not key:
                raise Refused(*FAULTS["unfit"])
            if key in self._reports:
                return str(self._reports[key]["platform_id"])
            order = self._orders.get(number)
            if order is None:
                raise Refused(*FAULTS["no such order"])
            if order.get("closed"):
                raise Refused(*FAULTS["closed"])
            if not str(given.get("text", "")).strip():
                raise Refused(*FAULTS["unfit"])
            made = f"R{len(self._reports) + 1:06d}"
            self._reports[key] = {"platform_id": made, "number": number, "act": act, "given": given}
            return made

    def reports(self, number: str = "") -> list[dict[str, Any]]:
        """What was reported, oldest first; about one order or all."""
        with self._lock:
            return [each for each in self._reports.values() if not number or each["number"] == number]

    def orders(self) -> list[dict[str, Any]]:
        """The orders that were issued, oldest first."""
        with self._lock:
            return list(self._orders.values())
