"""The shapes of a district's rules.

Every model is frozen: a loaded pack is shared by all threads. Files that fill these models are described in
``docs/pack.md``; the loader (``district.pack``) turns a breach into an error that names file and line.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from district.process import Life, Need, RequestKind, Role, Tell, Transition, Workflow
from district.rule import Rule
from district.timing import Allowance, CalendarRule, ClockRule, Column, Hours, Ladder, Rung, WarnAt
from district.visible import stripped

__all__ = [
    "Allowance",
    "ArticleSource",
    "CalendarRule",
    "Category",
    "ClockRule",
    "Column",
    "Composite",
    "Conversation",
    "Cue",
    "DirectoryLine",
    "Formulas",
    "Hours",
    "Ladder",
    "Life",
    "Manifest",
    "Need",
    "Place",
    "PlaceKind",
    "Rate",
    "RequestKind",
    "RequestType",
    "Role",
    "Rule",
    "Rung",
    "Suspected",
    "Tell",
    "Template",
    "TemplateText",
    "Term",
    "Transition",
    "Unit",
    "UnitKind",
    "UrgencyRule",
    "UrgencyRules",
    "WarnAt",
    "Workflow",
]


class UnitKind(StrEnum):
    """委办局, 街道, 社区, 公共服务企业, 热线办."""

    BUREAU = "bureau"
    STREET = "street"
    COMMUNITY = "community"
    UTILITY = "utility"
    DESK = "desk"


class Unit(Rule):
    """A handling unit (承办单位). ``parent`` makes the tree: communities hang below their street."""

    code: str = Field(pattern=r"^U\d{3,5}$")
    name: str = Field(min_length=2)
    short_name: str = ""
    kind: UnitKind
    parent: str | None = None
    phone: str = ""
    aliases: tuple[str, ...] = ()


class Category(Rule):
    """One node of the taxonomy (诉求分类). Code: two digits a level, so ``030401`` lies below ``0304`` and ``03``."""

    code: str = Field(pattern=r"^(\d{2}){1,3}$")
    path: tuple[str, ...] = Field(min_length=1, max_length=3)
    description: str = ""
    keywords: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    @property
    def level(self) -> int:
        return len(self.path)

    @property
    def name(self) -> str:
        return self.path[-1]


class DirectoryLine(Rule):
    """A line of the dispatch directory (派单目录).

    ``lead`` and ``co_units`` hold unit codes or an area rule: ``@street`` is the street the matter lies in,
    ``@community`` its community. A line with ``area`` (a street's code) binds in that street only and goes
    before the line without.
    """

    line: str = Field(pattern=r"^DL-\d{4}$")
    category: str
    lead: str
    co_units: tuple[str, ...] = ()
    area: str | None = None
    clause: str = Field(min_length=2)
    basis: str = ""


class PlaceKind(StrEnum):
    """道路, 小区, 地标, 社区, 街道."""

    ROAD = "road"
    COMPOUND = "compound"
    LANDMARK = "landmark"
    COMMUNITY = "community"
    STREET = "street"


class Place(Rule):
    """A line of the gazetteer. A road that crosses several communities has a line for each, told apart by numbers."""

    name: str = Field(min_length=2)
    kind: PlaceKind
    street: str
    community: str | None = None
    aliases: tuple[str, ...] = ()
    from_number: int | None = None
    to_number: int | None = None


class TemplateText(Rule):
    """The words of one template on one channel; ``{field}`` marks what is filled in."""

    subject: str = ""
    text: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        """Take a bare text for one without a subject."""
        return {"text": given} if isinstance(given, str) else given


class Template(Rule):
    """A message template; ``fields`` are the only names its texts may use.

    ``automatic`` is what no person wrote or waits for: one name gets few of them an hour. ``must_reach`` is about
    the matter: what does not reach him on one way is sent on the next, and at last, unless automatic, told by a person.
    ``notice`` is told unasked and can be left (退订): a letter of it says how.
    """

    name: str
    label: str
    fields: frozenset[str]
    default: TemplateText
    channels: dict[str, TemplateText] = Field(default_factory=dict)
    automatic: bool = False
    must_reach: bool = False
    notice: bool = False


class Term(Rule):
    """A weighted column of ``ticket_facts``."""

    column: str
    weight: Decimal = Decimal(1)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        """Take a bare column name for one of weight 1."""
        return {"column": given} if isinstance(given, str) else given


class Rate(Rule):
    """A ratio of sums over ``ticket_facts``: Σ weight·column ÷ Σ column."""

    name: str
    label: str
    numerator: tuple[Term, ...] = Field(min_length=1)
    denominator: tuple[Term, ...] = Field(min_length=1)
    counts_to: Literal["lead", "first"] = "lead"
    """The unit a ticket counts to: the one that leads its case, or the one it was first dispatched to."""


class Composite(Rule):
    """Weighted sum of rates × 100."""

    label: str
    weights: dict[str, Decimal]


class Formulas(Rule):
    """How the rates are computed (三率), and the assessment day and period they are counted in."""

    version: str
    cut_off_hour: int = Field(default=12, ge=0, le=23)
    start_day: int = Field(default=19, ge=1, le=28)
    rates: tuple[Rate, ...]
    composite: Composite
    unit_score: Composite | None = None
    """效能考核: weights over the same rates; a negative weight takes points off."""
    exclusions: dict[str, str] = Field(default_factory=dict)
    """Grounds of exclusion (剔除) by code; rates are shown with and without the excluded tickets."""
    ranked_apart: tuple[tuple[UnitKind, ...], ...] = ()
    """Kinds of unit that are ranked with one another only."""
    ageing: tuple[int, ...] = (1, 3, 7, 15, 30)
    """在办时长: the days that part open cases by how long they have been open, rising."""

    @field_validator("ageing")
    @classmethod
    def _rises(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if not days or min(days) < 1 or list(days) != sorted(set(days)):
            msg = "ageing 应是由小到大、互不相同的天数"
            raise ValueError(msg)
        return days


class Cue(Rule):
    """A cue phrase with its weight; ``pattern`` is a regular expression."""

    pattern: str
    weight: float = 1.0

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:
        """Take a bare pattern for one of weight 1."""
        return {"pattern": given} if isinstance(given, str) else given


OTHER = "其他"
"""The request type of what is none of the other types."""


class RequestType(Rule):
    """诉求类型: 咨询 求助 投诉 举报 建议 表扬 其他. ``column`` chooses the clock table's column."""

    name: str
    column: Column = Column.STANDARD
    cues: tuple[Cue, ...] = ()


class UrgencyRule(Rule):
    """A sign of urgency; ``unless`` are patterns that take it back when they match the same clause."""

    name: str
    level: Literal["urgent", "emergency"]
    label: str
    patterns: tuple[str, ...]
    unless: tuple[str, ...] = ()
    advice: str = ""


class Suspected(Rule):
    """Labels and advice where the second opinion alone speaks."""

    emergency: str = "疑似险情"
    urgent: str = "疑似急件"
    advice: str = "如有人身危险，请先离开危险的地方，立即拨打110、119或120"


class UrgencyRules(Rule):
    """All signs, and the patterns that take any sign back: before it (negation, fear), or in its clause (the past).

    ``spellings`` are slips and their right forms, of the same length. ``suspected`` is what is said where no sign
    stands but the text is like the examples of an emergency.
    """

    rules: tuple[UrgencyRule, ...]
    negations: tuple[str, ...]
    past: tuple[str, ...]
    spellings: tuple[tuple[str, str], ...] = ()
    suspected: Suspected = Suspected()


class Conversation(Rule):
    """Which chat messages are one matter: lengths in characters, moments since the resident's last message.

    An agent who has taken a conversation over and says nothing for ``agent_idle_minutes`` loses it; one who has
    claimed a ticket (领单) and does nothing to it for ``claim_minutes`` loses that.
    ``urging`` are words that ask what has become of a matter, ``another`` words that begin a further one, ``adding``
    words that go on with one; all are regular expressions.
    """

    fragment: int = Field(8, ge=0)
    fragment_minutes: int = Field(30, ge=0)
    addition: int = Field(25, ge=0)
    addition_minutes: int = Field(2, ge=0)
    reply_days: int = Field(7, ge=0)
    agent_idle_minutes: int = Field(30, ge=1, le=1440)
    claim_minutes: int = Field(10, ge=1, le=240)
    urging_length: int = Field(40, ge=0)
    urging: tuple[str, ...] = (
        "催(一?下|办|促)",
        "怎么还(没|不)",
        "还没(有)?(人|解决|处理|回复|消息)",
        "什么时候(能|才)?(处理|解决|回复|办好)",
        "有(没有)?(进展|结果|消息)(了)?(吗|没)",
        "处理得?怎么样",
        "到底管不管",
    )
    adding: tuple[str, ...] = (
        "^(再|我再)?补充",
        "^(我)?(刚才|刚刚|上面|前面|上午|之前)(说|讲|反映)的",
        "^接(着)?(上面|刚才)",
    )
    another: tuple[str, ...] = ("另外|此外|另一(个|件)", "还有(一|个|件)", "再(反映|问|说)", "顺便|顺带")


class Manifest(Rule):
    """``pack.yaml``: who the district is."""

    name: str
    version: str
    district: str
    city: str
    desk: str
    hotline: str
    timezone: str = "Asia/Shanghai"
    mayor_mailbox: str = ""
    fictional_period: Annotated[tuple[str, str] | None, Field(description="first and last day of the samples")] = None
    conversation: Conversation = Conversation()


ARTICLE_LINE, ARTICLE_LINES = 2000, 200
"""Characters of an article's fee and of each line of its lists, and lines of a list, at most."""
ArticleLine = Annotated[str, Field(max_length=ARTICLE_LINE)]
ArticleLines = Annotated[tuple[ArticleLine, ...], Field(max_length=ARTICLE_LINES)]
ARTICLE_NUMBER = r"^[\w.-]*\d[\w.-]*$"
"""A number stands in addresses where words lead elsewhere (``/articles/new``): a digit tells them apart."""


def _sound_number(number: str) -> str:
    if re.fullmatch(ARTICLE_NUMBER, number) is None:
        msg = f"“编号”只能用文字、数字和 - _ .（不能有空格和斜杠），至少含一个数字：{number[:64]!r}"
        raise ValueError(msg)
    return number


def _only_a_day(value: Any) -> Any:
    """A number is no day: pydantic takes it for seconds since 1970, who wrote it meant what a spreadsheet counts."""
    if value is None or type(value) is date or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value)):
        return value
    raise PydanticCustomError("date_parsing", "no day")


