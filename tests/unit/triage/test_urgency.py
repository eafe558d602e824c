"""The demo pack's urgency rules, sentence by sentence: nothing that endangers life passes as ordinary."""

from __future__ import annotations

from pathlib import Path

import pytest

import packs
from district.pack import load
from district.schemas import UrgencyRule, UrgencyRules
from triage.urgency import UrgencyJudge, judge_of

EMERGENCIES = {
    "燃气泄漏": [
        "厨房里天然气泄漏了，味道特别大",
        "楼道里闻到一股煤气味，不知道谁家的",
        "我家灶台好像漏气了，不敢开灯",
        "挖掘机把路边的燃气管道挖断了，呼呼往外漏气",
        "没人管啊，一直在漏气",
        "是不是漏气了，头有点晕",
        "安检员走了以后燃气表那里嘶嘶响",
        "液化气罐阀门坏了直漏",
    ],
    "火情": [
        "对门着火了，快派人来",
        "三楼窗户往外冒黑烟",
        "小区后面的仓库失火，火势很大",
        "楼下垃圾房起火了",
        "插座冒烟还有一股焦糊味",
        "去年就反映过，现在又着火了",
    ],
    "电动车起火": ["楼道里电动车充电的时候起火了", "电瓶在屋里冒烟"],
    "爆炸": ["刚才听见爆炸声，玻璃都震碎了", "隔壁饭店煤气罐炸了"],
    "危险化学品泄漏": ["冷库氨气泄漏，工人都跑出来了", "路上一辆罐车侧翻，里面的东西在往外流"],
    "一氧化碳中毒": ["烧炭取暖一屋子人头晕恶心", "怀疑煤气中毒，老人叫不醒"],
    "坍塌": ["胡同里一面墙塌了，砸着车了", "马路中间突然塌陷出一个大坑", "工地脚手架倒塌"],
    "有人被困": [
        "我妈困在电梯里半个小时了",
        "电梯里关了人，打物业电话不通",
        "孩子反锁在屋里，灶上还开着火",
        "有个工人掉进污水井了",
        "小孩的头卡在栏杆里拔不出来",
    ],
    "落水溺水": ["柳荫湖那边有个孩子掉河里了", "有人溺水了", "刚看见一个老人滑进湖里"],
    "触电危险": [
        "电线断了掉在地上，还滋滋响",
        "路灯杆漏电，狗碰了一下就不行了",
        "有人触电了倒在地上",
        "变压器刺啦刺啦冒火星",
    ],
    "轻生自伤": [
        "再不给解决我就从楼上跳楼",
        "我真的不想活了",
        "邻居站在楼顶要往下跳",
        "我妈把一瓶安眠药都吃了，吃了安眠药怎么办",
        "如果你们不管我就死在政府门口",
    ],
    "正在发生的暴力": ["楼下两伙人打起来了", "前夫拿着刀在我家门口砸门", "老公又家暴我了", "有人正在殴打保安"],
    "扬言极端行为": ["对门扬言要炸了这栋楼", "他说要和我们同归于尽"],
    "突发疾病或受伤": [
        "广场上有个大爷晕倒了",
        "同事突然心脏病，快叫救护车",
        "孩子抽搐口吐白沫",
        "老人没有呼吸了",
        "空调外机掉下来砸到人了",
        "我媳妇要生了，车堵在路口出不去",
    ],
    "生命支持断电": ["我爸靠呼吸机，现在停电了", "停电三个小时了，家里有制氧机的老人怎么办"],
    "人员走失失联": [
        "我家老人早上出门走失了，患有老年痴呆",
        "孩子放学后不见了",
        "楼上独居老人两天敲门没人应",
        "儿子昨晚失踪了",
    ],
}
URGENT = {
    "井盖缺失": ["便道上井盖没了，晚上看不见", "窨井盖松动，车一轧咣当响", "路中间少了一个井盖"],
    "大面积停水停电": ["整个小区停电了", "全楼没水，没人通知", "家里停水三天了，老人没法做饭"],
    "积水倒灌": ["桥下积水很深，车都熄火了", "下水道污水倒灌进屋", "地下车库淹了", "楼道水管爆了"],
    "群体欠薪": ["工地上三十多个工人的工资拖欠半年", "拖欠我们几十个人的工资不给"],
    "群体纠纷": ["业主们拉横幅堵了大门", "好多家长聚集在培训机构门口讨说法"],
    "树木险情": ["大风把一棵大树刮得要倒，压在电线上", "枯树枝断了悬在半空"],
    "高空坠物险情": ["大楼外墙瓷砖往下掉", "店铺招牌松动，风一吹直晃", "楼上扔酒瓶下来"],
    "房屋险情": ["承重墙裂缝越来越大", "老房子歪得很，怕塌"],
    "电梯险情": ["电梯突然下坠两层", "单元电梯三天两头困人"],
    "刺激性气味": ["工厂夜里排刺鼻气味", "不知道哪来的化工味，熏得头晕"],
    "群体不适": ["幼儿园里好几个孩子发烧呕吐"],
    "动物伤人": ["流浪狗追着人咬，咬了两个孩子"],
    "未成年人受侵害": ["孩子在学校被同学打了", "怀疑老师猥亵学生"],
    "道路险情": ["路面有个大坑，摔了好几个骑车的", "十字路口红绿灯全灭了"],
    "困境人员": ["桥洞里有个流浪老人冻得发抖"],
    "正在发生的诈骗": ["我妈刚给骗子转账八万", "对方让我把钱转到安全账户"],
}
NORMAL = [
    "没有漏气，就是想预约安检",
    "燃气表没漏气，就是不走字",
    "去年着过火，墙还是黑的",
    "去年冬天，楼下着火烧了棚子",
    "担心着火，楼道里堆满了纸箱",
    "灭火器过期了没人换",
    "社区什么时候搞消防演练",
    "消防演练时楼里冒烟是怎么回事",
    "楼道堆物存在火灾隐患",
    "电动车进楼充电容易着火",
    "燃气灶打不着火",
    "天然气火苗小，一顿饭做一个钟头",
    "沙发睡半年塌了个坑，商家不给换",
    "这烟头要是着了火算谁的",
    "我们一起火锅店门口见的，他不退押金",
    "轮胎漏气，修车铺乱收费",
    "暖气漏气声音很响",
    "饭馆烟囱冒烟熏得开不了窗户",
    "公交车尾气冒黑烟",
    "漏电保护器多少钱一个",
    "防溺水宣传什么时候进校园",
    "楼顶的落水管坏了",
    "商场清仓跳楼价是不是骗人的",
    "心梗住院怎么报销",
    "家暴告诫书怎么开",
    "老人证丢了怎么补办",
    "宠物狗走失能不能帮忙发个启事",
    "户口卡在派出所办不下来",
    "孩子上学困难，困扰很久了",
    "停水通知贴在哪里",
    "公交卡丢了能补吗",
    "想问下退休手续需要什么材料",
    "小区里树木遮光，申请修剪",
    "路灯不亮三天了",
    "隔壁夫妻吵架声音大影响休息",
    "建议在路口加装减速带",
    "电梯广告太吵",
    "感谢物业师傅帮我修好了水管",
    "发生过火灾的那栋楼什么时候修",
    "上次漏电已经修好了，来问问赔偿",
    "预防煤气中毒的宣传单哪里领",
    "是哪个部门管爆炸物品许可",
    "",
]


