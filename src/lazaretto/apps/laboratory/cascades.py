"""An event asks for tests: they are ordered in the same transaction."""

from lazaretto.apps.laboratory.actions import Wanted, order
from lazaretto.apps.registry.models import Person
from lazaretto.apps.work.models import Cascade
from lazaretto.protocol.measures import Measure
from lazaretto.protocol.record import Subject
from lazaretto.protocol.records import Panel
from lazaretto.protocol.trigger import Action


def order_panel(cascade: Cascade, action: Action, measure: Measure, subject: Subject, *, by: str, at: int) -> None:
    """Order the tests of a panel for the person that an event is about, due when the action is."""
    if not isinstance(measure, Panel) or subject.kind != "person":
        return
    person = Person.objects.select_related("facility__log").get(
        facility=cascade.facility_id, code=subject.ref.partition(":")[2]
    )
    due = at + (action.within.nominal_ms if action.within is not None else 86_400_000)
    wanted = [Wanted(measure.id, test.id, due) for test in measure.tests]
    order(person=person, wanted=wanted, by=by, at=at, source=cascade.source)