class ArticleSource(Rule):
    """A knowledge article (知识条目) as the pack ships it: front matter and Markdown body.

    ``short_answer`` is what a chat reply says, at most 300 characters (GB/T 44191-2024 asks for an answer that can
    be read out). ``valid_until`` is the last day in force; None means until withdrawn. What cannot be seen is no
    part of question and answer.
    """

    id: Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_sound_number)]
    question: str = Field(min_length=2)
    similar: ArticleLines = ()
    category: str
    unit: str
    street: str = Field("", description="code of the street it is for; empty: everywhere")
    audience: str = ""
    keywords: ArticleLines = ()
    materials: ArticleLines = ()
    steps: ArticleLines = ()
    fee: ArticleLine = ""
    basis: ArticleLines = ()
    short_answer: str = Field(min_length=1, max_length=300)
    valid_from: Annotated[date | None, BeforeValidator(_only_a_day)] = None
    valid_until: Annotated[date | None, BeforeValidator(_only_a_day)] = None
    body: str = ""

    @field_validator("question", "short_answer", mode="before")
    @classmethod
    def _can_be_seen(cls, given: object) -> object:
        return stripped(given) if isinstance(given, str) else given

    @model_validator(mode="after")
    def _dates(self) -> ArticleSource:
        if self.valid_from and self.valid_until and self.valid_until < self.valid_from:
            msg = "失效日期早于生效日期"
            raise ValueError(msg)
        return self
