"""A page as it is looked at, and who looks: one kept-alive connection with a session, as a browser has it."""

from __future__ import annotations

import http.client
import re
import time
from dataclasses import dataclass
from html import unescape
from http import HTTPStatus
from urllib.parse import urlencode, urljoin, urlsplit

TIMEOUT = 60.0
LINKED = re.compile(rb'<(?:link|script|img|use)\b[^>]*?(?:href|src)="([^"]+)"')
IN_STYLES = re.compile(rb"url\(['\"]?([^)'\"]+)")
CHARTS = "echarts"


@dataclass(frozen=True, slots=True)
class View:
    """One page: who opens it and how many milliseconds its first byte may take. ``perhaps``: it may not be there."""

    name: str
    login: str
    path: str
    aim: float
    perhaps: bool = False


LIVE = View("live", "", "/health/live", 0)
BARE = View("login", "", "/login", 150.0)


@dataclass(frozen=True, slots=True)
class Weight:
    """What a first view moves, in kB as sent; what draws charts apart."""

    page: float
    charts: float


class Visitor:
    """Somebody who asks for pages; without a login a resident."""

    def __init__(self, port: int, login: str, password: str) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
        self._headers = {"accept-encoding": "gzip"}
        if login:
            body = urlencode({"login": login, "password": password})
            kind = {"content-type": "application/x-www-form-urlencoded"}
            self._line.request("POST", "/login", body=body, headers=kind)
            answer = self._line.getresponse()
            answer.read()
            cookie = answer.getheader("set-cookie", "").split(";")[0]
            assert cookie, f"{login} could not sign in: {answer.status}"
            self._headers["cookie"] = cookie

    def finds(self, view: View) -> bool:
        """Whether the page is there; one that must be is. Raises ``AssertionError``."""
        status, _, _ = self._ask(view.path)
        assert status == HTTPStatus.OK or view.perhaps, f"{view.path}: {status}"
        return status == HTTPStatus.OK

    def first_byte(self, view: View) -> float:
        """Milliseconds until the first of the answer was there."""
        return self._ask(view.path)[1]

    def _ask(self, path: str) -> tuple[int, float, bytes]:
        answer, took = self._answer(path, self._headers)
        return answer.status, took, answer.read()

    def _plain(self, path: str) -> bytes:
        """The answer as it is before it is packed."""
        return self._answer(path, self._headers | {"accept-encoding": "identity"})[0].read()

    def _answer(self, path: str, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, float]:
        """The answer and the milliseconds it took, on a new line where the server had closed the old one."""
        for _ in range(2):
            started = time.perf_counter()
            try:
                self._line.request("GET", path, headers=headers)
                answer = self._line.getresponse()
            except (ConnectionError, http.client.RemoteDisconnected):
                self._line.close()
                continue
            return answer, 1000 * (time.perf_counter() - started)
        raise AssertionError(f"{path}: the server closes every line")

    def weight(self, view: View) -> Weight:
        """The page, and once each what it and its style sheets name."""
        page = len(self._ask(view.path)[2])
        todo, seen, charts = _named(self._plain(view.path), LINKED, view.path), set(), 0
        while todo:
            address = todo.pop()
            if address in seen:
                continue
            seen.add(address)
            status, _, content = self._ask(address)
            assert status == HTTPStatus.OK, f"{address}, which {view.path} names: {status}"
            size = len(content)
            if CHARTS in address:
                charts += size
                continue
            page += size
            if urlsplit(address).path.endswith(".css"):
                todo += _named(self._plain(address), IN_STYLES, address)
        return Weight(page / 1000, charts / 1000)


def _named(text: bytes, way: re.Pattern[bytes], base: str) -> list[str]:
    """Addresses of files of the desk that the text names, without what comes after ``#``."""
    found = [urljoin(base, unescape(each.decode())).split("#")[0] for each in way.findall(text)]
    return [each for each in found if urlsplit(each).path.startswith("/static/")]
