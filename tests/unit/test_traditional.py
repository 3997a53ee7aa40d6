"""Traditional Chinese is derived: every sentence is said, by the tables, and the words of the field by our own."""

import re
from pathlib import Path

import polib
import pytest
from django.utils import translation

from lazaretto.apps.console.presenters.places import title
from lazaretto.protocol.text import Text
from lazaretto.web import language, traditional
from tests import messages
from tests.needs import not_here
from tests.unit.test_web_words import everything_said

#: Simplified, traditional as the handbook (§1) prints it: the words that users meet most, and all that OpenCC says otherwise.
HANDBOOK = [
    "监管场所",
    "監管場所",
    "看守所",
    "看守所",
    "强制隔离戒毒所",
    "強制隔離戒毒所",
    "监区",
    "監區",
    "监室",
    "監室",
    "床位",
    "床位",
    "入监监区",
    "入監監區",
    "隔离区",
    "隔離區",
    "监狱医院",
    "監獄醫院",
    "劳动车间",
    "勞動車間",
    "伙房",
    "伙房",
    "会见室",
    "會見室",
    "视频会见",
    "視訊會見",
    "分控室",
    "分控室",
    "指示病例",
    "指標病例",
    "罹患率",
    "侵襲率",
    "聚集性疫情",
    "群聚事件",
    "暴发",
    "爆發",
    "流调",
    "疫調",
    "复核",
    "覆核",
    "终末消毒",
    "終期消毒",
    "台账",
    "台帳",
    "视频巡查",
    "視訊巡查",
    "补货点",
    "再訂購點",
    "心理疏导",
    "心理輔導",
    "远程会诊",
    "遠距會診",
    "网络直报",
    "網路直報",
    "隔离治疗",
    "隔離治療",
    "隔离观察",
    "隔離觀察",
    "发热",
    "發熱",
    "头发",
    "頭髮",
    "干净",
    "乾淨",
    "干部",
    "幹部",
]


def test_the_tables_say_the_words_of_the_field() -> None:
    wanted = dict(zip(HANDBOOK[::2], HANDBOOK[1::2], strict=True))
    assert {one: traditional.traditional(one) for one in wanted} == wanted


def test_every_sentence_is_said_and_the_catalogue_is_the_derived_one() -> None:
    kept, derived = polib.pofile(str(messages.DERIVED)), messages.derived()
    assert {(e.msgid, e.msgstr, str(e.msgstr_plural)) for e in kept} == {(e.msgid, e.msgstr, str(e.msgstr_plural)) for e in derived}, "run: make messages"  # fmt: skip
    assert everything_said() - {e.msgid for e in kept if e.translated()} == set()
    compiled = polib.mofile(str(messages.DERIVED.with_suffix(".mo")))
    assert {e.msgid: e.msgstr for e in compiled} == {e.msgid: e.msgstr for e in kept}


def test_nothing_simplified_is_left() -> None:
    """No character that the tables change stands in the derived catalogue, but where a phrase keeps it on purpose."""
    tables = traditional.tables()
    kept = {c for phrase in tables.phrases.values() for c in phrase}
    said = "".join(e.msgstr + "".join(e.msgstr_plural.values()) for e in polib.pofile(str(messages.DERIVED)))
    assert {c for c in said if c in tables.characters and tables.characters[c] != c} - kept == set()
    for word in ("记录", "发热", "监区", "隔离"):
        assert word not in said


@pytest.mark.parametrize(
    ("asked", "code"), [("zh-TW", "zh-hant"), ("zh-Hant-HK;q=0.9", "zh-hant"), ("zh-HK,en", "zh-hant"), ("zh-CN", "zh-hans"), ("zh", "zh-hans"), ("en-GB,zh-TW", "en")],
)  # fmt: skip
def test_browsers_of_taiwan_and_hong_kong_get_it(asked: str, code: str, rf: object) -> None:
    request = rf.get("/", headers={"Accept-Language": asked})  # type: ignore[attr-defined]
    assert language.chosen(request) == code


def test_sentences_of_the_protocol_are_written_and_names_are_not() -> None:
    said = Text("发热者先隔离，复核后解除。", "Isolate first.")
    with translation.override("zh-hant"):
        assert title(said) == "發熱者先隔離，覆核後解除。"
    with translation.override("zh-hans"):
        assert title(said) == said.zh
    names = Path(traditional.__file__).parents[1] / "apps" / "console" / "presenters" / "places.py"
    own = re.search(r"def in_language.*?\n\n\n", names.read_text(encoding="utf-8"), re.S)
    assert own
    assert "written" not in own[0]


def test_the_table_is_what_opencc_says() -> None:
    try:
        import opencc  # noqa: F401
    except ImportError:
        not_here("opencc", "opencc is not installed; `make traditional` installs it")
    from tests.traditional import made

    assert made() == dict(traditional._pairs("table.tsv"))