@pytest.fixture(scope="module")
def judge() -> UrgencyJudge:
    district = load(Path(packs.__file__).parent / "demo")
    return judge_of(district.urgency, district.examples)


def _said(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(label, text) for label, texts in table.items() for text in texts]


@pytest.mark.parametrize(("label", "text"), _said(EMERGENCIES))
def test_what_endangers_life_is_an_emergency_with_the_number_to_call(
    judge: UrgencyJudge, label: str, text: str
) -> None:
    found = judge.judge(text)
    assert found.level == "emergency", found
    assert any(reason.startswith(f"{label}：") for reason in found.reasons), found.reasons
    assert any(number in found.advice for number in ("110", "119", "120"))


@pytest.mark.parametrize(("label", "text"), _said(URGENT))
def test_what_may_hurt_somebody_or_concerns_many_is_urgent(judge: UrgencyJudge, label: str, text: str) -> None:
    found = judge.judge(text)
    assert found.level in {"urgent", "emergency"}, found
    assert any(reason.startswith(f"{label}：") for reason in found.reasons), found.reasons
    assert any(number in found.advice for number in ("110", "119", "120"))


def test_an_urgent_matter_is_called_an_emergency_in_one_of_four_at_most(judge: UrgencyJudge) -> None:
    levels = [judge.judge(text).level for _, text in _said(URGENT)]
    assert levels.count("emergency") <= len(levels) / 4


