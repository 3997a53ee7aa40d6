"""The list of people in words, and the form of a file."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext, ngettext

from lazaretto.apps.console.forms import Field, Form
from lazaretto.apps.console.presenters import words
from lazaretto.apps.console.presenters.places import in_language
from lazaretto.apps.registry.exports import born
from lazaretto.apps.registry.standings import PRECAUTIONS
from lazaretto.web.figures import count


def sentence(n: int, tally: Mapping[str, int]) -> str:
    """Return how things stand: who is inside and who is away, of those whom the reader may know of."""
    said = ngettext("%(n)s file in this list.", "%(n)s files in this list.", n) % {"n": count(n)}
    there = gettext("Now %(inside)s inside, %(away)s away and on the books.")
    return words.sentences(said, there % {"inside": count(tally["inside"]), "away": count(tally["away"])})


def rows(listing: Any) -> list[dict[str, Any]]:
    """Return one line for each person of a listing."""
    return [_row(listing, person) for person in listing.people]


def _row(listing: Any, person: Any) -> dict[str, Any]:
    course, stay = listing.courses[person.pk], listing.here.get(person.pk)
    where = "inside" if stay is not None else course.whereabouts
    latest, today = course.latest, listing.asked.today
    row = {
        "code": person.code,
        "name": person.name or gettext("name unknown"),
        "nameless": not person.name,
        "population": listing.populations(person.population),
        "unit": in_language(person.unit) if person.unit else "",
        "where": where,
        "status": words.whereabouts(where, person.base),
        "place": words.place_name(stay.place) if stay else "",
        "since": words.when(stay.starts, listing.zone, today) if stay else "",
        "precautions": words.joined(
            sorted({words.precaution(s.value) for s in listing.precautions.get(person.pk, ())})
        ),
        "late": False,
    }
    if where == "away":
        left = latest.occurred_at if latest else course.last.ends if course.last else None
        row["place"] = words.joined(
            [words.movement(latest.kind) if latest else "", latest.counterpart if latest else ""]
        )
        row["since"] = words.when(left, listing.zone, today)
        row["late"] = bool(latest and latest.back_by is not None and latest.back_by < listing.now)
    return row


def lines(listing: Any, *, with_numbers: bool) -> Iterator[list[str]]:
    """Return the list as a table."""
    heads = [gettext("code"), gettext("name"), gettext("population"), gettext("sex"), gettext("birth date"),
             gettext("unit"), gettext("now"), gettext("place"), gettext("since"), gettext("precautions")]  # fmt: skip
    yield [*heads, gettext("document"), gettext("number")] if with_numbers else heads
    for person, row in zip(listing.people, rows(listing), strict=True):
        line = [person.code, person.name, row["population"], words.word(words.SEXES, person.sex), born(person),
                row["unit"], row["status"], row["place"], row["since"], row["precautions"]]  # fmt: skip
        if with_numbers:
            line += [words.word(words.IDENTITY, person.identity_kind), person.identity_number]
        yield line


def choices(found: Mapping[str, Any], given: Mapping[str, str]) -> list[Field]:
    """Return the fields of the filter; one with nothing to choose from is left out."""
    said = found["words"]
    everything = ("", gettext("all"))
    fields = [
        Field("population", gettext("Population"),
              options=[everything, *((c, f"{said(c)} {n}") for c, n in found["populations"].items())]),
        Field("place", gettext("Is in"), options=[everything, *((p.code, in_language(p)) for p in found["wings"])]),
        Field("unit", gettext("Belongs to"), options=[everything, *((g.code, in_language(g)) for g in found["units"])]),
        Field("where", gettext("Now"),
              options=[everything, *((c, words.whereabouts(c)) for c in ("inside", "away", "gone"))]),
        Field("precaution", gettext("Precaution"),
              options=[everything, ("any", gettext("any")), *((c, words.precaution(c)) for c in PRECAUTIONS)]),
        Field("doubles", gettext("Second file"), options=[everything, ("1", gettext("possible duplicates"))]),
    ]  # fmt: skip
    for one in fields:
        one.value = given[one.name]
        if one.value and one.value not in {v for v, _ in one.options}:
            one.options = [*one.options, (one.value, one.value)]
    return [f for f in fields if len(f.options) > 1]


def form(found: Mapping[str, Any], *, new: bool) -> Form:
    """Return the fields of a file; a new one has also its code, unit and other names."""
    said = found["words"]
    known = list(dict.fromkeys([*found["known_populations"], *found["populations"]]))
    fields = [
        Field("population", gettext("Population"), options=[("", "—"), *((c, said(c)) for c in known)]),
        Field("name", gettext("Name"), hint=gettext("as on the papers; leave empty if it is not known")),
        Field("sex", gettext("Sex"), options=[("", "—"), *((c, words.word(words.SEXES, c)) for c in words.SEXES)]),
        Field("birth_date", gettext("Birth date"), hint=gettext("1980-05-20, 1980-05 or 1980; empty if it is not known")),
        Field("identity_kind", gettext("Document"),
              options=[("", gettext("not asked yet")), *((c, words.word(words.IDENTITY, c)) for c in words.IDENTITY)]),
        Field("identity_number", gettext("Document number"), hint=gettext("the check character is verified")),
    ]  # fmt: skip
    if not new:
        return Form(fields)
    units = [("", "—"), *((g.code, in_language(g)) for g in found["units"])]
    return Form(
        [
            Field("code", gettext("Code"), hint=gettext("short and once only, such as R-10482"), required=True),
            *fields,
            Field("unit_code", gettext("Unit"), options=units),
            Field("aliases", gettext("Other names"), hint=gettext("parted by semicolons")),
        ]
    )
