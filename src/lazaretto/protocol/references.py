"""Where one measure names another: each such name must be a measure of the document, of the right kind."""

from collections.abc import Iterator

from lazaretto.protocol.chain import Chain
from lazaretto.protocol.limit import Limit
from lazaretto.protocol.measures import Measure
from lazaretto.protocol.pathway import Pathway
from lazaretto.protocol.provisions import Entitlement
from lazaretto.protocol.records import Form, Register
from lazaretto.protocol.restriction import Restriction
from lazaretto.protocol.rotation import Rotation
from lazaretto.protocol.trigger import Trigger

Reference = tuple[tuple[str, ...], str, tuple[str, ...]]


def references(measure: Measure) -> Iterator[Reference]:
    """Return (where it stands, the id that is named, the kinds it may be of; none: any kind)."""
    if isinstance(measure, Restriction):
        if measure.exception is not None:
            yield ("exception",), measure.exception, ("chain",)
        yield from ((("instead",), name, ("entitlement",)) for name in measure.instead)
    elif isinstance(measure, Pathway):
        yield from ((("entitlements",), name, ("entitlement",)) for name in measure.entitlements)
        yield from ((("never_with",), name, ("pathway",)) for name in measure.never_with)
        for stage in measure.stages:
            yield from ((("stages", stage.id, "tests", t.id), t.panel, ("panel",)) for t in stage.tests)
    elif isinstance(measure, Rotation):
        for state in measure.states:
            yield from ((("states", state.id, "before", t.id), t.panel, ("panel",)) for t in state.before)
    elif isinstance(measure, Trigger):
        for action in measure.actions:
            if action.starts is not None:
                yield ("actions", action.id, "starts"), action.starts, ()
    elif isinstance(measure, Chain):
        yield from ((("requires",), name, ()) for name in measure.requires)
    elif isinstance(measure, Form):
        yield from ((("opens",), name, ()) for name in measure.opens)
    elif isinstance(measure, Register):
        for entry in measure.classes:
            if entry.form is not None:
                yield ("classes", entry.id, "form"), entry.form, ("form",)
    elif isinstance(measure, Entitlement):
        yield from ((("for",), name, ()) for name in measure.for_)
    elif isinstance(measure, Limit) and measure.starts is not None:
        yield ("starts",), measure.starts, ()
