"""
What a protocol may not say, and how its mistakes are told.

Each mistake is told with its file, line and path, and what was expected, in Chinese and in English. All mistakes of the form
are told at once. A rule that cannot be judged is refused when it is loaded, not when it is first missed.
"""

from tests.spec.documents import BASE, OWN, WARD, numbered, refusal, replaced
from tests.spec.runners import Spec
from tests.spec.tables import Cells


def changed(cells: Cells) -> dict[str, object]:
    return refusal(replaced(WARD, cells["instead"]))


def with_cadence(cells: Cells) -> dict[str, object]:
    return refusal(replaced(WARD, f"18 cadence: {cells['cadence']}"))


def test_the_document_of_this_chapter(spec: Spec) -> None:
    """It has no mistake. What stands in the tables below is put in its place, in line 18 if no other line is named."""
    spec.rows(
        """
        instead                  || where
                                 || loaded
        18 cadence: {per_day: 2} || loaded
        """,
        changed,
        **{"ward.yaml": numbered(WARD)},
    )


def test_a_cadence_needs_a_number(spec: Spec) -> None:
    """`regularly` is no cadence: how often something is owed is told in numbers, or the protocol is refused."""
    spec.rows(
        """
        cadence            || where        | path                       | zh                                                         | en
        {every: regularly} || ward.yaml:18 | measures.m.cadence.every   | 应为时长，如 PT2H（2 小时）、PT30M、P1D、P2W               | expected a duration such as PT2H, PT30M, P1D or P2W
        {every: 定期}      || ward.yaml:18 | measures.m.cadence.every   | 应为时长，如 PT2H（2 小时）、PT30M、P1D、P2W               | expected a duration such as PT2H, PT30M, P1D or P2W
        {every: 2}         || ward.yaml:18 | measures.m.cadence.every   | 应为时长，如 PT2H（2 小时）、PT30M、P1D、P2W               | expected a duration such as PT2H, PT30M, P1D or P2W
        {per_day: several} || ward.yaml:18 | measures.m.cadence.per_day | 应为整数，写的是 'several'                                 | expected a whole number, found 'several'
        {per_day: 0}       || ward.yaml:18 | measures.m.cadence.per_day | 应 ≥ 1，写的是 0                                           | expected ≥ 1, found 0
        {per_day: 97}      || ward.yaml:18 | measures.m.cadence.per_day | 应 ≤ 96，写的是 97                                         | expected ≤ 96, found 97
        {}                 || ward.yaml:18 | measures.m.cadence         | 节律须且只须给出 every、times、per_day、random、count 之一 | give exactly one of every, times, per_day, random, count
        {per_day: null}    || ward.yaml:18 | measures.m.cadence         | 节律须且只须给出 every、times、per_day、random、count 之一 | give exactly one of every, times, per_day, random, count
        regularly          || ward.yaml:18 | measures.m.cadence         | 应为“键: 值”，写的是 'regularly'                           | expected `key: value` lines, found 'regularly'
        """,
        with_cadence,
    )


def test_one_form_and_what_goes_with_it(spec: Spec) -> None:
    """A cadence has one form, and only the companions of that form."""
    spec.rows(
        """
        cadence                                              || path               | zh                                                         | en
        {every: PT2H, per_day: 3}                            || measures.m.cadence | 节律须且只须给出 every、times、per_day、random、count 之一 | give exactly one of every, times, per_day, random, count
        {times: ["08:00"], starts: "06:00"}                  || measures.m.cadence | starts 不能与 times 同用                                   | starts does not go with times
        {every: P1D, ends: "06:00"}                          || measures.m.cadence | ends 不能与 interval 同用                                  | ends does not go with interval
        {every: PT2H, anchor: 2026-01-05}                    || measures.m.cadence | anchor 不能与 every 同用                                   | anchor does not go with every
        {every: PT2H, between: ["08:00", "20:00"]}           || measures.m.cadence | between 不能与 every 同用                                  | between does not go with every
        {per_day: 2, starts: "08:00"}                        || measures.m.cadence | starts 不能与 per_day 同用                                 | starts does not go with per_day
        {random: {n: 1, per: day}, starts: "08:00"}          || measures.m.cadence | starts 不能与 random 同用                                  | starts does not go with random
        {count: {at_least: 1, within: P1D}, starts: "08:00"} || measures.m.cadence | starts 不能与 count 同用                                   | starts does not go with count
        """,
        with_cadence,
    )


