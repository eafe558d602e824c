"""``docs/channels.md`` and its pages: their settings load, and their table of the doctor's lines is the doctor's."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.cli import doctor_accounts
from api.cli.finding import Finding
from api.settings import Settings
from api.standins.sms.server import SmsServer
from api.standins.telegram.server import TelegramServer
from api.standins.wechat.server import WeChatServer
from api.standins.wecom import WecomServer
from casework.message_tables import Message
from channels import watching
from channels.base import Checked
from channels.message import Account
from channels.robots import SENDERS
from storage import migrate
from tests import channel_sentences
from tests.contract import faults_mailbox
from tests.contract.imap_bench import server  # noqa: F401  (a fixture)
from tests.integration.doctor_cases import (
    SECRETS,
    TELEGRAM,
    desk_of,
    findings,
    of_others,
    of_sms,
    of_telegram,
    of_wechat,
    of_wecom,
)

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "channels.md").read_text("utf-8")
PAGES = [DOCS / "channels.md", *sorted((DOCS / "channels").glob("*.md"))]
_AT_FRONT = re.compile(r"^\w+/\w+(?: (?:收信|发信|余额))?[:：]")
_BLANK = re.compile("…+")


@dataclass(frozen=True)
class Row:
    """A line of the tables. ``works``: said when something is sent or received, not by the doctor."""

    said: str
    in_work: bool

    def fits(self, words: str) -> bool:
        pattern = "".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", self.said))
        return any(re.fullmatch(pattern, each) for each in (words, _AT_FRONT.sub("", words)))


def rows(*sections: str) -> list[Row]:
    """The lines under these headings of the doctor's part."""
    part = PAGE[PAGE.index("## What `yingsheng doctor` says") :]
    found = []
    for heading, body in re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", part, re.MULTILINE | re.DOTALL):
        if heading in sections:
            for mark, said in re.findall(r"^\| († )?`(.+?)` \|", body, re.MULTILINE):
                found.append(Row(said.replace("\\|", "|"), bool(mark)))
    assert found, sections
    return found


def closest(known: Iterable[Row], words: str) -> Row | None:
    """The line that says most of it itself."""
    fitting = [row for row in known if not row.in_work and row.fits(words)]
    return max(fitting, key=lambda row: len(row.said), default=None)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    desk = desk_of(folder, {})
    migrate.upgrade(desk.database)
    desk.close()
    return folder


def check(known: list[Row], told: Iterable[Finding], said: set[str]) -> None:
    """Every line stands in the table; a warning comes with what to do; no secret is in it."""
    for each in told:
        if each.level == "ok" and re.fullmatch(r"\w+/\w+", each.words):
            continue
        assert not any(secret in each.words + each.mend for secret in SECRETS), each
        row = closest(known, each.words)
        assert row is not None, f"not in docs/channels.md: {each.words}"
        assert each.level == "ok" or each.mend, each
        said.add(row.said)


def unsaid(known: Iterable[Row], said: set[str]) -> list[str]:
    return [row.said for row in known if not row.in_work and row.said not in said]


GENERAL = rows("All channels")


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("sections", "cases"),
    [
        (("`wechat`",), of_wechat),
        (("`telegram`",), of_telegram),
        (("`sms`",), of_sms),
        (("`wecom_robot`",), of_wecom),
        (("`city`, `hotline`, `walk_in`",), of_others),
    ],
)
def test_the_table_has_what_the_doctor_says_of_a_channel_and_nothing_else(
    home: Path, sections: tuple[str, ...], cases: Any
) -> None:
    known, said = rows(*sections), set[str]()
    for told in cases(home):
        check([*known, *GENERAL], told, said)
    assert unsaid(known, said) == []


async def _hangs_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


@pytest.mark.dovecot
@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # on loopback, in clear
@pytest.mark.timeout(120)
async def test_the_table_has_what_the_doctor_says_of_a_mailbox_and_nothing_else(
    home: Path,
    server: Any,  # noqa: F811
) -> None:
    known, said = rows("`mailbox`"), set[str]()
    async with faults_mailbox.bench(smtp_timeout=1.5) as bench:
        sends = dict(bench.account.settings)
        fetches = server.settings()

        async def on(settings: Mapping[str, Any] = {}, *, drop: str = "", **changed: Any) -> list[Finding]:
            given = {**fetches, **sends, **settings, **changed}
            given.pop(drop, None)
            told = await asyncio.to_thread(findings, home, "mailbox", given)
            check([*known, *GENERAL], told, said)
            return told

        assert {each.level for each in await on()} == {"ok"}
        assert bench.platform.taken == [], "the doctor sends no letter"
        await on(address="mayor")
        await on(imap_user="")
        await on(drop="smtp_host")
        await on(imap_port="imap")
        await on(smtp_port="smtp")
        await on(imap_host="imap.example.com", imap_tls=False)
        await on(smtp_host="smtp.example.com", smtp_tls="none")
        await on(smtp_tls="ssl")
        await on(smtp_tls="starttls")
        await on(imap_ca_file="/nowhere.pem")
        await on(smtp_tls="implicit", smtp_ca_file="/nowhere.pem")
        await on(imap_ca_file="")
        await on(smtp_tls="implicit", smtp_port=server.tls_port)
        await on(imap_password="wrong-" + faults_mailbox.PASSWORD[:3])
        await on(imap_folder="已办结")
        await on(imap_port=9)
        await on(smtp_port=9)
        async with await asyncio.start_server(_hangs_up, "127.0.0.1", 0) as mute:
            await on(imap_tls=False, imap_port=mute.sockets[0].getsockname()[1], imap_timeout=1)
        for fault in (
            "login refused",
            "our address refused",
            "login for the moment impossible",
            "line broken before the letter",
            "server turns us away",
        ):
            await bench.inject(fault)
            await on()
        await bench.inject("")
        bench.platform.options = {"auth_required": True}
        await on(smtp_user="")
        bench.platform.options = {"auth_exclude_mechanism": ["LOGIN", "PLAIN"]}
        await on()
        bench.platform.options = {}
        bench.platform.breaks_at_login = True
        await on()
    assert unsaid(known, said) == []


