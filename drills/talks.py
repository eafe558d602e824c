"""Random chats: a hypothesis state machine of residents, time and people of the desk, on both databases.

Each run is one resident on an empty state; after each act ``drills.chat_rules`` must find nothing. Hypothesis makes
what it finds as short as it can.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy.orm import Session

from api.desk import Desk
from casework import rules as casework_rules
from casework.dialogue.judging import Offer
from district.pack import District
from drills import databases
from drills.chat_rules import Records, breaches, dead_ends
from drills.chats import AGENTS, BEGIN, Chat, Thinking
from knowledge.tables import Article
from storage import migrate
from storage.database import Database
from storage.identity import User

STEPS = 24
"""Acts of one chat at most."""
CHATS = 1500
"""Of the long run, on each database."""
FAR = 6
"""Every so many acts it is looked at what follows when all falls silent: that takes as long as ten acts."""
NUMBERS = ("QA-D001", "QA-D002")
"""Articles that the bot may answer by."""
GONE = "QA-D404"
"""One that was withdrawn meanwhile."""

COMMANDS = (
    *("菜单", "你好", "在吗", "谢谢", "嗯", "好的", "查进度", "转人工", "补充", "修改", "不知道", "没有问题", "不对"),
    *("解决了", "没解决", "是补充", "是新的事", "满意", "不满意", "撤回", "确认撤诉", "保密"),
)
CHOICES = ("1", "2", "3", "4", "9", "１", "二", "第一个", "选2", "1。")
ANSWERS = ("光明路和和平街交叉口", "昨天晚上八点", "幸福小区3号楼", "13800138000", "不方便说", "门口", "三天了")
MATTERS = (
    "我们这边晚上路灯不亮，黑得看不清路",
    "井盖坏了",
    "楼下烧烤店油烟太大，每天营业到凌晨两点，窗户都不敢开",
    "另外，小区的垃圾三天没人清运了",
    "还有那个路灯一闪一闪的，影响休息，麻烦派人看看",
    "建议在公园里多装几个座椅，老人走累了没有地方坐",
    "表扬社区的工作人员，服务态度很好，帮我们解决了大问题",
)
QUESTIONS = ("公积金怎么提取？", "居住证怎么办理", "身份证丢了去哪里补办？", "什么时候来修？", "怎么还没人处理")
EMERGENCIES = ("着火了", "楼下着火了，有人被困在里面", "煤气漏了，味道很大，快来人", "有人要跳楼")
NOISE = (
    *(
        "路",
        "灯",
        "坏",
        "了",
        "。",
        "？？？",
        "哈哈",
        "666",
        "[微笑]",
        "asdf",
        "滚",
        "垃圾",
        "忽略以上指令",
        "今天天气不错",
    ),
    *("The street light near my house has been broken for days", "도로가 파손되었습니다", "a", "井盖"),
)
ASKED = st.sets(st.sampled_from(("place", "time", "object", "contact", "photo")), max_size=4).map(
    lambda names: tuple(sorted(names))
)
OFFERS = st.one_of(
    st.just(Offer()),
    st.just(Offer("answer", "请带身份证到窗口办理。", NUMBERS[0])),
    st.just(Offer("clarify", "您想问的是哪一个？\n1 甲\n2 乙\n3 都不是", "", NUMBERS)),
    st.just(Offer("clarify", "您想问的是哪一个？\n1 甲\n2 乙\n3 都不是", "", (GONE, NUMBERS[1]))),
)
WORDS = st.one_of(
    *(st.sampled_from(each) for each in (COMMANDS, CHOICES, ANSWERS, MATTERS, MATTERS, QUESTIONS, EMERGENCIES, NOISE)),
    st.text(min_size=1, max_size=12),
)
PAUSE = st.sampled_from((0, 2, 20, 20, 60))
LENGTHS = st.sampled_from(
    [timedelta(**each) for each in ({"seconds": 7}, {"minutes": 11}, {"minutes": 45}, {"hours": 3}, {"days": 2})]
)


class BrokenError(AssertionError):
    """What does not hold; the message names it and the acts that led to it."""


def prepare(session: Session, district: District) -> None:
    """What the chats of a database stand on: its rules, the agents, and articles to answer by."""
    casework_rules.keep(session, district, now=BEGIN)
    for agent in AGENTS:
        user = {"login": agent.name, "name": agent.name, "role": str(agent.role), "password_hash": "-"}
        session.add(User(id=agent.id, created_at=BEGIN, **user))
    for number in NUMBERS:
        made: Mapping[str, Any] = {name: [] for name in ("similar", "keywords", "materials", "steps", "basis")}
        session.add(
            Article(
                number=number,
                question="证件怎么办理？",
                category=district.taxonomy.leaves[0].code,
                unit="",
                short_answer="请带身份证到窗口办理。",
                status="published",
                created_at=BEGIN,
                updated_at=BEGIN,
                updated_by="drill",
                **made,
            )
        )


def category_of(district: District) -> str:
    """A category whose lead is one unit."""
    lines = ((each.code, district.directory.line_for(each.code, None)) for each in district.taxonomy.leaves)
    return next(
        code for code, line in lines if line is not None and not line.lead.startswith("@") and not line.co_units
    )


class Talking(RuleBasedStateMachine):
    """One resident's chat. ``machine`` gives it a database and a district."""

    database: Database
    district: District
    category: str

    @initialize(channel=st.sampled_from(("telegram", "wechat")), missing=ASKED)
    def begin(self, channel: str, missing: tuple[str, ...]) -> None:
        """Nothing has been said yet."""
        thinking = Thinking(self.category, missing)
        self.chat = Chat(self.database, self.district, thinking, channel)
        self.acts = 0

    @rule(missing=ASKED, kind=st.sampled_from(("投诉", "求助", "咨询", "建议")), place=st.booleans(), offer=OFFERS)
    def think(self, missing: tuple[str, ...], kind: str, place: bool, offer: Offer) -> None:  # noqa: FBT001
        """Triage and the search see things otherwise from now on."""
        self.chat.thinking = Thinking(self.category, missing, kind, place, offer)

    @rule(text=WORDS, after=PAUSE)
    def write(self, text: str, after: float) -> None:
        """He writes."""
        self.chat.write(text, after=after)

    @rule(number=st.integers(1, 4), after=PAUSE)
    def choose(self, number: int, after: float) -> None:
        """He answers with a number."""
        self.chat.write(str(number), after=after)

    @rule(text=st.sampled_from((*ANSWERS, *MATTERS, *EMERGENCIES)), after=PAUSE)
    def speak(self, text: str, after: float) -> None:
        """He sends a recording that the platform has put into words."""
        self.chat.write(text, kind="voice", after=after)

    @rule(caption=st.sampled_from(("", "", "路灯坏了", "着火了")), after=PAUSE)
    def photograph(self, caption: str, after: float) -> None:
        """He sends a picture."""
        self.chat.photo(caption, after=after)

    @rule(label=st.sampled_from(("光明路1号", "")))
    def point(self, label: str) -> None:
        """He sends a pin."""
        self.chat.pin(label)

    @rule()
    def stick(self) -> None:
        """He sends a sticker."""
        self.chat.sticker()

    @rule(number=st.integers(0, 5), text=st.sampled_from((*ANSWERS, *MATTERS, *EMERGENCIES, "嗯", "")))
    def edit(self, number: int, text: str) -> None:
        """He words a message anew."""
        self.chat.edit(number, text)

    @rule(number=st.integers(0, 5))
    def redeliver(self, number: int) -> None:
        """The platform brings a message again."""
        self.chat.redeliver(number)

    @rule(one=WORDS, other=WORDS)
    def two_devices(self, one: str, other: str) -> None:
        """Two messages at the same moment."""
        self.chat.write(one)
        self.chat.write(other, after=0)

    @rule(text=WORDS)
    def overtake(self, text: str) -> None:
        """He writes while triage thinks about what he wrote before."""
        self.chat.overtaken(text)

    @rule(length=LENGTHS)
    def fall_silent(self, length: timedelta) -> None:
        """He says nothing for a while."""
        self.chat.wait(length)

    @rule(act=st.sampled_from(("take", "say", "back", "note")), who=st.integers(0, 1))
    def agent(self, act: Any, who: int) -> None:
        """A person of the desk is in the conversation."""
        self.chat.agent(act, who=who)

    @rule(act=st.sampled_from(("accept", "answer_directly", "reject", "answer")))
    def decide(self, act: Any) -> None:
        """The desk decides, or the unit answers."""
        self.chat.desk(act)

    @precondition(lambda self: any("answer" in each.what for each in self.chat.acted))
    @rule()
    def ask_in_writing(self) -> None:
        """The questionnaire goes out."""
        self.chat.wait(timedelta(minutes=40))
        self.chat.ask_in_writing()

    def check_invariants(self, *given: Any, **more: Any) -> None:
        """After each act. Raises ``BrokenError``."""
        super().check_invariants(*given, **more)
        if hasattr(self, "chat"):
            self.acts += 1
            hold(self.chat, far=self.acts % FAR == 0)

    def teardown(self) -> None:
        """At the end all falls silent."""
        if hasattr(self, "chat"):
            hold(self.chat, far=True)


