"""The stand-in's media store: WeChat's call to fetch, and an address to put in what a resident sends."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.standins.wechat.answering import answered, plain
from api.standins.wechat.platform import KeptMedia, Platform, Refusal


def routes(platform: Platform) -> list[Route]:
    """The addresses of one platform's media store."""

    async def media_get(request: Request) -> Response:
        query = request.query_params
        media_id = query.get("media_id", "")

        def act() -> Mapping[str, Any] | Response:
            kept = platform.media(query.get("access_token", ""), media_id)
            if kept.media_type.startswith("video/"):
                return {"video_url": str(request.url_for("video", media_id=media_id))}
            return _file(media_id, kept)

        return answered(platform, "media", act)

    async def video(request: Request) -> Response:
        media_id = request.path_params["media_id"]
        try:
            return _file(media_id, platform.kept(media_id))
        except Refusal:
            return PlainTextResponse("gone", 404)

    async def media_upload(request: Request) -> Response:
        query = request.query_params
        async with request.form() as form:
            given = form.get("media")
            content = await given.read() if isinstance(given, UploadFile) else b""
            media_type = (given.content_type or "") if isinstance(given, UploadFile) else ""
        token, kind = query.get("access_token", ""), query.get("type", "")
        return answered(platform, "upload", lambda: platform.upload(token, kind, content, media_type))

    async def media_put(request: Request) -> Response:
        media_id, media_type = request.query_params.get("media_id", ""), request.headers.get("content-type", "")
        if not media_id or not media_type:
            return plain({"error": "media_id, content-type"}, 422)
        platform.keep(media_id, await request.body(), media_type)
        return plain({"ok": True})

    return [
        Route("/standin/media", media_put, methods=["POST"]),
        Route("/standin/video/{media_id}", video, name="video"),
        Route("/cgi-bin/media/get", media_get),
        Route("/cgi-bin/media/upload", media_upload, methods=["POST"]),
    ]


def _file(media_id: str, kept: KeptMedia) -> Response:
    ending = mimetypes.guess_extension(kept.media_type) or ""
    headers = {"content-disposition": f'attachment; filename="{quote(media_id)}{ending}"'}
    return Response(kept.content, media_type=kept.media_type, headers=headers)
