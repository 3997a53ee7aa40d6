"""What is told of each part of a measure, in which order, and how a value stands in its sentence. Only tables."""

from lazaretto.protocol.text import Text

#: Fields that are told although they say what holds anyway.
ALWAYS = {
    "placement",
    "purpose",
    "counts_from",
    "day_one_is",
    "stream",
    "what",
    "clock_from",
    "beyond",
    "spaces",
    "per",
    "review",
    "where",
    "at_least",
}
#: Truth values that allow or state something rather than ask for it.
STATES = {"skippable", "optional", "sensitive", "outside", "nil", "automatic", "expires", "never_denied", "starts_care"}

_EVERY = Text("每 {}一次", "every {}")
_WITHIN = Text("{}内", "within {}")
_LEAST = Text("至少 {}", "at least {}")
_MOST = Text("最多 {}", "at most {}")
_PEOPLE = Text("{} 人", "{}")

PHRASES: dict[tuple[str, str], Text] = {
    ("", "length"): _LEAST,
    ("", "max"): _MOST,
    ("", "max_total"): _MOST,
    ("", "persons"): _MOST,
    ("", "review"): _EVERY,
    ("", "follow_up"): _EVERY,
    ("", "warn"): Text("满 {}时", "after {}"),
    ("", "outside_review"): Text("满 {}前由外部人员决定", "somebody from outside decides within {}"),
    ("", "before_exit"): Text("离开前 {}内", "within {} before leaving"),
    ("", "on_days"): Text("第 {} 天", "day {}"),
    ("", "within"): _WITHIN,
    ("", "result_within"): _WITHIN,
    ("", "first_within"): _WITHIN,
    ("", "answer_within"): _WITHIN,
    ("", "call_out"): _WITHIN,
    ("", "window"): _WITHIN,
    ("", "expires"): Text("{}后失效", "after {}"),
    ("", "wait"): _LEAST,
    ("", "exposure_clock"): _LEAST,
    ("", "gap"): _LEAST,
    ("", "rest"): _LEAST,
    ("", "masked_for"): Text("{}内", "for {}"),
    ("", "rounds"): _LEAST,
    ("", "min_strength"): _LEAST,
    ("", "standby_days"): _LEAST,
    ("", "vacancy_alarm"): Text("空缺满 {}", "{}"),
    ("", "days_of_cover"): _LEAST,
    ("Reserve", "least"): _LEAST,
    ("Rotation", "reserve"): _LEAST,
    ("Post", "at_least"): _PEOPLE,
    ("Post", "at_most"): _PEOPLE,
    ("Drill", "at_least"): Text("{} 次", "{} times"),
    ("Restriction", "largest"): Text("{}以内不限", "{} are let through"),
    ("Round", "sample"): _LEAST,
    ("Form", "recheck"): _LEAST,
    ("Panel", "coverage"): _LEAST,
    ("Plan", "keeps"): _LEAST,
    ("Good", "amount"): _LEAST,
    ("Rotation", "leader_share"): _LEAST,
    ("Rotation", "leader_share_of"): _LEAST,
    ("Register", "look_back"): Text("往前 {}", "{} back"),
    ("SecondSource", "tolerance"): Text("{}", "{}"),
}

_COMMON = ("required", "effort", "owner", "checker", "retention")

