"""The secrets that the privacy tests plant: what a reporter and an ordinary resident say of themselves."""

from __future__ import annotations

FILE = "王小明的证件.txt"
PERSON = {
    "name": "王小明",
    "phone": "13800004791",
    "id number": "110101199003070134",
    "plate": "京A7F85K",
    "mail": "wang.xiaoming",
    "writer": "portal.writer",
    "code": "",
    "file": FILE,
    "second name": "李大力",
    "second phone": "13900005678",
    "latitude": "39.91374",
    "longitude": "116.36528",
    "openid": "o_reporter_0002",
}
LETTER = (
    "您好，我叫王小明，电话138 0000 4791，身份证110101199003070134。举报我楼下的小作坊夜里无照加工食品，油烟很大。"
    "他们的人拦过我的车，京A7F85K。王 小 明 敬上，微信号wangxm_1990。"
)
CHAT = "举报小作坊无照加工食品，油烟扰民，我是李大力，手机13900005678"
NEIGHBOUR = "13700002468"
ORDINARY = f"光明路的路灯坏了三天没人修，我叫赵立新，电话{NEIGHBOUR}"
