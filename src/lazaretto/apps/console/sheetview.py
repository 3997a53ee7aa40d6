"""Joins a sheet with its names and words: for the paper, and for the grid in which it is typed back."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console.presenters import sheets as words
from lazaretto.apps.console.presenters.places import in_language
from lazaretto.apps.console.presenters.report_paper import full_day
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.rounds import sheets
from lazaretto.apps.rounds.models import Fact, Sheet
from lazaretto.apps.rounds.transcription import Box, Outcome, Typed
from lazaretto.papers.sheet import SheetPaper
from lazaretto.web.templatetags.lz import person_name


def hidden(asked: Asked) -> Callable[[str], bool]:
    """Return whether names of people of a base class are kept from the asker: he then reads their codes."""

    def is_hidden(base: str) -> bool:
        needed = Permission.RESIDENTS_READ if base == "resident" else Permission.STAFF_READ
        return needed not in asked.may

    return is_hidden


def names_for(asked: Asked, sheet: Sheet) -> words.Names:
    return words.Names(sheets.labels_of(sheet), hidden(asked))


def time_of(sheet: Sheet) -> Callable[[int], str]:
    return lambda ms: sheets.time_of(sheet.facility.zone, sheet.on, ms)


def sheet_paper(asked: Asked, sheet: Sheet, now: int) -> SheetPaper:
    """Return a sheet as it is printed, in the language that is active: the lines are those it was made with."""
    user = sheets.maker(sheet)
    return words.paper(
        sheet,
        sheets.rows_of(sheet),
        facility=in_language(asked.facility.organisation),
        document=sheets.phase_of(sheet, now).resolved.document,
        names=names_for(asked, sheet),
        time_of=time_of(sheet),
        by=person_name(user) if user else gettext("the machine itself"),
    )


def grid(
    asked: Asked,
    sheet: Sheet,
    now: int,
    *,
    typed: Mapping[Box, Typed],
    times: Mapping[int, str],
    measured_by: str,
    outcome: Outcome | None,
) -> dict[str, Any]:
    """Return the context of the page on which a sheet is typed back; `typed` is what came with the request."""
    document = sheets.phase_of(sheet, now).resolved.document
    names, shown = names_for(asked, sheet), time_of(sheet)
    rows, on_file = sheets.rows_of(sheet), {box: chain[-1] for box, chain in sheets.entries(sheet).items()}
    type_ = document.observation(sheet.observation)
    lines = words.grid(sheet, rows, on_file=on_file, typed=typed, outcome=outcome, names=names, time_of=shown)
    return {
        "sheet": sheet,
        "sheet_code": words.grouped(sheet.code),
        "sheet_title": words.measure_title(sheet, document),
        "where": words.where(sheet, names),
        "day": full_day(sheet.on),
        "columns": [
            {"n": n, "due": shown(due), "time": times.get(n) or shown(due)[-5:], "error": _error(outcome, n)}
            for n, due in enumerate(sheet.columns)
        ],
        "lines": lines,
        "measured_by": measured_by or _measured_by(on_file.values()),
        "by_error": words.say(outcome.by_error.message) if outcome and outcome.by_error else "",
        "open_points": words.open_points(outcome) if outcome else [],
        "differs": words.differs(outcome) if outcome and outcome.differing else "",
        "token": outcome.token if outcome and outcome.differing else "",
        "unit": words.unit(type_),
        "how": words.how_on_screen(type_),
        "legend": words.legend(),
        "reasons": words.reasons(sheet, document),
        "done": sum(box in on_file for box in _boxes(rows)),
        "boxes": sum(len(row.asked) for row in rows),
    }


def _boxes(rows: Any) -> list[Box]:
    return [(row.number, column) for row in rows for column in row.asked]


def _error(outcome: Outcome | None, column: int) -> str:
    return words.say(outcome.column_errors[column].message) if outcome and column in outcome.column_errors else ""


def _measured_by(facts: Any) -> str:
    """Return who measured, if everything on file of the sheet is by the same."""
    found: set[str] = {fact.by for fact in facts if isinstance(fact, Fact)}
    return found.pop() if len(found) == 1 else ""