#: What is told of each part, in which order. A test fails where a field of a kind stands in neither this nor `UNTOLD`.
ORDERS: dict[str, tuple[str, ...]] = {
    "Round": (
        "active", "applies_to", "observation", "cadence", "standings", "screen_threshold", "confirm_threshold", "second_reading", "items", "record",
        "check", "sample", "pair", "entry_allowance", *_COMMON,
    ),
    "SecondReading": ("within", "rest", "methods", "sites", "other_device", "masked_for", "own_usual", "device_check"),
    "OwnUsual": ("above", "days", "readings"),
    "DeviceCheck": ("observation", "most", "correct"),
    "SecondSource": ("by", "cadence", "tolerance"),
    "Chain": ("active", "applies_to", "stream", "directions", "classes", "requires", "ordered", "steps", "refusal", "standings", *_COMMON),
    "Step": ("does", "directions", "by", "place", "items", "observation", "wait", "wait_after", "within", "expires", "accept", "pair"),
    "Pathway": (
        "active", "applies_to", "purpose", "counts_from", "day_one_is", "lead", "exposure_clock", "stages", "max_total", "restart_on",
        "suspend_on", "entitlements", "starts_care", "never_with", "reserve", "capacity", "standings", *_COMMON,
    ),
    "Stage": (
        "length", "max", "placement", "place_class", "site", "persons", "tests", "exit", "review", "warn", "outside_review",
        "on_silence", "skippable", "handover", "approved_by",
    ),
    "StageTest": ("on_days", "before_exit", "result"),
    "Rotation": (
        "active", "applies_to", "groups", "states", "anchor", "leader_share", "leader_share_of", "rest", "rest_share", "reserve",
        "duty_levels", "fixed", "skills", "handover", "everyone", "standings", *_COMMON,
    ),
    "DutyState": (
        "where", "days", "standby_days", "before", "separate", "alone", "place_class", "min_strength", "call_out", "cycle",
    ),
    "DutyTest": ("valid_for", "result"),
    "Restriction": (
        "active", "applies_to", "what", "directions", "denies", "except_for", "zones", "since", "order", "largest", "exception",
        "instead", "review", "standings", *_COMMON,
    ),
    "Assignment": ("active", "applies_to", "posts", "everyone", "apart", "vacancy_alarm", "ends", "review", "standings", *_COMMON),
    "Post": ("per", "at_least", "at_most", "span_min", "span_max", "held_by", "deputy", "outside", "duties"),
    "Separation": ("active", "applies_to", "rules", "spaces", "gap", "unit", "standings", *_COMMON),
    "Apart": ("by", "only", "between"),
    "Panel": (
        "active", "applies_to", "cadence", "on", "rounds", "window", "tests", "tiers", "coverage", "valid_for", "result_within",
        "gap_reasons", "refusal", "standings", *_COMMON,
    ),
    "Test": ("specimen", "pooled", "ucum"),
    "Trigger": ("active", "applies_to", "event", "condition", "clock_from", "actions", "standings", *_COMMON),
    "Action": ("after", "by", "within", "same_day", "starts", "to"),
    "Form": (
        "active", "applies_to", "cadence", "on", "questions", "explicit", "signed", "remind_before", "channels", "layers",
        "agree_with", "recheck", "opens", "standings", *_COMMON,
    ),
    "Question": ("type", "choices", "sensitive", "optional"),
    "Register": ("active", "applies_to", "classes", "fields", "look_back", "follow_up", "keep", "read_by", "standings", *_COMMON),
    "Class": ("next", "follow_up", "form"),
    "Column": ("class",),
    "Report": (
        "active", "applies_to", "cadence", "on", "within", "to", "content", "fields", "nil", "evidence", "receipt", "escalate_to",
        "standings", *_COMMON,
    ),
    "Entitlement": (
        "active", "applies_to", "for", "while", "goods", "cadence", "first_within", "offered_to", "answer_within", "never_denied",
        "standings", *_COMMON,
    ),
    "Good": ("amount", "per", "instead"),
    "Limit": ("active", "applies_to", "of", "per", "least", "most", "warn_at", "beyond", "automatic", "starts", "standings", *_COMMON),
    "Stock": ("active", "applies_to", "items", "cadence", "burn_over", "lead_time", "ledger", "standings", *_COMMON),
    "Reserve": ("days_of_cover", "least", "units", "protection", "expires"),
    "Plan": ("active", "applies_to", "papers", "drills", "stages", "causes", "review", "after_action", "keeps", "standings", *_COMMON),
    "Paper": ("number", "within", "review"),
    "Drill": ("cadence", "at_least", "scenario", "scored"),
}  # fmt: skip

#: Fields that are told elsewhere: as title, chips, grounds, changes, or with another field.
UNTOLD = {
    "id", "kind", "title", "line", "tags", "waiver", "floor", "source", "filled", "assumption", "note", "levels", "when",
    "complete_at", "subject", "covers", "occupied", "presence", "unit", "with", "panel",
}  # fmt: skip
