"""Joins what was read about a day with the presenters, for the pages about it."""

from collections.abc import Mapping
from typing import Any

from django.core.paginator import Paginator

from lazaretto.apps.accounts.permissions import Permission
from lazaretto.apps.console import queries
from lazaretto.apps.console.isolation import carewords as isolation
from lazaretto.apps.console.passage import words as gate
from lazaretto.apps.console.presenters import contradictions, evidence, month, signing, verdict
from lazaretto.apps.console.presenters import gaps as gap_words
from lazaretto.apps.console.queries import Asked, Day
from lazaretto.web import dates


class Vocabulary:
    """What codes in a report are called, from the protocols it was made under."""

    def __init__(self, asked: Asked, seen: Day, now: int) -> None:
        documents = queries.documents(asked, seen.shown, now)
        self.measures = {m.id: m for d in documents for m in d.measures}
        self.reasons = {r.id: r for d in documents for r in d.reasons}
        self.populations = {p.id: p for d in documents for p in d.populations}
        self.levels = {level.id: level for d in documents for level in d.levels}
        self.flags = {flag.id: flag for d in documents for flag in d.flags}


def head(asked: Asked, seen: Day) -> dict[str, Any]:
    """Return title, month strip and sentence: what every page of a day has."""
    cells = month.strip(seen.month, seen.on, asked.today)
    zone = asked.facility.zone
    return {
        "on": seen.on,
        "title_day": dates.day_of_week(seen.on),
        "month": dates.month(seen.on),
        "cells": cells,
        "turn": month.neighbours(seen.on, asked.today),
        "period": month.period(seen.shown, zone) if seen.shown else "",
        "summary": month.summary(cells),
        "absent": seen.absent,
        "begins": dates.moment(seen.begins, zone) if seen.begins else "",
    }


def report(asked: Asked, seen: Day, now: int, words: Vocabulary) -> dict[str, Any]:
    """Return the verdict, the evidence, the contradictions and the signatures of a day that can be shown."""
    document, zone = seen.shown, asked.facility.zone
    assert document is not None
    is_over = dates.ms_of(document["day"]["to"]) <= now
    refs = [c["subject"] for c in document["contradictions"] if "subject" in c]
    refs += [f"person:{c['by']}" for c in document["contradictions"] if "by" in c]
    silent = [c["unit"] for c in document["contradictions"] if "unit" in c]
    speaker = contradictions.Speaker(
        zone=zone, names=queries.named(asked, refs), units=queries.units(asked, silent), measures=words.measures,
        populations=words.populations, levels=words.levels, flags=words.flags,
    )  # fmt: skip
    return {
        "document": document,
        "verdict": verdict.headline(document, is_signed=bool(seen.signed)),
        "numbers": verdict.cells(document),
        "signable": verdict.may_be_signed(document, is_over=is_over),
        "sign_words": verdict.sign_words(document["status"]),
        "may_sign": Permission.REPORT_SIGN in asked.may,
        "may_read_own": asked.own,
        "may_read_outgoing": Permission.REPORT_READ_OUTGOING in asked.may,
        "evidence": evidence.table(document, words.measures),
        "facts": evidence.facts_sentence(document),
        "contradictions": speaker.lines(document["contradictions"]),
        "n_contradictions": verdict.contradiction_count(document),
        "unwritten": max(len(document["contradictions"]) - contradictions.MOST, 0),
        "isolation": isolation.report_lines(document.get("isolation"), words.measures),
        "gate_lines": gate.report_lines(document.get("gate")),
        "checkpoint": document["checkpoint"],
        "protocols": document["protocol"],
        "signed": signing.reports(seen.signed, zone),
        "changes": signing.change_lines(seen.changes, words.measures),
        "as_of": dates.moment(dates.ms_of(document["as_of"]), zone),
        "is_over": is_over,
    }


def gaps(asked: Asked, seen: Day, query: Mapping[str, str], words: Vocabulary) -> dict[str, Any]:
    """Return one page of the gap list as filtered and sorted by the query string."""
    assert seen.shown is not None
    measure, text, sort = query.get("measure", ""), query.get("q", "").strip()[:60], query.get("sort", "due")
    every = gap_words.listed(seen.shown)
    rows = gap_words.chosen(every, measure=measure, text=text, matching=queries.matching(asked, text))
    page = Paginator(gap_words.in_order(rows, sort), gap_words.PAGE).get_page(query.get("page"))
    return {
        "gap_total": len(every),
        "gap_page": page,
        "gap_lines": lines(asked, page.object_list, words),
        "gap_measures": [
            (row["id"], evidence.measure_name(row["id"], words.measures)) for row in seen.shown["measures"]
        ],
        "measure": measure,
        "q": text,
        "sort": sort,
    }


def lines(asked: Asked, rows: Any, words: Vocabulary) -> list[dict[str, Any]]:
    """Return gaps in words: by name, or as counts per unit for those who may not read names."""
    rows = list(rows)
    if not asked.own:
        called = queries.units(asked, [gap["unit"] for gap in rows])
        return gap_words.unit_lines(rows, units=called, measures=words.measures, reasons=words.reasons)
    dues = [dates.ms_of(gap["due"]) for gap in rows] or [0]
    refs = [gap["subject"] for gap in rows]
    return gap_words.named_lines(
        rows,
        names=queries.named(asked, refs),
        stays=queries.whereabouts(asked, refs, min(dues), max(dues)),
        measures=words.measures,
        reasons=words.reasons,
        zone=asked.facility.zone,
    )
