"""Persons a text names: by how they introduce themselves, by surname and title, by who they are to the writer."""

from __future__ import annotations

import re

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
    "谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐"
    "易乔伍庞颜倪庄聂章鲁岳翟申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙"
    "鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬"
)
DOUBLE_SURNAMES = "欧阳|司马|诸葛|上官|皇甫|令狐|慕容|尉迟|公孙|司徒|夏侯|端木|南宫|东方"
_HAN = "\u4e00-\u9fff"
_SURNAME = f"(?:{DOUBLE_SURNAMES}|[{SURNAMES}])"
_NO_END = "(?<![于在因已被的了是向对要也就都车])"
"""A name does not end with such a word: 举报人曾于2月."""
_NAME = f"(?:(?:{DOUBLE_SURNAMES})[{_HAN}]{{1,2}}|[{SURNAMES}][{_HAN}]{{1,2}}){_NO_END}"
_TITLE = (
    "(?:先生|女士|小姐|太太|阿姨|大爷|大妈|大姐|大哥|大叔|大娘|奶奶|爷爷|叔叔|伯伯|师傅|同志|老师|医生|大夫|护士|律师|警官|"
    "某某?|姓业主|姓住户|姓男子|姓女子|总(?=[,，。、说承答的])|经理|主任|书记|队长|所长|科长|站长|局长|主管|店长|老板|会计|校长|院长|"
    "处长|组长|班长|楼长|房东|网格员|站长|园长|教练)"
)
_PART_OF_A_WORD = re.compile(
    r"(?:[当平及那同这有随按准小]时|[由对关属至等基处位用善终过]于|公司|[社小校园地片辖]区|[交沟]通|物业|保安|城管|主管|监管|车间|班组|[员职民]工)$"
)
"""What ends with a surname's character and is an ordinary word."""
_END = (
    rf"(?=$|[^{_HAN}]|的|电话|手机|身份|家住|住|反映|举报|投诉|要求|现|今|昨|前天|联系|来电|是|在|说|去|被|于|和|向|已|也|因|来|自|从|到|把|将|办|买|"
    r"称|表示|多次|一直|报|请|提|希望|为|对|与|有|不|没)"
)
_WORDS = frozenset(
    "方式 方便 方法 时间 时候 施工 安全 安排 安静 关于 高兴 高度 高层 平时 万分 全体 全家 全部 全区 金额 石头 白天 黄色 温馨 温度 文明 文件 文化 路灯 "
    "路边 路口 路过 车主 车位 车辆 包括 马上 马路 任何 成了 毕竟 常年 应该 项目 单位 单元 钱款 水电 关闭 关门 高空 高温 高峰 连续 连夜 明天 明显 "
    "何时 何况 游客 游泳 简单 简直 成年 成立 宫外 党员 党委 阳台 康复 童车 苗木 冷水 向来 向您 向我 梅雨 元旦 池塘 米饭 麦地 司机 司法 易燃 齐全".split()
)
"""Ordinary words that begin with a surname."""
_SELF = (
    "我叫|我是|我姓名|本人(?:是|叫)?|名叫|名字(?:是|叫)|姓名|联系人|举报人|投诉人|反映人|诉求人|来信人|来电人|当事人|申请人|署名|落款|"
    "(?:业主|住户|居民|房东|市民|司机|员工|老板|负责人|法人|经办人|网格员|邻居|同事|朋友|失主|女儿|儿子|母亲|父亲|妈妈|爸爸|老伴|爱人|"
    "丈夫|妻子|老公|老婆|老人)(?:叫|是|为|:)?"
)

_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?:{_SELF})\s{{0,3}}[:：]?\s{{0,3}}(?P<name>{_NAME}){_END}",
        rf"(?:叫|名为|姓名为)(?P<name>{_NAME})(?=$|[^{_HAN}]|的(?!是|话))",
        rf"(?P<name>[老小]?{_SURNAME}{_TITLE})",
        rf"(?P<name>(?<![{_HAN}])[老小][{SURNAMES}](?=$|[^{_HAN}]|说|也|家)|(?<=[员人我叫])[老小][{SURNAMES}](?=$|[^{_HAN}]|说|的))",
        rf"(?m)(?P<name>(?<=[\s,，。!！]){_NAME})(?=\s{{0,9}}(?:敬上|谨上|拜上|敬启|谨启|敬呈))",
        rf"(?m)(?:敬礼|谢谢|感谢|盼复|商祺|——)[!！。.,，]?\s{{0,9}}(?P<name>(?!谢谢|感谢){_NAME})(?=[ \u3000]{{0,9}}$)",
        rf"(?P<name>(?<![{_HAN}]){_NAME})(?=[\s,，、:：(（]{{0,2}}(?:电话|手机|身份证|联系方式|1[3-9]\d{{9}}))",
    )
)


def find(text: str) -> list[tuple[int, int]]:
    """Start and end of every person named; the spans may overlap, the better go before."""
    found = []
    for form in _FORMS:
        for one in form.finditer(text):
            start, end = one.span("name")
            if text[start : start + 2] in _WORDS or _PART_OF_A_WORD.search(text, max(0, start - 2), start + 1):
                continue
            found.append((start, end))
    return found
