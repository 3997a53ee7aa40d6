"""Each contradiction in one sentence: the fact before the rule, and what would settle it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.presenters.evidence import measure_name
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.web.dates import moment, ms_of
from lazaretto.web.figures import count

Item = Mapping[str, Any]
#: So many are written out; the rest is counted and stands in the document.
MOST = 200


class Speaker:
    """Puts contradictions into words, given what the subjects, units, measures, populations and levels are called."""

    def __init__(
        self,
        *,
        zone: str,
        names: Mapping[str, Any],
        units: Mapping[str, Any],
        measures: Mapping[str, Any],
        populations: Mapping[str, Any],
        levels: Mapping[str, Any],
        flags: Mapping[str, Any],
    ) -> None:
        self.zone, self.names, self.units = zone, names, units
        self.measures, self.populations, self.levels, self.flags = measures, populations, levels, flags

    def lines(self, found: Sequence[Item]) -> list[dict[str, str]]:
        """Return title and sentence of each; one of a kind that is not known here is shown by its kind."""
        return [
            {"title": kind_word(c["kind"]), "said": self._counted(c) if "n" in c else self._said(c)}
            for c in found[:MOST]
        ]

    def _counted(self, item: Item) -> str:
        n = int(item["n"])
        return ngettext(
            "%(n)s time; the details stay in the facility.", "%(n)s times; the details stay in the facility.", n
        ) % {"n": n}

    def _said(self, item: Item) -> str:
        say: dict[str, Callable[[Item], str]] = {
            "fever_open": self._fever,
            "unit_silent": self._silent,
            "headcount_mismatch": self._headcount,
            "id_conflict": self._id_conflict,
            "correction_conflict": self._correction,
            "burst_entry": self._burst,
            "level_review_overdue": self._review,
            "flag_review_overdue": self._flag_review,
            "clock_jump": self._clock,
            "entered_late": self._entered_late,
        }
        return say[item["kind"]](item) if item["kind"] in say else ""

    def _at(self, text: str) -> str:
        return moment(ms_of(text), self.zone)

    def _name(self, ref: str) -> str:
        known, code = self.names.get(ref), ref.partition(":")[2]
        name = in_language(known) if known else code
        return name if name == code else gettext("%(name)s (%(code)s)") % {"name": name, "code": code}

    def _fever(self, c: Item) -> str:
        text = gettext(
            "%(who)s: fever since %(since)s, no later reading under the threshold and no isolation. Measure again or isolate."
        )
        return text % {"who": self._name(c["subject"]), "since": self._at(c["since"])}

    def _silent(self, c: Item) -> str:
        unit = in_language(self.units[c["unit"]]) if c["unit"] in self.units else c["unit"]
        return gettext("%(unit)s owed rounds and sent no record. Ask the unit, enter what is on paper.") % {
            "unit": unit
        }

    def _headcount(self, c: Item) -> str:
        if "population" in c:
            known = self.populations.get(c["population"])
            name = title(known.title) if known else c["population"]
            return gettext(
                "%(name)s: start, arrivals and departures do not add up to the end. Check the presence records."
            ) % {"name": name}
        text = gettext(
            "%(place)s: %(counted)s counted at %(at)s, %(on_file)s on file. Count again or correct the file."
        )
        return text % {
            "place": self._name(c["subject"]), "counted": c["counted"], "at": self._at(c["observed_at"]), "on_file": c["on_file"],
        }  # fmt: skip

    def _id_conflict(self, c: Item) -> str:
        return gettext(
            "Record %(fact)s came twice with different content; the first one counts. Check which is right."
        ) % {"fact": c["fact"]}

    def _correction(self, c: Item) -> str:
        return gettext("Two corrections of one record; %(fact)s counts. Correct it once more to settle it.") % {
            "fact": c["fact"]
        }

    def _burst(self, c: Item) -> str:
        n = int(c["subjects"])
        text = ngettext("%(by)s: %(n)s subject within seconds from %(at)s, faster than anybody walks. Ask how it was entered.",
                        "%(by)s: %(n)s subjects within seconds from %(at)s, faster than anybody walks. Ask how it was entered.", n)  # fmt: skip
        return text % {"by": self._name(f"person:{c['by']}"), "n": count(n), "at": self._at(c["from"])}

    def _review(self, c: Item) -> str:
        known = self.levels.get(c["level"])
        level = title(known.title) if known else c["level"]
        return gettext("The level %(level)s was to be reviewed by %(at)s. Review it: keep it with a reason, or end it.") % {
            "level": level, "at": self._at(c["review_at"]),
        }  # fmt: skip

    def _flag_review(self, c: Item) -> str:
        known = self.flags.get(c["flag"])
        flag = title(known.title) if known else c["flag"]
        text = gettext("The flag “%(flag)s” was to be reviewed by %(at)s. Declare it again with a reason, or end it.")
        return text % {"flag": flag, "at": self._at(c["review_at"])}

    def _clock(self, c: Item) -> str:
        return gettext("The clock of the server was set back (log entry %(entry)s). Times around it may be wrong.") % {
            "entry": count(c["entry"])
        }

    def _entered_late(self, c: Item) -> str:
        text = gettext("%(measure)s: %(late)s of %(used)s records were entered long after they were observed. Ask why.")
        name = measure_name(c["measure"], self.measures)
        return text % {"measure": name, "late": count(c["entered_late"]), "used": count(c["used"])}


def kind_word(kind: str) -> str:
    words = {
        "fever_open": gettext("Fever not answered for"),
        "unit_silent": gettext("A unit sent nothing"),
        "headcount_mismatch": gettext("Head counts differ"),
        "id_conflict": gettext("One record, two contents"),
        "correction_conflict": gettext("Two corrections of one record"),
        "burst_entry": gettext("Entered faster than visited"),
        "level_review_overdue": gettext("Review of the level overdue"),
        "flag_review_overdue": gettext("Review of a flag overdue"),
        "clock_jump": gettext("Clock set back"),
        "entered_late": gettext("Entered late"),
    }
    return words.get(kind, kind)
