"""我要反映问题: the resident's form, one question a screen, without sign-in and without a script.

Each screen is a plain page; what was given is kept under a key that is in his addresses only (``casework.drafts``).
Going back loses nothing, and pressed twice the form is one appeal.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from api import appeal_steps as steps
from api import article_feedback
from api.auth import CurrentDesk
from api.desk import Desk
from api.errors import TooOften
from api.web import render
from api.web.captchas import Counted, address_of
from api.web.own_site import OWN_PAGES
from api.web.street_map import streets_of
from casework import tickets
from channels import form_fields
from channels.errors import UnreadableMessage
from channels.file_limits import limits_of
from district.schemas import UnitKind
from knowledge.errors import KnowledgeError

router = APIRouter(prefix="/appeal", dependencies=OWN_PAGES)

WORDS, PLACE, PHOTOS, CONTACT, CHECK = range(1, 6)
LABELS = {WORDS: "什么事", PLACE: "在哪里", PHOTOS: "照片", CONTACT: "怎么联系您", CHECK: "核对"}
LONGEST_PLACE, LONGEST_NAME, LONGEST_PHONE = 200, 60, 40

Key = str
Back = Annotated[str, Form(max_length=10)]
From = Annotated[str, Query(alias="from", max_length=10)]
Go = Annotated[str, Form(max_length=10)]


@router.get("")
async def start(request: Request) -> Response:
    """The first question."""
    return step_page(request, "words", WORDS, steps.Form("", {}))


@router.post("", dependencies=[Depends(Counted("appeals"))])
async def begin(request: Request, desk: CurrentDesk, text: Annotated[str, Form(max_length=20_000)] = "") -> Response:
    """The first answer: the form is kept from here on."""

    def work() -> Response:
        try:
            form = steps.begin(desk, steps.check_text(text))
        except UnreadableMessage as problem:
            return step_page(request, "words", WORDS, steps.Form("", {"text": text}), faults={"text": problem.why})
        return _after_words(desk, form)

    return await run_in_threadpool(work)


def _after_words(desk: Desk, form: steps.Form, back: str = "") -> Response:
    if steps.is_emergency(desk, form.of("text")):
        steps.register_at_once(desk, form)
        return to(form.key, "urgent")
    if form.of("answer"):
        return to(form.key, "answer")
    return to(form.key, back or "place")


@router.get("/solved")
async def solved(request: Request) -> Response:
    """He has his answer, and nothing was registered."""
    return render.page(request, "appeal_solved.html", None)


@router.get("/{key}")
async def go_on(key: Key, desk: CurrentDesk) -> Response:
    """A form that was left goes on where all of it is seen; one that was sent shows its number."""
    form = await run_in_threadpool(steps.find, desk, key)
    return to(key, "done" if form.code else "check")


@router.get("/{key}/words")
async def words(key: Key, request: Request, desk: CurrentDesk, back: From = "") -> Response:
    """什么事, again."""
    return await show(request, desk, key, "words", WORDS, back=back)


@router.post("/{key}/words")
async def say(
    key: Key,
    request: Request,
    desk: CurrentDesk,
    text: Annotated[str, Form(max_length=20_000)] = "",
    back: Back = "",
) -> Response:
    """Other words."""

    def work() -> Response:
        try:
            form = steps.give(desk, key, text=steps.check_text(text))
        except UnreadableMessage as problem:
            kept = steps.find(desk, key)
            shown = steps.Form(key, {**kept.given, "text": text}, kept.photos)
            return step_page(request, "words", WORDS, shown, faults={"text": problem.why}, back=back)
        return to(key, "done") if form.code else _after_words(desk, form, back_to(back))

    return await run_in_threadpool(work)


@router.get("/{key}/answer")
async def answer(key: Key, request: Request, desk: CurrentDesk) -> Response:
    """What the knowledge base says to it."""
    return await show(request, desk, key, "answer", WORDS)


@router.post("/{key}/answer")
async def judge_answer(
    key: Key, request: Request, desk: CurrentDesk, solved: Annotated[str, Form(pattern="^(yes|no)$")]
) -> Response:
    """解决了, or 还是要反映."""

    def work() -> Response:
        form = steps.find(desk, key)
        if form.code or solved == "no":
            return to(key, "done" if form.code else "place")
        if form.of("basis"):
            _helped(desk, form.of("basis"), address_of(request))
        steps.drop(desk, key)
        return RedirectResponse("/appeal/solved", 303)

    return await run_in_threadpool(work)


def _helped(desk: Desk, number: str, address: str) -> None:
    try:
        article_feedback.from_public(desk, number, "useful", address=address)
    except (KnowledgeError, TooOften):  # it was withdrawn meanwhile, or he has said so often: nothing to tell him
        return


@router.get("/{key}/place")
async def place(key: Key, request: Request, desk: CurrentDesk, back: From = "") -> Response:
    """在哪里."""
    return await show(request, desk, key, "place", PLACE, back=back)


@router.post("/{key}/place")
async def say_where(
    key: Key,
    request: Request,
    desk: CurrentDesk,
    place: Annotated[str, Form(max_length=2000)] = "",
    area: Annotated[str, Form(max_length=20)] = "",
    latitude: Annotated[str, Form(max_length=30)] = "",
    longitude: Annotated[str, Form(max_length=30)] = "",
    back: Back = "",
    go: Go = "",
) -> Response:
    """Where it is; none of it must be given, for not every matter has a place."""

    def work() -> Response:
        fits = area in desk.district.units
        spot = _degrees(latitude, 90), _degrees(longitude, 180)
        whole = {"latitude": spot[0], "longitude": spot[1]} if all(spot) else {"latitude": "", "longitude": ""}
        given = {"place": place.strip()[:LONGEST_PLACE], "area": area if fits else "", **whole}
        if len(place.strip()) > LONGEST_PLACE and go != "back":
            kept = steps.find(desk, key)
            shown = steps.Form(key, {**kept.given, **given, "place": place}, kept.photos)
            return step_page(request, "place", PLACE, shown, faults={"place": f"最多 {LONGEST_PLACE} 个字"}, back=back)
        form = steps.give(desk, key, **given, join="", refused="")
        if form.code:
            return to(key, "done")
        if go == "back":
            return to(key, "words")
        return to(key, "alike" if steps.matters_alike(desk, form) else back_to(back) or "photos")

    return await run_in_threadpool(work)


def _degrees(given: str, most: int) -> str:
    try:
        return f"{float(given):.6f}" if -most <= float(given) <= most else ""
    except ValueError:
        return ""


@router.get("/{key}/alike")
async def alike(key: Key, request: Request, desk: CurrentDesk) -> Response:
    """已有居民反映: what others reported already."""

    def work() -> Response:
        form = steps.find(desk, key)
        if form.code:
            return to(key, "done")
        found = steps.matters_alike(desk, form)
        return step_page(request, "alike", PLACE, form, matters=found) if found else to(key, "photos")

    return await run_in_threadpool(work)


@router.post("/{key}/alike")
async def join(key: Key, desk: CurrentDesk, join: Annotated[str, Form(max_length=40)] = "", go: Go = "") -> Response:
    """Join one of them, or none: then what he was shown is refused."""

    def work() -> Response:
        form = steps.find(desk, key)
        if go == "back":
            return to(key, "done" if form.code else "place")
        shown = [each.event for each in steps.matters_alike(desk, form)]
        joins = join if join in shown else ""
        form = steps.give(desk, key, join=joins, refused="" if joins else " ".join(shown))
        return to(key, "done" if form.code else "photos")

    return await run_in_threadpool(work)


@router.get("/{key}/contact")
async def contact(key: Key, request: Request, desk: CurrentDesk, back: From = "") -> Response:
    """怎么联系您."""
    return await show(request, desk, key, "contact", CONTACT, back=back)


@router.post("/{key}/contact")
async def say_who(
    key: Key,
    request: Request,
    desk: CurrentDesk,
    phone: Annotated[str, Form(max_length=200)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    go: Go = "",
) -> Response:
    """His telephone and name; he may leave both out."""

    def work() -> Response:
        faults: dict[str, str] = {}
        try:
            form_fields.phone(phone)
        except UnreadableMessage as problem:
            faults["phone"] = problem.why
        if len(name.strip()) > LONGEST_NAME:
            faults["name"] = f"最多 {LONGEST_NAME} 个字"
        if faults and go != "back":
            kept = steps.find(desk, key)
            shown = steps.Form(key, {**kept.given, "phone": phone, "name": name}, kept.photos)
            return step_page(request, "contact", CONTACT, shown, faults=faults)
        given = {"phone": "" if "phone" in faults else phone.strip(), "name": name.strip()[:LONGEST_NAME]}
        form = steps.give(desk, key, **given)
        return to(key, "done" if form.code else "photos" if go == "back" else "check")

    return await run_in_threadpool(work)


@router.get("/{key}/check")
async def check(key: Key, request: Request, desk: CurrentDesk) -> Response:
    """核对: all of it once more."""
    return await show(request, desk, key, "check", CHECK)


@router.post("/{key}/check")
async def send(key: Key, request: Request, desk: CurrentDesk, go: Go = "") -> Response:
    """提交."""

    def work() -> Response:
        if go == "back":
            return to(key, "contact")
        try:
            steps.send(desk, key)
        except UnreadableMessage as problem:
            return step_page(request, "check", CHECK, steps.find(desk, key), faults={"all": problem.why})
        return to(key, "done")

    return await run_in_threadpool(work)


@router.get("/{key}/done")
async def done(key: Key, request: Request, desk: CurrentDesk) -> Response:
    """号码: what he keeps."""
    return await _number(request, desk, key, "done")


@router.get("/{key}/urgent")
async def urgent(key: Key, request: Request, desk: CurrentDesk) -> Response:
    """Call for help first; it is registered beside that."""
    return await _number(request, desk, key, "urgent")


async def _number(request: Request, desk: Desk, key: str, page: str) -> Response:
    def work() -> Response:
        form = steps.find(desk, key)
        if not form.code:
            return to(key, "check")
        with desk.database.read() as session:
            ticket = tickets.by_code(session, form.code)
            told: dict[str, Any] = {"advice": form.of("advice"), "joined": form.of("joined")}
            return render.page(request, f"appeal_{page}.html", None, ticket=ticket, **told)

    return await run_in_threadpool(work)


async def show(request: Request, desk: Desk, key: str, page: str, step: int, back: str = "") -> Response:
    def work() -> Response:
        form = steps.find(desk, key)
        return to(key, "done") if form.code else step_page(request, page, step, form, back=back)

    return await run_in_threadpool(work)


def step_page(
    request: Request,
    page: str,
    step: int,
    form: steps.Form,
    *,
    faults: dict[str, str] | None = None,
    back: str = "",
    **values: Any,
) -> Response:
    desk = request.app.state.desk
    units = desk.district.units
    shared: dict[str, Any] = {
        "form": form,
        "step": step,
        "steps": LABELS,
        "faults": faults or {},
        "back": back_to(back),
        "areas": [(street, _communities(desk, street.code)) for street in units.streets],
        "streets": streets_of(desk),
        "place": steps.place_of(desk.district, form),
        "most": limits_of(steps.account(desk)).files,
        "longest": form_fields.LONGEST,
    }
    return render.page(request, f"appeal_{page}.html", None, 422 if faults else 200, **shared, **values)


def _communities(desk: Desk, street: str) -> list[Any]:
    units = desk.district.units
    found = [units.get(code) for code in units.descendants(street)]
    return sorted((each for each in found if each.kind is UnitKind.COMMUNITY), key=lambda each: each.code)


def back_to(given: str) -> str:
    return "check" if given == "check" else ""


def to(key: str, step: str) -> Response:
    return RedirectResponse(f"/appeal/{key}/{step}", 303)
