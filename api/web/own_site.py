"""Forms that need no sign-in are taken from this desk's own pages only (no CSRF token without a session).

A browser says where a form comes from: ``Sec-Fetch-Site`` in all that are kept up to date, ``Origin`` in nearly all
others. What says that it comes from elsewhere is refused before anything is done. A browser too old to say either is
let through: what it can do without a code that nobody can guess is what anybody could do by himself.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Depends, Request

from api.auth import SAFE, CurrentDesk
from api.errors import Forbidden
from api.storable import check_storable


def inside(target: str) -> str:
    """The target if it is a path of this desk; never another host's: empty."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else ""


OWN = frozenset({"same-origin", "none"})


def from_own_pages(request: Request, desk: CurrentDesk) -> None:
    """Raises ``Forbidden`` for a form that another site's page sent."""
    if request.method in SAFE:
        return
    site = request.headers.get("sec-fetch-site", "")
    if site and site not in OWN:
        raise Forbidden("这张表是别的网站发来的，没有受理。请回到本页面填写后提交")
    origin = request.headers.get("origin", "")
    hosts = {request.url.netloc, urlsplit(desk.settings.public_url).netloc}
    if origin and not site and urlsplit(origin).netloc not in hosts:
        raise Forbidden("这张表是别的网站发来的，没有受理。请回到本页面填写后提交")


async def storable(request: Request) -> None:
    """Raises ``Unstorable`` for a form with a text that no database keeps."""
    if request.method not in SAFE and "form" in request.headers.get("content-type", ""):
        form = await request.form()
        check_storable([value for _, value in form.multi_items()])


OWN_PAGES = [Depends(from_own_pages), Depends(storable)]
"""Dependencies of a router whose forms need no sign-in."""
