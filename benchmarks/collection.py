"""A collection of articles as large as is asked for, made by a grammar: no office wrote any of it."""

from __future__ import annotations

from functools import cache
from random import Random

from knowledge.index import Document

_FIRST, _SECOND = "东西南北上下新古清福安永长玉金石云桂柳梅松竹", "河桥湖山园坪塘岭湾庄口坡寨营溪洲关台屯"
_THING = """
居住证 路灯 暖气费 高龄津贴 电动自行车牌照 养犬登记 公共租赁住房 残疾人证 营业执照 食品经营许可
临时占道许可 医保报销 生育津贴 失业保险金 住房公积金 户口迁移 学籍转接 老年公交卡 垃圾分类 井盖
自来水表 燃气管道 电梯加装 二次供水 绿化补种 噪声扰民 违法建设 消防通道 充电桩 法律援助 劳动仲裁
婚姻登记 收养登记 殡葬补贴 临时救助 低保 特困供养 义务教育入学 幼儿园报名 图书馆借阅证
"""
_DOES = """
申请 办理 变更 补办 注销 查询 投诉 报修 预约 续期 领取 缴纳 核验 退还 公示
"""
_OFFICE = """
街道便民服务中心 区政务服务大厅 社区居民委员会 区城市管理局 区住房保障中心 区人力资源和社会保障局
区医疗保障局 区民政局 区市场监督管理局 区教育局 区残疾人联合会 派出所户籍窗口 区交通运输局 自来水营业厅
燃气公司服务站
"""
_PAPER = """
身份证原件 户口簿复印件 房屋租赁合同 近期一寸照片 银行卡 不动产权证书 单位证明 诊断证明书 结婚证
收入申报表 授权委托书 营业场所平面图
"""
_WHO = """
本区户籍居民 持居住证的外来人员 年满六十周岁的老人 残疾人 个体工商户 在校学生家长 灵活就业人员
租住公房的家庭
"""
_TAILS = (
    "{office}自受理之日起{days}个工作日内作出决定，并以短信告知结果。",
    "{who}可以凭{paper}和{paper2}到{office}{does}，也可以在网上提交。",
    "材料不齐的，工作人员应当一次告知需要补正的全部内容，{days}日内补齐即可。",
    "{place}的居民请到{place}{number}号窗口，周六上午照常接待。",
    "费用为每次{money}元，符合条件的{who}免收。",
    "对结果有异议的，可以在{days}日内向{office}申请复核。",
    "{thing}与{thing2}不能同时{does}，请先办结其中一项。",
    "咨询电话由{office}公布，节假日有人值守。",
    "{place}至{place2}一带的{thing}由{office}负责，{hours}小时内到场。",
    "逾期未{does}的，需要重新提交{paper}，原有编号{number}作废。",
    "请注意，{paper}须在有效期内，姓名与{paper2}一致。",
)
_ASKED = (
    "{thing}在哪里{does}",
    "{place}的{thing}怎么{does}，要带{paper}吗",
    "{who}能不能{does}{thing}",
    "{does}{thing}要多少钱",
    "{thing}{does}以后几天有结果",
    "我住{place}，{thing}一直没人管，找哪个部门",
    "{paper}过期了还能{does}{thing}吗",
)

_words = cache(str.split)


def articles(number: int, *, seed: int = 7) -> list[Document]:
    """So many articles of 200 to 400 characters."""
    chance = Random(seed)
    return [_article(chance, at) for at in range(number)]


def questions(number: int, *, seed: int = 11) -> list[str]:
    """So many questions of residents on such articles."""
    chance = Random(seed)
    return [_say(chance, chance.choice(_ASKED)) for _ in range(number)]


def _article(chance: Random, number: int) -> Document:
    wanted = chance.randint(200, 400)
    body = ""
    while len(body) < wanted:
        body += _say(chance, chance.choice(_TAILS))
    return Document(f"KB-{number:05}", _say(chance, chance.choice(_ASKED)), body[:400])


def _say(chance: Random, sentence: str) -> str:
    return sentence.format(
        thing=chance.choice(_words(_THING)),
        thing2=chance.choice(_words(_THING)),
        does=chance.choice(_words(_DOES)),
        office=chance.choice(_words(_OFFICE)),
        paper=chance.choice(_words(_PAPER)),
        paper2=chance.choice(_words(_PAPER)),
        who=chance.choice(_words(_WHO)),
        place=_place(chance),
        place2=_place(chance),
        days=chance.randint(1, 60),
        hours=chance.randint(1, 72),
        money=chance.randint(5, 500),
        number=chance.randint(1, 9999),
    )


def _place(chance: Random) -> str:
    return chance.choice(_FIRST) + chance.choice(_SECOND) + chance.choice(("街道", "小区", "村", "路", "新村", "里"))