def test_what_every_refuses(spec: Spec) -> None:
    """Below a day whole minutes within the day; from one day on whole days, with an anchor if there are several."""
    spec.rows(
        """
        cadence                                       || zh                                     | en
        {every: P1DT2H}                               || 一天以上须为整天或整周                 | from one day on, give whole days or weeks
        {every: P2D}                                  || 间隔多日须给出 anchor 起算日期         | an interval of several days needs an anchor date
        {every: P1W}                                  || 间隔多日须给出 anchor 起算日期         | an interval of several days needs an anchor date
        {every: PT24H}                                || 短于一天的间隔须为整分钟；一天写作 P1D | below a day, give whole minutes; write one day as P1D
        {every: PT30S}                                || 短于一天的间隔须为整分钟；一天写作 P1D | below a day, give whole minutes; write one day as P1D
        {every: PT2H, starts: "20:00", ends: "08:00"} || starts 须早于 ends                     | starts must be before ends
        {every: P2D, anchor: soon}                    || 应为日期，如 2026-01-05，写的是 'soon' | expected a date such as 2026-01-05, found 'soon'
        """,
        with_cadence,
    )


def test_what_the_other_forms_refuse(spec: Spec) -> None:
    """`times` are distinct times of the day; `per_day` needs hours above 3; a `count` has windows that tile."""
    spec.rows(
        """
        cadence                                    || path                          | zh                                   | en
        {times: [8am]}                             || measures.m.cadence.times.0    | 应为 24 小时制时间，如 "08:00"       | expected a time of day such as "08:00"
        {times: ["25:00"]}                         || measures.m.cadence.times.0    | 应为 24 小时制时间，如 "08:00"       | expected a time of day such as "08:00"
        {times: ["08:00", "08:00"]}                || measures.m.cadence.times      | 时间不能为空、重复或为 24:00         | times must be given, distinct and before 24:00
        {times: []}                                || measures.m.cadence.times      | 时间不能为空、重复或为 24:00         | times must be given, distinct and before 24:00
        {times: ["24:00"]}                         || measures.m.cadence.times      | 时间不能为空、重复或为 24:00         | times must be given, distinct and before 24:00
        {per_day: 4}                               || measures.m.cadence            | 每天多于 3 次须给出 between 起止时间 | more than 3 a day needs between
        {per_day: 2, between: ["20:00", "08:00"]}  || measures.m.cadence            | between 须先起后止，且不跨午夜       | between must run forward within one day
        {count: {at_least: 1, within: PT25H}}      || measures.m.cadence            | within 须为整天或不超过 24 小时      | within must be whole days, or at most 24 hours
        {count: {at_least: 1, within: P3D}}        || measures.m.cadence            | 多日窗口须给出 anchor 起算日期       | a window of several days needs an anchor date
        {random: {n: 0, per: day}}                 || measures.m.cadence.random.n   | 应 ≥ 1，写的是 0                     | expected ≥ 1, found 0
        {random: {n: 1, per: week}}                || measures.m.cadence.random.per | 应为 'day' 或 'shift'，写的是 'week' | expected 'day' or 'shift', found 'week'
        {times: ["22:00"], night: {from: "22:00"}} || measures.m.cadence.night      | 夜间须同时给出 from 与 to            | a night needs both from and to
        """,
        with_cadence,
    )


