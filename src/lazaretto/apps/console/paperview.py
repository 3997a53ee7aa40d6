"""Joins what was read with the presenters, for the papers: the report in either form, its gaps, and the plan of rounds."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from lazaretto.apps.console import dayview, queries
from lazaretto.apps.console.presenters import contradictions
from lazaretto.apps.console.presenters import gaps as gap_words
from lazaretto.apps.console.presenters.places import in_language
from lazaretto.apps.console.presenters.report_paper import report_paper
from lazaretto.apps.console.queries import Asked
from lazaretto.apps.reporting.models import SignedReport
from lazaretto.papers.report import ReportPaper
from lazaretto.protocol.canonical import digest
from lazaretto.web.dates import local, ms_of


def signed_paper(asked: Asked, report: SignedReport, *, own: bool) -> ReportPaper:
    """Return the paper of a signed report in the language that is active: from the stored document, nothing is computed."""
    document = report.document if own else report.outgoing
    return _paper(asked, document, own=own, digest=digest(document))


def draft_paper(asked: Asked, document: Mapping[str, Any], *, own: bool, by: str, now: int) -> ReportPaper:
    """Return the paper of a draft: marked as one on every page, without a code."""
    at = f"{local(now, asked.facility.zone):%Y-%m-%d %H:%M}"
    printed = gettext("printed by %(by)s, %(at)s") % {"by": by, "at": at}
    return _paper(asked, document, own=own, printed=printed)


def facility_name(asked: Asked) -> str:
    return in_language(asked.facility.organisation)


def _paper(asked: Asked, document: Mapping[str, Any], *, own: bool, digest: str = "", printed: str = "") -> ReportPaper:
    as_of = ms_of(document["as_of"])
    seen = queries.Day(asked.today, dict(document), None, [], [], {})
    words = dayview.Vocabulary(asked, seen, as_of)
    listed = gap_words.listed(document)
    refs = [gap["subject"] for gap in listed] if own else []
    refs += [c["subject"] for c in document["contradictions"] if "subject" in c]
    refs += [f"person:{c['by']}" for c in document["contradictions"] if "by" in c]
    units = [c["unit"] for c in document["contradictions"] if "unit" in c]
    units += [] if own else [gap["unit"] for gap in listed]
    called = queries.units(asked, units)
    speaker = contradictions.Speaker(
        zone=document["zone_time"], names=queries.named(asked, refs) if own else {}, units=called,
        measures=words.measures, populations=words.populations, levels=words.levels, flags=words.flags,
    )  # fmt: skip
    return report_paper(
        document, own=own, facility=facility_name(asked), words=words, speaker=speaker,
        units=called, digest=digest, printed=printed,
    )  # fmt: skip
