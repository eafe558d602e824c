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
    r"(?:[当平及那同这有随按准小]时|[由对关属至等基处位用善终过]于|公司|[社小校园地片辖]区|[交沟]通|物业|保安|[员职民]工)$"
)
"""What ends with a surname's character and is an ordinary word."""
_END = rf"(?=$|[^{_HAN}]|的|电话|手机|身份|家住|住|反映|举报|投诉|要求|现|今年|联系|来电|是|,|，)"

_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"(?:我叫|我是|我姓名|本人(?:是|叫)?|名叫|名字(?:是|叫)|姓名|联系人|举报人|投诉人|反映人|诉求人|来信人|来电人|当事人|署名|落款|"
        rf"(?:业主|住户|居民|房东|市民|司机|员工|老板|负责人|法人|经办人|女儿|儿子|母亲|父亲|老伴|爱人|丈夫|妻子)(?:叫|是|为|:)?)"
        rf"\s{{0,3}}[:：]?\s{{0,3}}(?P<name>{_NAME}){_END}",
        rf"(?:叫|名为|找|联系)(?P<name>{_NAME})(?=$|[^{_HAN}]|的(?!是|话))",
        rf"(?P<name>(?<![{_HAN}])[老小]?{_SURNAME}{_TITLE}|(?<=[{_HAN}])[老小]?{_SURNAME}{_TITLE})",
        rf"(?m)(?P<name>(?<=[\s,，。!！]){_NAME})(?=\s{{0,9}}(?:敬上|谨上|拜上|敬启|谨启|敬呈))",
        rf"(?m)(?:敬礼|谢谢|感谢|盼复|商祺|——)[!！。.,，]?\s{{0,9}}(?P<name>(?!谢谢|感谢){_NAME})(?=[ \u3000]{{0,9}}$)",
        rf"(?P<name>{_NAME})(?=[\s,，、:：(（]{{0,2}}(?:电话|手机|身份证|联系方式|1[3-9]\d{{9}}))",
    )
)


def find(text: str) -> list[tuple[int, int]]:
    """Start and end of every person named, in no order; spans may overlap."""
    found = []
    for form in _FORMS:
        for one in form.finditer(text):
            start, end = one.span("name")
            if not _PART_OF_A_WORD.search(text, max(0, start - 2), start + 1):
                found.append((start, end))
    return found
