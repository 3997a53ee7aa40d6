"""Fields that are told in their own way, because one sentence says several of them or the value alone says too little."""

from collections.abc import Iterator
from typing import Any

from lazaretto.protocol.cadence import Cadence
from lazaretto.protocol.round import Round
from lazaretto.protocol.text import Text
from lazaretto.protocol.wording import codes
from lazaretto.protocol.wording.cadence import duration, how_often, night, window
from lazaretto.protocol.wording.describe.line import (
    NOTED,
    Line,
    Special,
    Teller,
    below,
    get,
    phrased,
    unfilled,
)
from lazaretto.protocol.wording.describe.order import PHRASES
from lazaretto.protocol.wording.fields import field_name
from lazaretto.protocol.wording.phrases import UNFILLED, joined, number, percent, quoted
from lazaretto.protocol.wording.values import conditions, value_of, with_standing
from lazaretto.protocol.wording.who import residents_only, said_by


def active(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    if not part.active:
        yield Line("active", Text("启用", "asked at all"), Text("此级别不启用", "not at this level"), depth)


def applies_to(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    said = said_by(part, teller.words)
    if said.zh:
        yield Line("applies_to", Text("适用", "Who or where"), said, depth)


def cadence(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    here, found = below(path, "cadence"), part.cadence
    label = field_name(type(part), "cadence") if depth else Text("节律", "How often")
    if found is None:
        if unfilled(part, "cadence"):
            yield Line(here, label, UNFILLED, depth, filled=False)
        return
    yield Line(here, label, how_often(found), depth)
    if depth:
        return
    yield Line(_window_path(here, found), Text("按时", "On time"), window(found), depth)
    at_night = night(found, residents=isinstance(part, Round) and residents_only(part, teller.words))
    if at_night.zh:
        yield Line("", Text("夜间", "At night"), at_night, depth)


def _window_path(here: str, found: Cadence) -> str:
    """Return which value makes the window; none where it is the format's own."""
    if found.grace is not None:
        return f"{here}.grace"
    return f"{here}.early" if found.early is not None else ""


def standings(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    """Return what holds for people with a standing, one line for each value that is another."""
    for index, patch in enumerate(part.standings):
        label = with_standing(patch.where, teller.words)
        for field, value in patch.set.items():
            here = f"standings.{index}.set.{field}"
            yield Line(here, label, changed(type(part), field, value, teller), depth)


def changed(model: Any, field: str, value: Any, teller: Teller) -> Text:
    """Return another value of a field: a cadence says itself, anything else with the name of its field."""
    said = phrased(model.__name__, field, value_of((field,), value, teller.words))
    if field == "active":
        return Text("启用", "asked") if value else Text("不启用", "not asked")
    if field == "cadence":
        return said
    name = field_name(model, field)
    return Text(f"{name.zh}：{said.zh}", f"{name.en}: {said.en}")


def screen_threshold(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    if part.screen_threshold is not None:
        said = number(part.screen_threshold).zh
        text = Text(f"{said} °C 起须复测", f"from {said} °C on a second reading is owed")
        yield Line("screen_threshold", Text("阈值", "Thresholds"), text, depth)
    elif unfilled(part, "screen_threshold"):
        yield Line("screen_threshold", Text("阈值", "Thresholds"), UNFILLED, depth, filled=False)


def confirm_threshold(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    if part.confirm_threshold is not None:
        said = number(part.confirm_threshold).zh
        text = Text(f"复测 {said} °C 起为发热已确认", f"from {said} °C in the second reading the fever is confirmed")
        yield Line("confirm_threshold", Text("确认", "Confirmed"), text, depth)
    elif unfilled(part, "confirm_threshold"):
        yield Line("confirm_threshold", Text("确认", "Confirmed"), UNFILLED, depth, filled=False)


def second_reading(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    how = part.second_reading
    if how is None:
        return
    here = below(path, "second_reading")
    due = Text(f"{duration(how.within).zh}内", f"within {duration(how.within).en}")
    yield Line(here, field_name(type(part), "second_reading"), due, depth)
    order = ("rest", "methods", "sites", "other_device", "masked_for")
    yield from teller.tell(how, here, depth + 1, order)
    if how.own_usual is not None:
        own, more = how.own_usual, number(how.own_usual.above).zh
        text = Text(
            f"比最近 {own.days} 天的中位数高 {more} °C 起也须复测（至少 {own.readings} 次读数）",
            f"from {more} °C over the median of the last {own.days} days on, too ({own.readings} readings at least)",
        )
        yield Line(below(here, "own_usual"), field_name(type(how), "own_usual"), text, depth + 1)
    if how.device_check is not None:
        most = number(how.device_check.most).zh
        text = Text(
            f"偏差超过 {most} °C 的体温计不作复测" + ("；其余按偏差更正" if how.device_check.correct else ""),
            f"one that is off by more than {most} °C judges nothing"
            + ("; the others are corrected by their error" if how.device_check.correct else ""),
        )
        yield Line(below(here, "device_check"), field_name(type(how), "device_check"), text, depth + 1)


def check(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    if part.check is not None:
        here = below(path, "check")
        yield Line(here, field_name(type(part), "check"), part.check.title.text, depth)
        yield from teller.tell(part.check, here, depth + 1, ("by", "cadence", "tolerance"))


def required(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    """Return when a day is complete; only rounds are counted."""
    if not isinstance(part, Round):
        return
    label = Text("完整", "Complete")
    if not part.required:
        yield Line("required", label, Text("不影响当天是否完整", "does not decide whether a day is complete"), depth)
    elif part.complete_at == 1:
        said = Text("全部做到，当天才算完整", "a day is complete only with all of them")
        yield Line("complete_at", label, said, depth)
    else:
        share = percent(part.complete_at).zh
        said = Text(f"做到 {share} 起，当天算完整", f"a day is complete from {share} on")
        yield Line("complete_at", label, said, depth)


def ordered(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    last = part.steps[-1].title.text
    if len(part.steps) < 2:
        return
    if part.ordered:
        said = Text("须按顺序，不得跳步", "in this order; no step is skipped")
    else:
        said = Text(f"前几步不分先后，“{last.zh}”最后", f"in any order, “{last.en}” last")
    yield Line("ordered", Text("次序", "Order"), said, depth)


def wait_after(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    """Return from where a wait counts: the step before, unless another is named."""
    if part.wait_after is not None:
        said = teller.words.word(part.wait_after, "wait_after")
        yield Line(below(path, "wait_after"), Text("自此步起等", "counted from the step"), said, depth)


def cycle(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    if not part.cycle:
        yield Line(below(path, "cycle"), NOTED, Text("不参加轮换", "outside the turn"), depth)


def expires(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    if not part.expires:
        yield Line(below(path, "expires"), NOTED, Text("无保质期", "does not expire"), depth)


def rest_share(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    if part.rest_share is not None:
        said = number(part.rest_share).zh
        text = Text(f"每执勤 1 天至少休息 {said} 天", f"at least {said} days of rest for each day of duty")
        yield Line("rest_share", field_name(type(part), "rest_share"), text, depth)
    elif unfilled(part, "rest_share"):
        yield Line("rest_share", field_name(type(part), "rest_share"), UNFILLED, depth, filled=False)


def per_post(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    yield Line(below(path, "per"), field_name(type(part), "per"), teller.words.word(part.per, "per"), depth)


def by_apart(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    if part.by is not None:
        by = teller.words.word(part.by)
        text = Text(f"{by.zh}不同的人互不接触", f"people of a different {by.en.removesuffix('s')} do not meet")
        yield Line(below(path, "by"), field_name(type(part), "by"), text, depth)


def only(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    if part.only is not None:
        yield Line(
            below(path, "only"), field_name(type(part), "only"), conditions(part.only.where, teller.words), depth
        )


def between(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    if part.between is not None:
        sides = (quoted(conditions(side.where, teller.words)) for side in part.between)
        text = joined(sides, Text("与", " and "))
        text = Text(f"{text.zh}互不接触", f"{text.en} do not meet")
        yield Line(below(path, "between"), field_name(type(part), "between"), text, depth)


def amount(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    """Return how much is given for each day, meal or occasion."""
    label = field_name(type(part), "amount")
    per = teller.words.word(part.per, "per")
    if part.amount is not None:
        said = with_unit(part.amount, part.unit, Text("至少 {}", "at least {}"))
        text = Text(f"{per.zh}{said.zh}", f"{said.en} per {per.en}")
        yield Line(below(path, "amount"), label, text, depth)
    elif unfilled(part, "amount"):
        yield Line(below(path, "amount"), label, UNFILLED, depth, filled=False)


def per_good(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    """Return for what the thing is given where no amount says it."""
    if part.amount is None and "per" in part.model_fields_set and part.per != "day":
        yield Line(below(path, "per"), field_name(type(part), "per"), teller.words.word(part.per, "per"), depth)


def with_unit(value: Any, unit: str, phrase: Text) -> Text:
    n, said = number(value).zh, codes.unit(unit)
    zh, en = (f"{n} {said.zh}".strip(), f"{n} {said.en}".strip())
    return Text(phrase.zh.format(zh), phrase.en.format(en))


def least(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    return _bound(teller, part, path, depth, "least", PHRASES["Reserve", "least"])


def most(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    return _bound(teller, part, path, depth, "most", Text("最多 {}", "at most {}"))


def warn_at(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    return _bound(teller, part, path, depth, "warn_at", Text("到 {}时", "at {}"))


def _bound(teller: Teller, part: Any, path: str, depth: int, field: str, phrase: Text) -> Iterator[Line]:
    value, here, label = get(part, field), below(path, field), field_name(type(part), field)
    if value is not None:
        yield Line(here, label, with_unit(value, part.unit, phrase), depth)
    elif unfilled(part, field):
        yield Line(here, label, UNFILLED, depth, filled=False)


def limited(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    yield Line("of", field_name(type(part), "of"), teller.words.word(part.of), depth)


def per_limit(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    yield Line("per", field_name(type(part), "per"), teller.words.word(part.per, "per"), depth)


def question(teller: Teller, part: Any, path: str, depth: int) -> Iterator[Line]:
    yield Line(below(path, "type"), field_name(type(part), "type"), teller.words.word(part.type, "type"), depth)


_KINDS = (
    "Round", "Chain", "Pathway", "Rotation", "Restriction", "Assignment", "Separation", "Panel", "Trigger", "Form",
    "Register", "Report", "Entitlement", "Limit", "Stock", "Plan",
)  # fmt: skip
SPECIAL: dict[tuple[str, str], Special] = {
    **{(kind, "active"): active for kind in _KINDS},
    **{(kind, "applies_to"): applies_to for kind in _KINDS},
    **{(kind, "standings"): standings for kind in _KINDS},
    **{(kind, "required"): required for kind in _KINDS},
    **{(kind, "cadence"): cadence for kind in ("Round", "SecondSource", "Panel", "Form", "Report", "Entitlement", "Stock", "Drill")},
    ("Round", "screen_threshold"): screen_threshold,
    ("Round", "confirm_threshold"): confirm_threshold,
    ("Round", "second_reading"): second_reading,
    ("Round", "check"): check,
    ("Chain", "ordered"): ordered,
    ("Step", "wait_after"): wait_after,
    ("DutyState", "cycle"): cycle,
    ("Rotation", "rest_share"): rest_share,
    ("Reserve", "expires"): expires,
    ("Reserve", "least"): least,
    ("Post", "per"): per_post,
    ("Apart", "by"): by_apart,
    ("Apart", "only"): only,
    ("Apart", "between"): between,
    ("Good", "amount"): amount,
    ("Good", "per"): per_good,
    ("Limit", "of"): limited,
    ("Limit", "per"): per_limit,
    ("Limit", "least"): least,
    ("Limit", "most"): most,
    ("Limit", "warn_at"): warn_at,
    ("Question", "type"): question,
}  # fmt: skip