@pytest.mark.parametrize("text", NORMAL)
def test_denied_past_feared_and_merely_named_dangers_are_normal(judge: UrgencyJudge, text: str) -> None:
    found = judge.judge(text)
    assert (found.level, found.reasons, found.advice) == ("normal", (), "")


def test_an_emergency_in_a_later_clause_gives_level_and_advice(judge: UrgencyJudge) -> None:
    found = judge.judge("井盖没了，有个孩子掉进井里了")
    assert found.level == "emergency"
    assert found.reasons[0].startswith("有人被困：")
    assert "119" in found.advice
    assert any(reason.startswith("井盖缺失：") for reason in found.reasons)


def test_a_title_alone_can_be_an_emergency(judge: UrgencyJudge) -> None:
    assert judge.judge("详见附件", title="楼道着火了").level == "emergency"


def test_a_sign_in_one_clause_stands_beside_a_denied_one_in_another(judge: UrgencyJudge) -> None:
    found = judge.judge("昨天检查说没有漏气，今天厨房着火了")
    assert found.level == "emergency"
    assert [reason.split("：")[0] for reason in found.reasons] == ["火情"]


def test_a_long_text_is_judged_to_its_end_and_gives_few_reasons(judge: UrgencyJudge) -> None:
    found = judge.judge(
        "物业费涨了没有公示。" * 200 + "楼下着火了，" * 50 + "有人触电，有人溺水，墙塌了，老人晕倒了，打起来了"
    )
    assert found.level == "emergency"
    assert len(found.reasons) == 5


def _rules(**changes: object) -> UrgencyRules:
    rule = UrgencyRule(name="leak", level="urgent", label="漏水", patterns=("漏水",), advice="拨打12345")
    return UrgencyRules.model_validate({"rules": (rule,), "negations": (), "past": (), **changes})


def test_a_pack_without_negations_or_past_takes_every_sign_as_it_stands() -> None:
    assert UrgencyJudge(_rules()).judge("去年没有漏水").level == "urgent"


def test_a_pack_without_rules_finds_everything_normal() -> None:
    assert UrgencyJudge(_rules(rules=())).judge("着火了").level == "normal"


def test_a_negation_reaches_six_characters_and_no_further() -> None:
    judge = UrgencyJudge(_rules(negations=("没有",)))
    assert judge.judge("没有一二三四漏水").level == "normal"
    assert judge.judge("没有一二三四五六漏水").level == "urgent"


def test_only_a_short_clause_puts_the_next_into_the_past() -> None:
    judge = UrgencyJudge(_rules(past=("去年",)))
    assert judge.judge("去年冬天，漏水").level == "normal"
    assert judge.judge("去年物业说好了要来修的，漏水").level == "urgent"


UNDERSTATED = [
    "清淤的两个人下去好一会儿了，上头怎么叫都不应",
    "一屋子人都犯恶心，灶上明明关着",
    "有个娃一条腿跨在九楼的窗台外头",
    "老爷子吃着饭筷子掉了，嘴往一边歪",
    "我把后事都写好了，密码也告诉她了，别找我",
    "前夫在外头踹门，手里好像拿着东西，我跟孩子躲在柜子里",
    "孩子让一个生人抱上车了，车往城外开",
    "快救人",
]
HARMLESS = [
    "溺水救护员的证去哪里考",
    "楼里上个月失过火，墙面什么时候粉刷",
    "谢谢消防员把我爸从电梯里救出来，想送面锦旗",
    "新闻里那家化工厂爆炸，咱们区的查过没有",
    "排个队能把人急死，多开一个窗口吧",
    "社区里搞火灾逃生演练，能不能换到周末",
    "猫在下水道里叫，能来掏一下吗",
    "志愿者拿铁锹清沟，很辛苦",
    "灭火器过期了谁负责换",
    "再不装护栏，早晚有人掉河里",
]


