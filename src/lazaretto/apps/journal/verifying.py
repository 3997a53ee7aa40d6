"""
Verifying a log in parts, so that a page can ask for it: each part reads a bounded number of entries and is kept.

The chain, the tree, epochs, keys and signatures are checked as `queries.verify` checks them, over the entries that
there were when it began. Business rows are checked by the command line (`verify --deep`) only.
"""

from django.db import transaction

from lazaretto.apps.journal.models import Log, Verification
from lazaretto.apps.journal.queries import Walk

#: How many entries one part reads: a second or two on a slow machine.
PART = 10_000


def begin(log: Log, *, by: str, at: int, most: int = PART) -> Verification:
    """Begin to verify a log as it stands, and read the first part."""
    now = Log.objects.get(pk=log.pk)
    newest = log.checkpoints.order_by("-pk").values_list("pk", flat=True).first() or 0
    stood = {"size": now.size, "head": now.head, "peaks": now.peaks, "epoch": now.epoch}
    state = {"log": stood, "newest": newest}
    made = Verification.objects.create(log=log, by=by, began_at=at, size=now.size, state=state)
    return go_on(made, at=at, most=most)


@transaction.atomic
def go_on(found: Verification, *, at: int, most: int = PART) -> Verification:
    """Read one part more, and after the last say what was found. One that has ended stays as it is."""
    found = Verification.objects.select_for_update().get(pk=found.pk)
    if found.ended_at is not None:
        return found
    walk = _walk(found)
    for entry in found.log.entries.filter(seq__gte=found.seen, seq__lt=found.size).order_by("seq")[:most]:
        if entry.seq != walk.frontier.size:
            walk.missing(entry.seq)
            return _end(found, walk, at)
        walk.take(entry)
    before, found.seen = found.seen, walk.frontier.size
    if found.seen == found.size or found.seen == before:
        walk.end()
        return _end(found, walk, at)
    found.state |= {"walk": walk.state()}
    _keep(found, walk)
    return found


def _walk(found: Verification) -> Walk:
    """Return the pass where it stopped, over the log as it stood when the check began."""
    log, then = found.log, found.state["log"]
    log.size, log.head, log.peaks, log.epoch = then["size"], then["head"], then["peaks"], then["epoch"]
    walk = Walk(log, newest=found.state["newest"])
    if "walk" in found.state:
        walk.go_on(found.state["walk"])
    return walk


def _end(found: Verification, walk: Walk, at: int) -> Verification:
    found.ended_at, found.state = at, {}
    _keep(found, walk)
    return found


def _keep(found: Verification, walk: Walk) -> None:
    found.faults += [{"kind": f.kind, "at": f.at, "zh": f.message.zh, "en": f.message.en} for f in walk.faults]
    found.save(update_fields=["seen", "state", "faults", "ended_at"])


def latest(log: Log) -> Verification | None:
    """Return the check of a log that was begun last."""
    return log.verifications.order_by("-began_at", "-pk").first()
