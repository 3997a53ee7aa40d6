"""
Questions in words: what is on record, asked and never accused; the evidence as a table; how often it comes by itself.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters import signal_evidence as evidence
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.rounds.models import Signal
from lazaretto.apps.rounds.signal_list import Looked
from lazaretto.apps.rounds.signals import ANSWERS
from lazaretto.surveillance.farrington import BUREAU_ONLY
from lazaretto.web.dates import chinese, moment
from lazaretto.web.figures import count
from lazaretto.web.traditional import written

HONESTY = (
    "digits",
    "same_in_round",
    "copied",
    "same_for_person",
    "two_places",
    "early_entry",
    "burst_entry",
    "silent_unit",
)


def kind_of(rule: str) -> str:
    """Return what sort of rule one is: itself, or `cluster` or `chart`."""
    return rule.partition(".")[0]


def rule_names() -> list[tuple[str, str]]:
    return [(kind, name_of(kind)) for kind in ("cluster", "chart", *HONESTY)]


def name_of(kind: str) -> str:
    words = {
        "digits": gettext("Some last digits come too often"),
        "same_in_round": gettext("One value through a round"),
        "copied": gettext("Two rounds alike"),
        "same_for_person": gettext("Readings that never change"),
        "two_places": gettext("In two wings at once"),
        "early_entry": gettext("Entered before the visit"),
        "burst_entry": gettext("Entered faster than visited"),
        "silent_unit": gettext("A unit sent nothing"),
        "cluster": gettext("Several ill in a short time"),
        "chart": gettext("More fevers than usual"),
    }
    return words.get(kind, kind)


def meaning_of(kind: str) -> str:
    """Return what a rule does, in one sentence."""
    words = {
        "digits": gettext(
            "Last digits are compared with those of normal readings with the same mean and spread, not with equal shares."
        ),
        "same_in_round": gettext(
            "How likely is it that so many readings of one round are one value, given how this facility's rounds spread?"
        ),
        "copied": gettext(
            "Rounds of the same people are compared: as they are, a step or two higher or lower, or slipped by a row."
        ),
        "same_for_person": gettext(
            "How likely is it that a person's readings stay so equal, given how readings of one person differ here?"
        ),
        "two_places": gettext(
            "Entries of one author from two wings within seconds. Times typed to the minute are left out."
        ),
        "early_entry": gettext("Entries that were on record before the moment that they tell of."),
        "burst_entry": gettext(
            "More people within seconds than anybody can visit. It stands in the day's report, too."
        ),
        "silent_unit": gettext("The unit owed rounds and sent no record. It stands in the day's report, too."),
        "cluster": gettext("So many cases in one place within a time; each person counts once."),
        "chart": gettext(
            "The fevers of a day against the four weeks before. Days on which too few were read are left out, not counted as zero."
        ),
    }
    return words.get(kind, "")


def answers() -> list[tuple[str, str]]:
    return [(code, title(words)) for code, words in ANSWERS.items()]


def said(n: int) -> str:
    """Return the sentence that opens the page."""
    if not n:
        return gettext("No question is open.")
    return ngettext("%(n)s question waits for an answer.", "%(n)s questions wait for an answer.", n) % {"n": count(n)}


def units_in(signal: Signal) -> set[str]:
    """Return the codes of the units that a question names."""
    rows = signal.numbers.get("rows", ()) if signal.rule == "two_places" else ()
    found = {row[key] for row in rows for key in ("first", "second")}
    kind, _, code = signal.about.partition(":")
    return found | ({code} if kind == "unit" else set())


def turns(page: Any, given: Mapping[str, str]) -> dict[str, str]:
    """Return where the open questions before and after these are."""
    return {
        "before": f"?open={page.previous_page_number()}" if page.has_previous() else "",
        "after": f"?open={page.next_page_number()}" if page.has_next() else "",
    }


class Speaker:
    """Puts questions into words, given what units and authors are called; authors only for those who may know."""

    def __init__(self, zone: str, names: Mapping[str, Any], tells_author: bool) -> None:
        self.zone, self.names, self.tells_author = zone, names, tells_author

    def card(self, signal: Signal) -> dict[str, Any]:
        kind = kind_of(signal.rule)
        return {
            "pk": signal.pk,
            "title": self._title(signal),
            "about": self.about(signal),
            "author": self._author(signal),
            "when": moment(signal.starts, self.zone),
            "asks": self.asks(signal),
            "what": meaning_of(kind),
            "false_alarms": _false_alarms(signal.numbers.get("false_alarms") or {}),
            "facts": signal.facts,
            "ill": kind in ("cluster", "chart"),
            "digits": evidence.digits(signal.numbers) if kind == "digits" else None,
            "table": evidence.table(kind, signal.numbers, self.zone, self.unit),
        }

    def line(self, signal: Signal) -> dict[str, Any]:
        words = ANSWERS[signal.answer]
        return {
            "pk": signal.pk, "title": self._title(signal), "about": self.about(signal), "author": self._author(signal),
            "when": moment(signal.starts, self.zone), "asks": self.asks(signal),
            "answer": title(words), "note": signal.note,
            "answered": moment(signal.answered_at or 0, self.zone),
        }  # fmt: skip

    def unit(self, code: str) -> str:
        """Return what a unit is called: by its own name, or by that of the place of the same code."""
        known = [in_language(n) for kind in ("group", "place") if (n := self.names.get(f"{kind}:{code}"))]
        name = next((name for name in known if name not in (code, "")), "")
        return gettext("%(name)s (%(code)s)") % {"name": name, "code": code} if name else code

    def about(self, signal: Signal) -> str:
        kind, _, code = signal.about.partition(":")
        if kind == "unit":
            return self.unit(code)
        if kind == "device":
            return gettext("thermometer %(code)s") % {"code": code}
        return gettext("the facility")

    def _title(self, signal: Signal) -> str:
        own = signal.numbers.get("title")
        return (written(own["zh"]) if chinese() else own["en"]) if own else name_of(kind_of(signal.rule))

    def _author(self, signal: Signal) -> str:
        if not signal.author:
            return ""
        if not self.tells_author:
            return gettext("one author")
        known = self.names.get(f"person:{signal.author}")
        name = in_language(known) if known else ""
        if not name:
            return signal.author
        return gettext("%(name)s (%(code)s)") % {"name": name, "code": signal.author}

    def asks(self, signal: Signal) -> str:
        asking: dict[str, Callable[[Mapping[str, Any]], str]] = {
            "digits": _asks_digits, "same_in_round": self._asks_round, "copied": self._asks_copied,
            "same_for_person": _asks_person, "two_places": _asks_places, "early_entry": _asks_early,
            "burst_entry": self._asks_burst, "silent_unit": lambda n: gettext("It owed rounds and sent nothing that day. This is unknown, not zero. What happened there?"),
            "cluster": self._asks_cluster, "chart": _asks_chart,
        }  # fmt: skip
        ask = asking.get(kind_of(signal.rule))
        return ask(signal.numbers) if ask else ""

    def _asks_round(self, n: Mapping[str, Any]) -> str:
        row = n["rows"][0]
        text = ngettext(
            "%(most)s of %(n)s readings show %(value)s in the round of %(at)s. How were they taken?",
            "%(most)s of %(n)s readings show %(value)s in the round of %(at)s; %(rounds)s rounds are like that. How were they taken?",
            n["rounds"],
        )
        return text % {
            "most": row["most"],
            "n": row["n"],
            "value": row["value"],
            "at": moment(row["at"], self.zone),
            "rounds": n["rounds"],
        }

    def _asks_copied(self, n: Mapping[str, Any]) -> str:
        row = n["rows"][0]
        text = gettext(
            "%(same)s of %(n)s people have the same reading, or the same difference, at %(first)s and %(second)s; %(expected)s were to be expected. Was the second round taken anew?"
        )
        return text % {
            "same": row["same"], "n": row["n"], "first": moment(row["first"], self.zone),
            "second": moment(row["second"], self.zone), "expected": row["expected"],
        }  # fmt: skip

    def _asks_burst(self, n: Mapping[str, Any]) -> str:
        text = gettext("%(n)s people within seconds from %(at)s. How was this entered?")
        return text % {"n": n["n"], "at": moment(n["first"], self.zone)}

    def _asks_cluster(self, n: Mapping[str, Any]) -> str:
        text = gettext(
            "%(n)s people from %(first)s to %(last)s; from %(least)s within %(hours)s h it is asked. Have they anything in common, and what is needed?"
        )
        return text % {
            "n": n["n"], "least": n["least"], "hours": n["hours"], "first": moment(n["first"], self.zone),
            "last": moment(n["last"], self.zone),
        }  # fmt: skip


def _asks_digits(n: Mapping[str, Any]) -> str:
    text = gettext(
        "%(observed)s of %(n)s readings end in %(digit)s, %(expected)s were to be expected. How is the thermometer read?"
    )
    return text % {
        "observed": n["observed"][n["digit"]],
        "n": n["n"],
        "digit": n["digit"],
        "expected": n["expected"][n["digit"]],
    }


def _asks_person(n: Mapping[str, Any]) -> str:
    row = n["rows"][0]
    text = ngettext(
        "%(people)s person had nearly one reading all day, such as %(value)s in %(most)s of %(n)s. How were they taken?",
        "%(people)s people had nearly one reading all day, such as %(value)s in %(most)s of %(n)s. How were they taken?",
        n["people"],
    )
    return text % {"people": n["people"], "value": row["value"], "most": row["most"], "n": row["n"]}


def _asks_places(n: Mapping[str, Any]) -> str:
    text = gettext("%(n)s of %(of)s entries lie within seconds of one from another wing. Who entered them, and where?")
    return text % {"n": n["n"], "of": n["of"]}


def _asks_early(n: Mapping[str, Any]) -> str:
    text = gettext(
        "%(n)s entries were on record %(least)s to %(most)s s before the time that they tell of. Is the clock of the device right?"
    )
    return text % {"n": n["n"], "least": n["least_seconds"], "most": n["most_seconds"]}


def _asks_chart(n: Mapping[str, Any]) -> str:
    if n["above"] == "-inf":
        text = gettext(
            "%(n)s fevers that day, %(expected)s expected; the days before suffice to ask. Is something beginning?"
        )
    else:
        text = gettext(
            "%(n)s fevers that day, %(expected)s expected; above %(above)s it is asked. Is something beginning?"
        )
    return text % {"n": n["n"], "expected": n["expected"], "above": n["above"]}


def _false_alarms(kept: Mapping[str, Any]) -> str:
    how = kept.get("zh" if chinese() else "en", "")
    if kept.get("a_year") is None:
        return gettext("How often this comes with nothing wrong cannot be reckoned: %(how)s.") % {"how": how}
    text = gettext("With nothing wrong, at most about %(n)s a year in this facility (%(how)s).")
    return text % {"n": kept["a_year"], "how": how}


def looked(found: Looked | None) -> dict[str, Any]:
    """Return what is looked at, for the foot of the page."""
    if found is None:
        return {"rows": [], "bureau": ""}
    checks = found.checks
    honest = [kind for kind in HONESTY if (getattr(checks, kind, None) or getattr(checks.honesty, kind, None))]
    rows = [{"name": name_of(kind), "what": meaning_of(kind)} for kind in honest]
    for rule in checks.clusters:
        words = title(rule.title)
        unfed = gettext("Nothing on record feeds this rule yet: such cases are not entered here.")
        rows.append({"name": words, "what": unfed if rule.id in found.unfed else meaning_of("cluster")})
    for chart in checks.charts:
        rows.append({"name": title(chart.title), "what": meaning_of("chart")})
    return {"rows": rows, "bureau": title(BUREAU_ONLY)}