def test_windows_that_would_overlap(spec: Spec) -> None:
    """early + grace may not exceed the shortest way to the next slot, also over midnight (the defaults of `per_day` excepted)."""
    spec.rows(
        """
        cadence                                                || zh                                              | en
        {times: ["08:00", "08:30"]}                            || early 与 grace 合计 45 分，超过最短间隔 30 分   | early + grace is 45 min, more than the shortest spacing of 30 min
        {times: ["08:00", "08:30"], early: PT0M}               || loaded                                          | loaded
        {times: ["00:10", "23:50"]}                            || early 与 grace 合计 45 分，超过最短间隔 20 分   | early + grace is 45 min, more than the shortest spacing of 20 min
        {every: PT7H, grace: PT3H}                             || early 与 grace 合计 195 分，超过最短间隔 180 分 | early + grace is 195 min, more than the shortest spacing of 180 min
        {every: PT30M}                                         || early 与 grace 合计 45 分，超过最短间隔 30 分   | early + grace is 45 min, more than the shortest spacing of 30 min
        {per_day: 4, between: ["08:00", "12:00"], grace: PT2H} || early 与 grace 合计 120 分，超过最短间隔 60 分  | early + grace is 120 min, more than the shortest spacing of 60 min
        {per_day: 4, between: ["08:00", "12:00"]}              || loaded                                          | loaded
        {random: {n: 40, per: day}}                            || early 与 grace 合计 45 分，超过最短间隔 36 分   | early + grace is 45 min, more than the shortest spacing of 36 min
        """,
        with_cadence,
    )


def test_what_hangs_together(spec: Spec) -> None:
    """A measure uses words that the protocol has: observations, levels, populations, shifts and the hours of its night."""
    spec.rows(
        """
        instead                                                                                                                  || where        | path                     | zh                                      | en
        15 observation: temprature                                                                                               || ward.yaml:15 | measures.m.observation   | 没有观测 temprature，是否想写 temperature？ | there is no observation temprature; did you mean temperature?
        17 applies_to: [{populations: [martian]}]                                                                                || ward.yaml:17 | measures.m.applies_to    | 没有人群 martian，可用：patient, resident, staff_member, contractor, visitor, legal_visitor, supervisee, student | there is no population martian; known: patient, resident, staff_member, contractor, visitor, legal_visitor, supervisee, student
        19 levels: {red: {required: false}}                                                                                      || ward.yaml:19 | measures.m.levels.red    | 没有级别 red，可用：routine | there is no level red; known: routine
        18 cadence: {every: PT2H, night: {policy: skip}}                                                                         || ward.yaml:18 | measures.m.cadence       | 未给出夜间起止                          | no night hours are given
        18 cadence: {random: {n: 1, per: shift}}                                                                                 || ward.yaml:18 | measures.m.cadence       | 按班随机须先列出 shifts                 | per shift needs shifts
        6 shifts: [{id: noon, title: {zh: 午, en: noon}, from: "12:00", to: "13:00"}] / 18 cadence: {random: {n: 2, per: shift}} || ward.yaml:18 | measures.m.cadence       | 班 noon 容不下这么多次                  | shift noon is too short for so many
        8 levels: [{id: routine, title: {zh: 常态, en: Routine}}]                                                                || ward.yaml:8  | levels                   | 须有且只有一个 normal 级别              | exactly one level must be marked normal
        8 levels: []                                                                                                             || ward.yaml:8  | levels                   | 不能为空                                | this cannot be empty
        6 day_ends: "00:00"                                                                                                      || ward.yaml:6  | day_ends                 | day_ends 写 24:00，不写 00:00           | write day_ends as 24:00, not 00:00
        """,
        changed,
    )


def test_what_holds_under_a_level_or_a_standing(spec: Spec) -> None:
    """A patch is checked as if it stood in the measure, and the mistake is told where it stands."""
    spec.rows(
        """
        instead                                                                     || where        | path                                            | zh                                        | en
        19 levels: {routine: {cadence: {per_day: 9}}}                               || ward.yaml:19 | measures.m.levels.routine.cadence               | 每天多于 3 次须给出 between 起止时间      | more than 3 a day needs between
        19 levels: {routine: {applies_to: [{populations: [martian]}]}}              || ward.yaml:19 | measures.m.levels.routine.applies_to            | 没有人群 martian，可用：patient, resident, staff_member, contractor, visitor, legal_visitor, supervisee, student | there is no population martian; known: patient, resident, staff_member, contractor, visitor, legal_visitor, supervisee, student
        20 standings: [{where: {a: b}, set: {cadence: {every: PT2H, grace: PT3H}}}] || ward.yaml:20 | measures.m.standings.0.set.cadence              | early 与 grace 合计 195 分，超过最短间隔 120 分 | early + grace is 195 min, more than the shortest spacing of 120 min
        19 levels: {routine: {aplies_to: []}}                                       || ward.yaml:19 | measures.m.levels.routine.aplies_to             | 级别或身份条件不能改动 aplies_to，是否想写 applies_to？ | a level or a standing cannot change aplies_to; did you mean applies_to?
        """,
        changed,
    )


