"""The verdict of a day: the word, the counts behind it, and what may be signed."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.reporting.overview import readings
from lazaretto.web.figures import count
from lazaretto.web.words import state_word

REASONS = ("not_collected", "not_measured", "not_staff")


def reason_words(code: str) -> str:
    words = {
        "not_collected": gettext("not collected in this version"),
        "not_measured": gettext("no measure asks for it"),
        "not_staff": gettext("counts staff only"),
    }
    return words.get(code, code)


def headline(document: Mapping[str, Any], *, is_signed: bool) -> dict[str, Any]:
    """Return the word over the day. A draft to which nothing was reported is unknown, whatever it computes to."""
    nothing = nothing_received(document)
    status = "unknown" if nothing and not is_signed else document["status"]
    if nothing:
        under = gettext("No record of this day was received. That is not zero.")
    elif not is_signed:
        under = gettext("Draft. Until it is signed, the day is unknown to everybody else.")
    else:
        under = _why(document)
    return {"status": status, "word": state_word(status), "under": under}


def _why(document: Mapping[str, Any]) -> str:
    n = gap_count(document)
    if document["status"] == "complete":
        return gettext("Every required measure has its evidence.")
    if document["status"] == "contradictory":
        k = contradiction_count(document)
        return ngettext("%(n)s contradiction, listed below", "%(n)s contradictions, listed below", k) % {"n": k}
    return ngettext("%(n)s gap, listed below", "%(n)s gaps, listed below", n) % {"n": count(n)}


def nothing_received(document: Mapping[str, Any]) -> bool:
    owed = sum(row["expected"] for row in document["measures"])
    return bool(owed > 0 and sum(document["facts"].values()) == 0)


def gap_count(document: Mapping[str, Any]) -> int:
    return sum(int(row["missed"]) for row in document["measures"])


def pending_count(document: Mapping[str, Any]) -> int:
    return sum(int(row["pending"]) for row in document["measures"])


def contradiction_count(document: Mapping[str, Any]) -> int:
    return sum(int(c.get("n", 1)) for c in document["contradictions"])


def cells(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """
    Return the key numbers over all populations. `kind` is `number`, `zero`, `null` (with the reason) or `unknown`.
    """
    read = readings(document)
    names = (
        ("present_end", gettext("Present at the end"), "all"),
        ("fever_screened", gettext("Fever at first reading"), read),
        ("fever_confirmed", gettext("Fever confirmed"), read),
        ("suspected", gettext("Suspected cases"), "all"),
        ("confirmed", gettext("Confirmed cases"), "all"),
        ("died", gettext("Died"), "all"),
    )
    found = [_cell(label, [row[name] for row in document["counts"].values()], known) for name, label, known in names]
    if not nothing_received(document):
        found.append(_unknown(document))
    return found


def _cell(label: str, values: list[Any], known: str) -> dict[str, str]:
    numbers = [v for v in values if isinstance(v, int)]
    nulls = [v for v in values if isinstance(v, dict) and not v.get("suppressed")]
    hidden = len(values) - len(numbers) - len(nulls)
    total = sum(numbers)

    def cell(kind: str, value: str, note: str) -> dict[str, str]:
        return {"label": label, "kind": kind, "value": value, "note": note}

    if known == "none":
        return cell("unknown", state_word("unknown"), gettext("no reading was received"))
    if hidden == 1 and not total:
        return cell("number", "< 5", gettext("small number hidden"))
    if hidden:
        return cell("number", f"≥ {count(total + hidden)}", gettext("small numbers hidden"))
    if not numbers:
        why = reason_words(str(nulls[0]["reason"])) if nulls else gettext("no people on file")
        return cell("null", "—", why)
    partly = gettext("only where it is measured") if nulls or known == "some" else ""
    return cell("number" if total else "zero", count(total), partly or ("" if total else gettext("checked")))


def _unknown(document: Mapping[str, Any]) -> dict[str, str]:
    """Return how many owed things nobody said anything about."""
    label = gettext("No record")
    gaps = [g for row in document["measures"] for g in row["gaps"]]
    silent = [g for g in gaps if (g["reason"] in (None, "no_record"))]
    hidden = sum(isinstance(g.get("n"), dict) for g in silent)
    n = sum(g["n"] if isinstance(g.get("n"), int) else 1 for g in silent)
    if not n:
        return {"label": label, "kind": "zero", "value": "0", "note": gettext("every gap has a reason") if gaps else ""}
    value = f"≥ {count(n)}" if hidden else count(n)
    return {"label": label, "kind": "unknown", "value": value, "note": gettext("owed, and nothing was recorded")}


def may_be_signed(document: Mapping[str, Any], *, is_over: bool) -> list[str]:
    """Return in sentences what can be signed now and why it is not a nil report."""
    said = []
    if document["status"] == "complete":
        said.append(gettext("Can be signed as complete."))
    elif document["status"] == "contradictory":
        said.append(
            gettext(
                "Can be signed as contradictory; the contradictions are printed in it. They are no reason not to send it."
            )
        )
    else:
        said.append(gettext("Can be signed as incomplete; the gaps go out with it."))
    said.append(gettext("Not as a nil report: cases are not collected in this version."))
    pending = pending_count(document)
    if pending:
        n = {"n": count(pending)}
        said.append(ngettext("%(n)s is still pending; what comes later needs an amendment.",
                             "%(n)s are still pending; what comes later needs an amendment.", pending) % n)  # fmt: skip
    elif not is_over:
        said.append(gettext("The day is not over; what comes later needs an amendment."))
    return said


def sign_words(status: str) -> str:
    """Return the verb and object of the sign button."""
    words = {
        "complete": gettext("Sign the complete report"),
        "incomplete": gettext("Sign the incomplete report"),
        "contradictory": gettext("Sign the contradictory report"),
    }
    return words.get(status, gettext("Sign the report"))
