"""A person's file in words: head, audit strip, precautions, timeline, standings, and what this role cannot see."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from lazaretto.apps.accounts.permissions import POLICY, Permission
from lazaretto.apps.console.presenters import words
from lazaretto.apps.console.presenters.places import in_language, title
from lazaretto.apps.registry.files import HIDDEN
from lazaretto.apps.registry.merging import REASONS
from lazaretto.apps.registry.movements import KINDS
from lazaretto.apps.registry.queries import HELD
from lazaretto.apps.registry.standings import PRECAUTIONS, is_health
from lazaretto.protocol.wording.names import NAMES
from lazaretto.web.dates import clock
from lazaretto.web.templatetags.lz import person_name

_P = Permission


def may(asked: Any) -> dict[str, bool]:
    """Return what the reader may do with a file, for the buttons."""
    return {
        "write": _P.PEOPLE_WRITE in asked.may,
        "move": not asked.may.isdisjoint({_P.MOVE_INSIDE, _P.MOVE_ACROSS}),
        "precaution": _P.PRECAUTION_SET in asked.may,
        "copy": _P.SUBJECT_EXPORT in asked.may,
        "identity": _P.IDENTITY_READ in asked.may,
        "health": _P.HEALTH_READ in asked.may,
    }


def page(file: Any, seen: Any, shown: Collection[Permission], beside: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything that the page of a file says."""
    said = _Said(seen, beside)
    return {
        "head": said.head(file, shown),
        "audit": said.audit(file),
        "precautions": said.precautions(file),
        "precaution_choices": [(value, words.precaution(value)) for value in PRECAUTIONS],
        "reads_precautions": _P.HEALTH_READ in seen.asked.may or seen.person.base in HELD,
        "timeline": said.timeline(file),
        "standings": said.standings(file),
        "health": said.health(file, shown),
        "assignments": said.assignments(file),
        "aliases": [(name, words.word(words.ALIASES, kind)) for name, kind in file.aliases],
        "merged": [(p.code, p.name, words.when(p.merged_at, said.zone, said.today)) for p in file.merged],
        "doubles": said.doubles(beside["doubles"]),
    }


