"""
People who do not exist: names, birth dates and identity numbers from a seeded generator.

The identity numbers are right in form and in their check character and belong to nobody: their area codes are the
headings under which the districts of three cities are listed, and no card has ever been issued under a heading.
"""

import random
from datetime import date, timedelta

from stdnum.cn import ric

SEED = "lazaretto-demo-2"
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蔡蒋余于杜叶程魏苏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英建文辉玲梅国华红玉兰志飞鹏宇浩然子轩雨欣怡佳俊博思远嘉恒泽楠一凡晨曦若溪望舒安宁清和景行书言"
#: Headings of GB/T 2260 (市辖区) that no card carries, good for any year of birth.
AREAS = ("110100", "120100", "310100")


class Inventor:
    """
    Invents people for one of `of` facilities: each takes surnames of its own, so that nobody is called as somebody is
    in another one, and names are not used twice.
    """

    def __init__(self, name: str, index: int, of: int) -> None:
        self.draw = random.Random(f"{SEED}|{name}")
        self.surnames = SURNAMES[index::of]
        self.area = AREAS[index % len(AREAS)]
        self.number = 500 * (index // len(AREAS))
        self.names: set[str] = set()

    def name(self) -> str:
        while True:
            found = self.draw.choice(self.surnames) + "".join(self.draw.sample(GIVEN, self.draw.choice((1, 2, 2))))
            if found not in self.names:
                self.names.add(found)
                return found

    def born(self, ages: tuple[int, int], today: date) -> date:
        return today - timedelta(days=self.draw.randint(ages[0] * 365, ages[1] * 365))

    def identity(self, born: date, sex: str) -> str:
        """Return an identity number that belongs to nobody, right in every digit."""
        self.number = (self.number + 2) % 1000
        order = self.number + (sex == "male")
        body = f"{self.area}{born:%Y%m%d}{order:03d}"
        return body + ric.calc_check_digit(body + "0")