def test_what_a_measure_may_not_say(spec: Spec) -> None:
    """Levels and standings change how often, who and how long, not what a measure is; conditions fit the kind of subject."""
    spec.rows(
        """
        instead                                            || path                         | zh                                         | en
        19 levels: {routine: {title: x}}                   || measures.m.levels.routine.title | 级别或身份条件不能改动 title | a level or a standing cannot change title
        20 standings: [{where: {a: b}, set: {source: []}}] || measures.m.standings.0.set.source | 级别或身份条件不能改动 source | a level or a standing cannot change source
        20 standings: [{where: {}, set: {required: no}}]   || measures.m.standings.0.where | 不能为空                                   | this cannot be empty
        16 subject: place                                  || measures.m                   | 只有人员措施可选人群                       | only a measure on persons selects populations
        16 occupied: true                                  || measures.m                   | occupied 只用于场所                        | occupied is for places only
        14 source: []                                      || measures.m.source            | 不能为空                                   | this cannot be empty
        14 source: [{}]                                    || measures.m.source.0          | 来源须给出 row 或 text                     | a source needs row or text
        13 title: {zh: 测温}                               || measures.m.title.en          | 缺少这一项                                 | this is missing
        12 kind: rund                                      || measures.m                   | 没有种类 rund，是否想写 round？            | there is no kind rund; did you mean round?
        11 - id: M 1                                       || measures.M 1.id              | 应为小写字母、数字、点、横线，写的是 'M 1' | expected lower-case letters, digits, dots, dashes; found 'M 1'
        19 complete_at: 1.5                                || measures.m.complete_at       | 应 ≤ 1，写的是 '1.5'                       | expected ≤ 1, found '1.5'
        19 complete_at: most                               || measures.m.complete_at       | 应为数字，写的是 'most'                    | expected a number, found 'most'
        19 required: maybe                                 || measures.m.required          | 应为 true 或 false，写的是 'maybe'         | expected true or false, found 'maybe'
        """,
        changed,
    )


def test_unknown_keys(spec: Spec) -> None:
    """A key that the format does not know is an error, with the nearest known one; all mistakes of a form come at once."""
    spec.rows(
        """
        instead                              || where                        | path                                            | zh                                                          | en
        18 cadence: {evry: PT2H, per_day: 1} || ward.yaml:18                 | measures.m.cadence.evry                         | 不认识的键 evry，是否想写 every？                           | unknown key evry; did you mean every?
        6 day_end: "17:00"                   || ward.yaml:6                  | day_end                                         | 不认识的键 day_end，是否想写 day_ends？                     | unknown key day_end; did you mean day_ends?
        6 qqqqzz: 1                          || ward.yaml:6                  | qqqqzz                                          | 不认识的键 qqqqzz                                           | unknown key qqqqzz
        15 observaton: temperature           || ward.yaml:11 // ward.yaml:15 | measures.m.observation // measures.m.observaton | 缺少这一项 // 不认识的键 observaton，是否想写 observation？ | this is missing // unknown key observaton; did you mean observation?
        """,
        changed,
    )


