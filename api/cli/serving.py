"""``yingsheng demo``, ``setup``, ``serve``, ``worker`` and ``standin``."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.output import Refused, desk_open, say
from api.desk import Desk
from api.serving_model import for_good
from api.setting_up import (
    DEMO_PASSWORD,
    SetUpElsewhere,
    add_demo_users,
    has_demo_users,
    is_set_up,
    set_up,
    tell_states_in_use,
)
from api.settings import Settings

if TYPE_CHECKING:
    from api.jobs.apart import JobsApart
    from api.jobs.runner import JobRunner

Port = Annotated[int, typer.Option(min=1, max=65535, help="端口")]


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_port(host: str, port: int) -> None:
    """A clear word before anything is loaded, instead of a traceback of the server."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            raise Refused(f"端口 {port} 不可用（{problem.strerror}），请用 --port 换一个") from problem


def setup() -> None:
    """初始化：数据库、知识、研判模型、索引。"""
    with desk_open() as desk:
        _set_up(desk)
    say("初始化完成")


def _set_up(desk: Desk) -> None:
    try:
        set_up(desk, say)
    except SetUpElsewhere as problem:
        raise Refused(str(problem)) from problem


def demo(
    port: Port = 8000,
    serve_: Annotated[bool, typer.Option("--serve/--no-serve", help="完成后启动工作台")] = True,
) -> None:
    """演示：初始化演示区、播放样例消息并启动工作台；再次启动时保留已有内容。"""
    if serve_:
        _check_port("127.0.0.1", port)
    with desk_open(demo=True) as desk:
        _set_up(desk)
        add_demo_users(desk)
        from api.demo.play import play

        play(desk, say)
        say(f"演示用户:agent、dispatcher、officer-U001、lead-U001、callback、supervisor……密码 {DEMO_PASSWORD}")
        if serve_:
            _serve(desk, "127.0.0.1", port, with_jobs=True)


def serve(
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Port = 8000,
    jobs: Annotated[bool, typer.Option("--jobs/--no-jobs", help="是否同时运行任务")] = True,
) -> None:
    """启动工作台：页面、接口、渠道，以及任务。"""
    _check_port(host, port)
    with desk_open() as desk:
        if not is_set_up(desk):
            raise Refused("尚未初始化，请先运行 yingsheng setup(或 yingsheng demo)")
        if not _is_loopback(host) and (has_demo_users(desk) or desk.settings.demo):
            raise Refused(f"存在使用演示密码的用户，只能监听本机地址；请先停用或重设密码，再监听 {host}")
        tell_states_in_use(desk, say)
        _serve(desk, host, port, with_jobs=jobs)


def _serve(desk: Desk, host: str, port: int, *, with_jobs: bool) -> None:
    import uvicorn

    with for_good():
        from api.app import create_app
    from api.demo.place import demo_place

    class Server(uvicorn.Server):
        """Lets those go first who follow running calls: a line that never ends would hold up the stop."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await asyncio.to_thread(desk.live_calls.close)
            await super().shutdown(sockets)

    settings = desk.settings
    apart = bool(settings.apart) and not settings.demo
    jobs = _jobs(desk, apart=apart) if with_jobs else None  # before the server: in it, a refusal would be a traceback
    with demo_place(desk, f"http://{host}:{port}"):
        say(f"工作台:http://{host}:{port}/")
        with for_good():
            app = create_app(desk, jobs=jobs)
        server = Server(uvicorn.Config(app, host=host, port=port, **server_options(settings)))
        with suppress(KeyboardInterrupt):
            server.run()
        if not server.started:
            raise typer.Exit(3)  # as uvicorn itself ends where the start failed; it has said why


def server_options(settings: Settings) -> dict[str, Any]:
    """How the server runs. Unasked it believes no header on where a request is from: whoever is on this machine could
    count as anybody.
    """
    return {
        "log_level": "warning",
        "timeout_graceful_shutdown": 5,
        "proxy_headers": bool(settings.trusted_proxies),
        "forwarded_allow_ips": settings.trusted_proxies,
    }


def _jobs(desk: Desk, *, apart: bool) -> JobRunner | JobsApart:
    """The jobs with a slot of their own, in this process or ``apart``. Raises ``Refused``.

    The demo's jobs know where its platforms listen, so they run in its process.
    """
    from api.jobs.apart import JobsApart
    from api.jobs.runner import JobRunner, JobsRunElsewhere

    runner = JobsApart(desk) if apart else JobRunner(desk)
    try:
        runner.take_slot()
    except JobsRunElsewhere as problem:
        raise Refused(str(problem)) from problem
    return runner


def worker() -> None:
    """只运行任务：收信、发送、时限检查。"""
    with desk_open() as desk:
        if not is_set_up(desk):
            raise Refused("尚未初始化，请先运行 yingsheng setup(或 yingsheng demo)")
        runner = _jobs(desk, apart=False)
        runner.start()
        say("任务运行中，按 Ctrl-C 停止")
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        signal.signal(signal.SIGINT, lambda *_: stop.set())
        stop.wait()
        runner.stop()


def standin(
    platform: Annotated[str, typer.Argument(help="平台:wechat、telegram、sms、city、wecom")],
    port: Port = 8100,
) -> None:
    """在本机启动一个平台服务器的替身，用于试用和测试。"""
    import uvicorn

    from api.standins import STANDINS

    if platform not in STANDINS:
        raise Refused(f"没有平台 {platform} 的替身，可选：{'、'.join(STANDINS)}")
    _check_port("127.0.0.1", port)
    say(f"{platform} 替身:http://127.0.0.1:{port}/")
    uvicorn.run(STANDINS[platform](), host="127.0.0.1", port=port, log_level="warning")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (demo, setup, serve, worker, standin):
        app.command()(command)
