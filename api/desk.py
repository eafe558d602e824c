"""The composition root: everything a desk needs, put together from the settings.

Rules, database and blobs are there at once. What is slow to load (the triage model, the search index) is loaded on
first use or by ``warm_up`` beside the start, so that the first page does not wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import packs
from api import clock
from api.serving_model import ServingModel, for_good
from api.settings import Settings
from district.pack import District, load
from storage.blobs import BlobStore
from storage.channel_state import DatabaseChannelState
from storage.database import Database
from triage import kept

if TYPE_CHECKING:
    from api.board_figures import BoardFigures
    from api.clamd import Clamd
    from api.following_live import Feed
    from api.gap_report import GapReports
    from api.live_calls import LiveCalls
    from api.oidc import Provider
    from api.previews import Previews
    from api.search_log import SearchLog
    from api.secret_box import SecretBox
    from api.signing import Signer
    from api.storing import Storer
    from api.thinking import Thinker
    from api.wordings import Wordings
    from channels.message import Account
    from knowledge.analysis import Analyzer
    from knowledge.following import IndexFollower
    from knowledge.index import SearchIndex
    from triage.assess import Engine


class NotSetUp(Exception):
    """The home has no database, model or index yet; ``what`` names the first thing missing."""

    def __init__(self, what: str) -> None:
        super().__init__(f"尚未初始化：缺少{what}，请先运行 yingsheng demo 或 yingsheng setup")
        self.what = what


def pack_folder(name: str) -> Path:
    """The folder of a pack: one shipped with the package by its name, else a path."""
    shipped = Path(packs.__file__).parent / name
    return shipped if "/" not in name and shipped.is_dir() else Path(name).expanduser().resolve()


class Desk:
    """One desk. Safe to share between threads; ``close`` ends its connections."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = settings.folder
        self.home.mkdir(parents=True, exist_ok=True)
        self.database = Database(settings.url)
        self.blobs = BlobStore(self.home / "blobs")
        kept.keep_in(self.home / "fitted")
        self.now = clock.now
        self._placed: dict[tuple[str, str], dict[str, Any]] = {}
        self._loading = threading.Lock()
        self.serving_model = ServingModel(self)
        self._follower: IndexFollower | None = None

    @cached_property
    def district(self) -> District:
        """The pack's rules. Raises ``PackError``."""
        given = "public_url" in self.settings.model_fields_set
        pages = self.settings.public_url.rstrip("/") if given else ""
        return replace(load(pack_folder(self.settings.pack)), pages=pages)

    def today(self) -> date:
        """The day it is in the district."""
        return self.now().astimezone(self.district.calendars.zone).date()

    @cached_property
    def secret_box(self) -> SecretBox:
        """Seals what is stored and must be read again."""
        from api.secret_box import SecretBox

        return SecretBox(self.home, self.settings.secrets_key)

    @cached_property
    def provider(self) -> Provider:
        """The identity provider; for who has seen that one is set."""
        from api.oidc import Provider

        return Provider(self)

    @cached_property
    def thinker(self) -> Thinker:
        """Triage in the background of this process."""
        from api.thinking import Thinker

        return Thinker(self)

    @cached_property
    def storer(self) -> Storer:
        """What platforms send, kept on disk before it is stored."""
        from api.storing import Storer

        return Storer(self)

    @cached_property
    def live_calls(self) -> LiveCalls:
        """The running calls as this process shows them."""
        from api.live_calls import LiveCalls

        return LiveCalls(self)

    @cached_property
    def previews(self) -> Previews:
        """What is shown of residents' files. The folder may be deleted at any time."""
        from api.previews import Previews

        return Previews(self.home / "previews")

    @cached_property
    def scanner(self) -> Clamd | None:
        """The virus scanner, if the desk has one."""
        from api.clamd import Clamd

        return Clamd(self.settings.clamd) if self.settings.clamd else None

    def place(self, channel: str, name: str, **settings: Any) -> None:
        """Add settings to an account of this process: where the demo's stand-ins listen."""
        self._placed[channel, name] = settings

    def account(self, channel: str, name: str) -> Account | None:
        """The channel account, or None. Its own settings go before those that the pack gives its channel."""
        found = self.settings.account(channel, name)
        return None if found is None else self._whole(found)

    def first_account(self, channel: str) -> str:
        """The name of the channel's first account, by which the desk writes of itself; empty where there is none."""
        return next((each.name for each in self.settings.list_accounts(channel)), "")

    def account_or_bare(self, channel: str, name: str = "default") -> Account:
        """The channel account, or one of that name with nothing but what the pack gives its channel."""
        from channels.message import Account

        return self.account(channel, name) or self._whole(Account(channel, name))

    def _whole(self, found: Account) -> Account:
        from channels.registry import capabilities

        channel, name = found.channel, found.name
        given = self.district.channel_settings.get(channel, {})
        given = {"public_url": self.settings.public_url, **given} if capabilities(channel).html else given
        return replace(found, settings={**given, **found.settings, **self._placed.get((channel, name), {})})

    def state(self, account: Account) -> DatabaseChannelState:
        """The durable values of a channel account."""
        return DatabaseChannelState(self.database, account.channel, account.name)

    @property
    def models(self) -> Path:
        """Where trained models lie."""
        return self.home / "models"

    @property
    def engine(self) -> Engine:
        """The triage engine with the promoted model as of now. Raises ``NotSetUp`` and ``UnusableModel``."""
        return self.serving_model.engine()

    @property
    def follower(self) -> IndexFollower:
        """The search index with its place in the change log."""
        if self._follower is None:
            with self._loading:
                if self._follower is None:
                    from api.models import open_index

                    self._follower = open_index(self)
        return self._follower

    @property
    def index(self) -> SearchIndex:
        """The search index."""
        return self.follower.index

    @property
    def has_model(self) -> bool:
        """Whether the triage model is loaded."""
        return self.serving_model.loaded

    @property
    def has_index(self) -> bool:
        """Whether the search index is open."""
        return self._follower is not None

    @cached_property
    def analyzer(self) -> Analyzer:
        """Cuts text as the index does, with the one dictionary of this process."""
        from knowledge.analysis import Analyzer

        return Analyzer(self.home / "words")

    def words(self, text: str) -> Sequence[str]:
        """The words of a text, in order."""
        return self.analyzer.terms(text).words

    @cached_property
    def signer(self) -> Signer:
        """Signs what residents carry from one page to the next."""
        from api.signing import Signer

        return Signer(self.database)

    @cached_property
    def feed(self) -> Feed:
        """The change log as open pages follow it."""
        from api.following_live import Feed

        return Feed(self.database)

    @cached_property
    def board_figures(self) -> BoardFigures:
        """The board's figures, computed once for all readers."""
        from api.board_figures import BoardFigures

        return BoardFigures(self)

    @cached_property
    def search_log(self) -> SearchLog:
        """Writes down what is searched for, behind the searches."""
        from api.search_log import SearchLog

        return SearchLog(self)

    @cached_property
    def gap_reports(self) -> GapReports:
        """What the knowledge base lacks, as last computed."""
        from api.gap_report import GapReports

        return GapReports(self)

    @cached_property
    def wordings(self) -> Wordings:
        """Synonyms, slips and suggestions from the articles as the index has them."""
        from api.wordings import Wordings

        return Wordings(self)

    def warm_up(self) -> None:
        """Load model and index now, for good."""
        with for_good():
            _ = self.engine
            self.index.warm()
            self.wordings.current()

    def reload_engine(self) -> None:
        """Read the promoted model anew when next asked."""
        self.serving_model.forget()

    def close(self) -> None:
        """End storing, thinking, connections and the index."""
        if "storer" in vars(self):
            self.storer.close()
        if "thinker" in vars(self):
            self.thinker.close()
        if "live_calls" in vars(self):
            self.live_calls.close()
        if "board_figures" in vars(self):
            self.board_figures.close()
        if "search_log" in vars(self):
            self.search_log.close()
        if self._follower is not None:
            self._follower.index.close()
        self.database.dispose()