@pytest.mark.parametrize("text", UNDERSTATED)
def test_danger_told_without_its_words_is_an_emergency(judge: UrgencyJudge, text: str) -> None:
    found = judge.judge(text)
    assert found.level == "emergency", found
    assert found.advice


@pytest.mark.parametrize("text", HARMLESS)
def test_words_of_danger_without_danger_are_no_emergency(judge: UrgencyJudge, text: str) -> None:
    assert judge.judge(text).level != "emergency"


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ("不是着火，是邻居在院里烤肉", "normal"),
        ("不是投诉，是楼上着火了", "emergency"),
        ("没有人管，灶台那边一直漏气", "emergency"),
        ("检查了没有漏气，就是想换根软管", "normal"),
        ("前年着过火，证明丢了怎么补", "normal"),
        ("昨晚就开始漏气，到现在味道更重", "emergency"),
    ],
)
def test_negation_and_the_past_reach_only_what_they_speak_of(judge: UrgencyJudge, said: str, level: str) -> None:
    assert judge.judge(said).level == level


@pytest.mark.parametrize(
    "text", ["隔壁廚房漏煤氣，味道好大", "媒气漏了，头晕", "楼下着伙了快来", "屋企漏煤氣，阿婆暈咗"]
)
def test_traditional_characters_slips_and_cantonese_are_read(judge: UrgencyJudge, text: str) -> None:
    assert judge.judge(text).level == "emergency"


def test_spans_mark_the_words_of_the_reasons_in_the_text_given(judge: UrgencyJudge) -> None:
    text = "您好，樓下電瓶車著火了，快來"
    found = judge.judge(text, title="急")
    assert found.level == "emergency"
    start, end = found.spans[0]
    assert found.reasons[0].endswith(text[start:end])


def test_without_a_sign_the_clause_that_alarms_is_the_reason(judge: UrgencyJudge) -> None:
    found = judge.judge("我住三号院，有个娃坐在窗台外头，路灯也不亮")
    assert found.reasons == ("疑似险情：有个娃坐在窗台外头",)


def test_a_long_story_must_show_more_than_a_cry(judge: UrgencyJudge) -> None:
    story = "我们小区的物业费涨了三回都没有公示。业委会换届的事也没有下文。" * 8
    assert judge.judge(f"{story}{story}有人说心里堵得慌，夜里常常睡不着。{story}").level == "normal"
    assert judge.judge(f"{story}楼下着火了，快来人。{story}").level == "emergency"


@pytest.mark.parametrize(
    "text", ["", "嗯", "👍👍", "asdfgh", "6" * 300, "晚饭吃什么好呢", "<div></div>", "\ufffd" * 40]
)
def test_what_no_desk_could_act_on_is_foreign_and_normal(judge: UrgencyJudge, text: str) -> None:
    assert judge.foreign(text)
    assert judge.judge(text).level == "normal"


@pytest.mark.parametrize("text", ["三号楼的路灯坏了一个礼拜没人修", "請問居住證怎麼續簽，要帶什麼材料"])
def test_an_appeal_is_not_foreign(judge: UrgencyJudge, text: str) -> None:
    assert not judge.foreign(text)


def test_rules_without_examples_know_only_signs_and_too_little_chinese() -> None:
    judge = UrgencyJudge(_rules())
    assert judge.judge("喊他没有回音").level == "normal"
    assert judge.foreign("water leak")
    assert not judge.foreign("厨房漏水好几天")


@pytest.mark.parametrize("text", ["快", "怎么还没来人", "师傅来过了可灯还是不亮", "还在吵", "不满意", "补充：是二单元"])
def test_urging_and_following_up_are_no_emergency(judge: UrgencyJudge, text: str) -> None:
    assert judge.judge(text).level == "normal"


@pytest.mark.parametrize("text", ["火", "救命", "快来人救命", "老人晕倒"])
def test_a_cry_of_a_word_or_two_is_one(judge: UrgencyJudge, text: str) -> None:
    assert judge.judge(text).level == "emergency"