def hold(chat: Chat, *, far: bool = False) -> None:
    """Raises ``BrokenError`` if something does not hold of the chat now."""
    with chat.database.read() as session:
        found = breaches(Records.of(session, chat))
    if found := found or list(dead_ends(chat, far=far)):
        raise BrokenError("\n".join(found) + "\n" + transcript(chat))


def transcript(chat: Chat) -> str:
    """What was done and said."""
    told = [(each.by, each.what, [one.template + str(one.details.get("said", "")) for one in each.said]) for each in
            chat.acted if each.said or each.by != "time"]  # fmt: skip
    return "\n".join(f"   {by}: {what} → {', '.join(said)}" for by, what, said in told)


def machine(database: Database, district: District) -> type[Talking]:
    """The machine on this database, which ``prepare`` has seen."""
    on = {"database": database, "district": district, "category": category_of(district)}
    return type("Talking", (Talking,), on)


def talk(database: Database, district: District, *, chats: int, seed: int | None = None, shortest: bool = True) -> None:
    """So many chats, the same again with a ``seed``, and always the same without.

    Raises ``BrokenError`` with what breaks something; ``shortest`` looks for minutes for the shortest chat that does.
    """
    with database.write.begin() as session:
        prepare(session, district)
    made = settings(
        max_examples=chats,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        derandomize=seed is None,
        phases=(Phase.generate, Phase.shrink) if shortest else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    on = machine(database, district)
    run_state_machine_as_test(on if seed is None else seeded(seed)(on), settings=made)


def run(given: argparse.Namespace) -> None:
    """Both databases, with a new seed each time, which is told."""
    seed = int.from_bytes(os.urandom(4), "big")
    with databases.both() as there:
        for name, settings_ in there.items():
            desk = Desk(settings_)
            try:
                migrate.upgrade(desk.database)
                print(f"   {name}: {given.chats} chats of at most {STEPS} acts, seed {seed}", flush=True)
                talk(desk.database, desk.district, chats=given.chats, seed=seed)
            finally:
                desk.close()
