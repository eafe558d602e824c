"""照片: the step of the resident's form (``appeal``) at which photos are kept with it, looked at and taken out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api import appeal_steps as steps
from api.auth import CurrentDesk
from api.errors import NotFound
from api.sealed import as_picture
from api.web.appeal import PHOTOS, Back, From, Go, Key, back_to, show, step_page, to
from api.web.own_site import OWN_PAGES
from channels.errors import UnreadableMessage

router = APIRouter(prefix="/appeal", dependencies=OWN_PAGES)


@router.get("/{key}/photos")
async def photos(key: Key, request: Request, desk: CurrentDesk, back: From = "") -> Response:
    """照片."""
    return await show(request, desk, key, "photos", PHOTOS, back=back)


@router.post("/{key}/photos")
async def add_photos(
    key: Key,
    request: Request,
    desk: CurrentDesk,
    photos: Annotated[list[UploadFile] | None, File()] = None,
    back: Back = "",
    go: Go = "",
) -> Response:
    """Keep them, and on; ``go=more`` stays here, for those whose telephone gives one photo at a time."""
    files = [(photo.filename or "", await photo.read()) for photo in photos or [] if photo.filename]

    def work() -> Response:
        try:
            form = steps.add_photos(desk, key, files) if files else steps.find(desk, key)
        except UnreadableMessage as problem:
            kept = steps.find(desk, key)
            return step_page(request, "photos", PHOTOS, kept, faults={"photos": _photo_fault(problem)}, back=back)
        following = {"back": "place", "more": "photos"}.get(go, back_to(back) or "contact")
        return to(key, "done" if form.code else following)

    return await run_in_threadpool(work)


def _photo_fault(problem: UnreadableMessage) -> str:
    number = problem.where.removeprefix("photos").strip("[]")
    return f"第 {number} 张没有收下：{problem.why}" if number else problem.why


@router.post("/{key}/photos/remove")
async def remove_photo(key: Key, desk: CurrentDesk, blob: Annotated[str, Form(max_length=64)]) -> Response:
    """Take one out."""
    await run_in_threadpool(steps.remove_photo, desk, key, blob)
    return to(key, "photos")


@router.get("/{key}/photos/{blob}")
async def see_photo(key: Key, blob: str, desk: CurrentDesk) -> Response:
    """A small picture of one that is kept with this form."""

    def work() -> Response:
        form = steps.find(desk, key)
        if blob not in {each["blob"] for each in form.photos}:
            raise NotFound("这张照片已经去掉了")
        return as_picture(desk.previews.get(blob, "small", lambda: desk.blobs.get(blob)))

    return await run_in_threadpool(work)