def test_what_is_no_protocol(spec: Spec) -> None:
    """The file itself: YAML, a mapping, no key twice, the version of the format."""
    spec.rows(
        """
        instead                     || where        | path               | zh                                                | en
        1 lazaretto: 2              || ward.yaml:1  | lazaretto          | 应为 1，写的是 2                                  | expected 1, found 2
        6 id: ward                  || ward.yaml:6  | id                 | 键 id 重复                                        | the key id is given twice
        19 cadence: {per_day: 2}    || ward.yaml:19 | measures.0.cadence | 键 cadence 重复                                   | the key cadence is given twice
        18 cadence: {per_day: 1     || ward.yaml:19 | -                  | 不是合格的 YAML：did not find expected ',' or '}' | this is not valid YAML: did not find expected ',' or '}'
        9 observations: temperature || ward.yaml:9  | observations       | 应为列表，写的是 'temperature'                    | expected a list, found 'temperature'
        4 title: Ward               || ward.yaml:4  | title              | 应为“键: 值”，写的是 'Ward'                       | expected `key: value` lines, found 'Ward'
        5 source: &x [*x]           || ward.yaml:5  | source.0           | 不能嵌套自身                                      | a value cannot contain itself
        """,
        changed,
    )
    texts = {"a list": "- a\n- b\n", "a word": "ward\n", "nothing": "", "more than 1 MB": WARD + "#" * 1_000_001}
    spec.rows(
        """
        file           || where       | path | zh                 | en
        a list         || ward.yaml:1 | -    | 应为“键: 值”的文档 | expected a document of `key: value` lines
        a word         || ward.yaml:1 | -    | 应为“键: 值”的文档 | expected a document of `key: value` lines
        nothing        || ward.yaml:1 | -    | 应为“键: 值”的文档 | expected a document of `key: value` lines
        more than 1 MB || ward.yaml:1 | -    | 文件超过 1 MB      | the file is larger than 1 MB
        """,
        lambda cells: refusal(texts[cells["file"]]),
    )


def test_ids_are_given_once(spec: Spec) -> None:
    """Two measures of one file cannot have the same id."""
    twice = WARD + "  - id: m\n    kind: round\n"
    spec.rows(
        """
        file                    || where        | path       | zh        | en
        with a second measure m || ward.yaml:21 | measures.m | id m 重复 | the id m is given twice
        """,
        lambda cells: refusal(twice),
    )


def test_extending(spec: Spec) -> None:
    """A mistake is told in the file that makes it; a circle and an unknown pack at the line that names it."""

    def extended(cells: Cells) -> dict[str, object]:
        own, base = replaced(OWN, cells["own"]), replaced(BASE, cells["base"])
        return refusal(own, {"base": base, "own": own}, "own.yaml")

    spec.rows(
        """
        own                     | base                     || where        | path                       | zh                    | en
                                |                          || loaded       | loaded                     | loaded                | loaded
        4 extends: bse          |                          || own.yaml:4   | extends                    | 没有名为 bse 的规程包，旁边也没有 bse.yaml | there is no pack called bse, and no bse.yaml beside this file
        4 extends: own          |                          || own.yaml:4   | extends                    | 互相引用              | extends itself in a circle
                                | 6 extends: base          || base.yaml:6  | extends                    | 互相引用              | extends itself in a circle
                                | 18 owner: 5              || base.yaml:18 | measures.m.owner           | 应为文字，写的是 5    | expected text, found 5
        9 cadence: {per_day: 0} |                          || own.yaml:9   | measures.m.cadence.per_day | 应 ≥ 1，写的是 0      | expected ≥ 1, found 0
                                | 17 cadence: {per_day: 0} || loaded       | loaded                     | loaded                | loaded
        """,
        extended,
        **{"base.yaml": numbered(BASE), "own.yaml": numbered(OWN)},
    )


def test_a_mistake_as_it_is_printed(spec: Spec) -> None:
    """File, line and path stand before the sentence, once per language."""
    zh, en = str(refusal(replaced(WARD, "18 cadence: {per_day: 4}"))["said"]).splitlines()
    spec.rows(
        """
        language || printed
        zh       || ward.yaml:18: measures.m.cadence: 每天多于 3 次须给出 between 起止时间
        en       || ward.yaml:18: measures.m.cadence: more than 3 a day needs between
        """,
        lambda cells: {"printed": {"zh": zh, "en": en}[cells["language"]]},
    )