class _Said:
    def __init__(self, seen: Any, beside: Mapping[str, Any]) -> None:
        self.seen, self.beside = seen, beside
        self.code, self.zone = seen.asked.facility.code, seen.asked.facility.zone
        self.today, self.now = seen.asked.today, seen.now

    def when(self, ms: int | None) -> str:
        return words.when(ms, self.zone, self.today)

    def by(self, ref: str) -> str:
        """Return who acted: the name of a user, or what else it was."""
        user = self.beside["users"].get(ref)
        return person_name(user) if user else words.word(words.MACHINES, ref) if ref in words.MACHINES else ""

    def head(self, file: Any, shown: Collection[Permission]) -> dict[str, Any]:
        person, course = file.person, file.course
        where = words.whereabouts(file.whereabouts, person.base)
        stay = course.open
        if stay is not None:
            where, since = words.place_name(stay.place), self.when(stay.starts)
        else:
            since = self.when(course.changed_at)
        release = [d for d in file.legal_dates if d.kind == "release"]
        return {
            "name": person.name or gettext("name unknown"),
            "nameless": not person.name,
            "facts": words.dotted(
                [
                    person.code, self.beside["populations"](person.population), words.word(words.SEXES, person.sex),
                    words.age(person, self.today), words.born(person), in_language(person.unit) if person.unit else "",
                ]
            ),
            "where": where,
            "inside": stay is not None,
            "away": file.whereabouts == "away",
            "since": gettext("since %(moment)s") % {"moment": since} if since else "",
            "back_by": self._back_by(course),
            "release": release[0].on.isoformat() if release else "",
            "dates": [(words.word(words.LEGAL, d.kind), d.on.isoformat()) for d in file.legal_dates if d.kind != "release"],
            "identity": self.identity(file, shown),
            "into": person.merged_into.code if person.merged_into else "",
        }  # fmt: skip

    def _back_by(self, course: Any) -> dict[str, Any] | None:
        latest = course.latest
        if course.open is not None or latest is None or latest.back_by is None or KINDS[latest.kind].after != "away":
            return None
        return {"when": self.when(latest.back_by), "late": latest.back_by < self.now}

    def identity(self, file: Any, shown: Collection[Permission]) -> dict[str, Any]:
        """Return the document: hidden for most roles, masked for those who may ask, whole for who has asked."""
        if _P.IDENTITY_READ not in self.seen.asked.may:
            return {"hidden": True, "who": roles_with(_P.IDENTITY_READ)}
        kind = words.word(words.IDENTITY, file.identity_kind) if file.identity_kind else gettext("not asked yet")
        number = "" if file.identity_number is HIDDEN else file.identity_number
        return {
            "hidden": False, "kind": kind, "number": number, "whole": _P.IDENTITY_READ in shown and bool(number),
            "ask": bool(number) and _P.IDENTITY_READ not in shown,
        }  # fmt: skip

    def audit(self, file: Any) -> str:
        roles = words.joined(title(NAMES[r]) for r in self.seen.roles if r in NAMES)
        if not file.shown:
            return gettext("You look as %(roles)s. Nothing sensitive is shown; asking for it is recorded.") % {
                "roles": roles
            }
        said = gettext("You look as %(roles)s. Recorded at %(time)s. The person can ask for the list of who looked.")
        return said % {"roles": roles, "time": clock(self.now, self.zone)}

    def precautions(self, file: Any) -> list[dict[str, Any]]:
        return [
            {
                "pk": s.pk,
                "what": words.precaution(s.value),
                "until": gettext("until %(moment)s") % {"moment": self.when(s.ends)}
                if s.ends
                else gettext("until lifted"),
                "since": gettext("since %(moment)s") % {"moment": self.when(s.starts)} if s.starts else "",
                "own": s.person_id == file.person.pk,
            }
            for s in file.precautions
        ]

    def timeline(self, file: Any) -> list[dict[str, Any]]:
        """Return movements, and the stays that no movement began, the newest first."""
        entered = {m.opened_id for m in file.movements if m.opened_id}
        found = [self._movement(m, file) for m in file.movements]
        found += [self._stay(s, file) for s in file.stays if s.pk not in entered]
        return sorted(found, key=lambda line: line["sort"], reverse=True)

    def _movement(self, m: Any, file: Any) -> dict[str, Any]:
        last = file.course.latest
        return {
            "sort": (m.occurred_at, m.number),
            "when": self.when(m.occurred_at),
            "what": words.movement(m.kind),
            "where": words.place_name(m.place) if m.place else m.counterpart,
            "number": m.number,
            "by": self.by(m.by),
            "reason": m.reason,
            "back_by": self.when(m.back_by) if m.back_by else "",
            "void": gettext("void: %(why)s") % {"why": m.void_reason} if m.voided_at is not None else "",
            "may_void": last is not None and last.pk == m.pk and may_enter(self.seen.asked.may, m.kind),
            "url": reverse("movement-void", args=[self.code, m.number]),
            "file": m.person.code if m.person_id != file.person.pk else "",
        }

    def _stay(self, stay: Any, file: Any) -> dict[str, Any]:
        end = gettext("until %(moment)s") % {"moment": self.when(stay.ends)} if stay.ends is not None else ""
        why = words.joined(words.word(words.REASONS, r) for r in (stay.entry, stay.exit) if r)
        return {
            "sort": (stay.starts or 0, 0),
            "when": self.when(stay.starts),
            "what": gettext("stay"),
            "where": words.place_name(stay.place),
            "number": "",
            "by": words.word(words.SOURCES, stay.source),
            "reason": words.joined([end, why]),
            "back_by": "",
            "void": "",
            "may_void": False,
            "url": "",
            "file": stay.person.code if stay.person_id != file.person.pk else "",
        }

    def standings(self, file: Any) -> list[dict[str, Any]]:
        """Return what is or was so of the person and tells nothing of health."""
        return [self._standing(s, value) for s, value in file.standings if not is_health(s.key)]

    def _standing(self, standing: Any, value: Any) -> dict[str, Any]:
        name, said = words.standing(standing.key, str(value))
        holds = standing.start_ms <= self.now < standing.end_ms
        return {"name": name, "value": said, "since": self.when(standing.starts), "until": self.when(standing.ends),
                "holds": holds, "source": words.word(words.SOURCES, standing.source)}  # fmt: skip

    def health(self, file: Any, shown: Collection[Permission]) -> dict[str, Any]:
        """Return what is on file of somebody's health. Who may not read it is not told whether there is anything."""
        if _P.HEALTH_READ not in self.seen.asked.may:
            return {"hidden": True, "who": roles_with(_P.HEALTH_READ)}
        rows = [(s, value) for s, value in file.standings if is_health(s.key)]
        said = ngettext("%(n)s entry on health", "%(n)s entries on health", len(rows)) % {"n": len(rows)}
        if _P.HEALTH_READ not in shown:
            return {"hidden": False, "ask": bool(rows), "said": said, "rows": []}
        return {"hidden": False, "ask": False, "said": said, "rows": [self._standing(s, v) for s, v in rows]}

    def assignments(self, file: Any) -> list[dict[str, Any]]:
        return [
            {
                "kind": words.word(words.ASSIGNMENTS, a.kind),
                "key": a.key,
                "place": in_language(a.place) if a.place else "",
                "since": self.when(a.starts) or gettext("always"),
                "until": self.when(a.ends),
                "holds": a.start_ms <= self.now < a.end_ms,
            }
            for a in file.assignments
        ]

    def doubles(self, pairs: Iterable[Any]) -> list[dict[str, str]]:
        found = []
        for pair in pairs:
            other = pair.other if pair.one.pk == self.seen.person.pk else pair.one
            url = reverse("duplicate", args=[self.code, self.seen.person.code, other.code])
            found.append({"code": other.code, "name": other.name, "why": title(REASONS[pair.reason]), "url": url})
        return found


def may_enter(may: Collection[Permission], kind: str) -> bool:
    """Say whether somebody may enter (and make void) a kind of movement."""
    needed = _P.MOVE_ACROSS if KINDS[kind].across else _P.MOVE_INSIDE
    return needed in may


def roles_with(permission: Permission) -> str:
    """Return who may see what the reader may not."""
    return words.joined(title(NAMES[role]) for role, held in POLICY.items() if permission in held)