def test_the_table_has_what_the_doctor_says_of_all_channels(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: set[str] = set()
    for accounts in ({}, {"pigeon": {"main": {}}}):
        desk = desk_of(home, accounts)
        check(GENERAL, doctor_accounts.accounts(desk), said)
        desk.close()
    with TelegramServer() as platform:
        platform.inject("hang", "getMe")
        monkeypatch.setattr(doctor_accounts, "SECONDS", 0.5)
        desk = desk_of(home, {"telegram": {"deaf": TELEGRAM | {"base_url": platform.url}}})
        watching.note(desk.state(Account("telegram", "deaf")), watching.FAILING_FROM)
        check(GENERAL, [*doctor_accounts.accounts(desk), *doctor_accounts.platforms(desk)], said)
        check(GENERAL, doctor_accounts.last_came(desk), said)
        with desk.database.write.begin() as session:
            came = desk.now() - timedelta(hours=1)
            session.add(Message(channel="telegram", account="deaf", delivery_id="d", kind="text", received_at=came))
        check(GENERAL, doctor_accounts.last_came(desk), said)
        desk.close()
    assert unsaid(GENERAL, said) == []


@pytest.mark.parametrize("channel", channel_sentences.channels())
def test_whatever_a_channel_says_of_a_setting_stands_in_the_table(channel: str) -> None:
    heading = f"`{channel}`" if channel not in {"city", "hotline", "walk_in", "web"} else "`city`, `hotline`, `walk_in`"
    known = rows(heading)
    written = channel_sentences.of_settings(channel)
    assert sorted(each for each in written if not any(row.said == each for row in known)) == [] or channel == "web"
    if heading == f"`{channel}`":
        assert [row.said for row in known if row.in_work and row.said not in written] == []


def snippets() -> list[tuple[str, str]]:
    """Page and text of each settings file that the docs show."""
    found = [
        (page.name, text.replace("export ", ""))
        for page in PAGES
        for text in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        if "YINGSHENG_ACCOUNTS=" in text
    ]
    assert len(found) > 10
    return found


@pytest.mark.parametrize(("page", "text"), snippets())
def test_the_settings_that_the_docs_show_load_and_suffice(page: str, text: str, tmp_path: Path) -> None:
    given = re.search(r"YINGSHENG_ACCOUNTS='(.*?)'", text, re.DOTALL)
    assert given, page
    accounts = json.loads(given[1])
    file = tmp_path / ".env"
    file.write_text(f"YINGSHENG_ACCOUNTS='{json.dumps(accounts)}'\n", "utf-8")
    settings = Settings(home=tmp_path, _env_file=file)  # type: ignore[call-arg]
    for account in settings.list_accounts():
        channel = SENDERS[account.channel]
        if isinstance(channel, Checked):
            channel.check(account)


@pytest.mark.parametrize(
    ("channel", "make"),
    [("wechat", WeChatServer), ("telegram", TelegramServer), ("sms", SmsServer), ("wecom_robot", WecomServer)],
)
def test_with_the_stand_in_that_the_docs_name_the_doctor_finds_all_well(home: Path, channel: str, make: Any) -> None:
    (shown,) = (
        json.loads(found)
        for found in re.findall(r"YINGSHENG_ACCOUNTS='(.*?)'", PAGE)
        if f'"{channel}"' in found and "127.0.0.1:8100" in found
    )
    with make() as platform:
        accounts = json.loads(json.dumps(shown).replace("http://127.0.0.1:8100", platform.url))
        ((_, settings),) = accounts[channel].items()
        assert {each.level for each in findings(home, channel, settings)} == {"ok"}


def test_every_link_of_the_channels_pages_leads_somewhere() -> None:
    for page in PAGES:
        text = page.read_text("utf-8")
        for link in re.findall(r"\]\(([^)\s]+)\)", text):
            file, _, anchor = link.partition("#")
            if "://" in link:
                continue
            target = (page.parent / file).resolve() if file else page
            assert target.exists(), f"{page.name}: {link}"
            if anchor:
                assert anchor in _anchors(target.read_text("utf-8")), f"{page.name}: {link}"


def _anchors(text: str) -> set[str]:
    """Of headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
