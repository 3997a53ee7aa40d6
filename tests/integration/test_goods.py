"""Goods and food at work: through the real chains of the packs, refused where the rule says no, traced and called back."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from lazaretto.apps.journal.models import Entry
from lazaretto.apps.passage import goods, kitchen, lots
from lazaretto.apps.passage.kitchen import ForMeal
from lazaretto.apps.passage.models import Issue, Lot, Meal, Recall, Sample
from lazaretto.apps.passage.standing import standing
from lazaretto.apps.passage.suppliers import stop_supplier
from lazaretto.apps.work.models import Finding, Refused, Run
from lazaretto.protocol.refusal import Refusal
from tests.conftest import DAY, Small
from tests.integration.goods import HOUR, MINUTE, ROLES, announced, arrived, rice, stepper, supplied

LUNCH = ForMeal(DAY, "lunch", "KIT", 8)


def refused(code: str, ask: Callable[[], object]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        ask()
    assert caught.value.code == code, caught.value
    return caught.value


@pytest.fixture
def prison(make_facility: Callable[..., Small]) -> Small:
    small = make_facility(protocol="facility-s0-prison")
    supplied(small)
    return small


@pytest.fixture
def detention(make_facility: Callable[..., Small]) -> Small:
    small = make_facility(protocol="facility-s2-detention")
    supplied(small)
    return small


def test_goods_pass_three_points_and_rest_half_an_hour(prison: Small) -> None:
    at = prison.at
    lot = arrived(prison)
    step = stepper(lot, "goods.disinfection")
    refused("skipped", lambda: step("between_doors", at))
    for n, name in enumerate(("barrier", "cart", "between_doors", "loading_area")):
        step(name, at + n * 5 * MINUTE)
    last = at + 15 * MINUTE
    told = refused("too_early", lambda: step("release", last + 20 * MINUTE, ref="try"))
    assert told.possible_at == last + 30 * MINUTE
    assert standing(lot, last + 20 * MINUTE).state == "held"
    refused(
        "back_dated",
        lambda: step("release", last + 31 * MINUTE, done_at=last + 29 * MINUTE, source="offline", ref="lie"),
    )
    step("release", last + 30 * MINUTE)
    found = standing(lot, last + 30 * MINUTE)
    assert (found.state, found.passed) == ("free", True)
    assert sorted(Refused.objects.values_list("code", flat=True)) == ["back_dated", "skipped", "too_early"]


def test_the_class_of_a_lot_decides_what_disinfects_it(prison: Small) -> None:
    lot = arrived(prison, rice(of_class="medicine", title="药品"))
    step = stepper(lot, "goods.disinfection")
    refused("wrong_agent", lambda: step("barrier", prison.at))
    step("barrier", prison.at, values={"agent": "alcohol", "minutes": 3})
    for bad, code in (({}, "no_cart"), ({"cart": "D3"}, "met"), ({"cart": "D3", "apart": False}, "met")):
        refused(code, lambda bad=bad: step("cart", prison.at, values=bad, ref=f"x{len(bad)}"))
    weak = stepper(arrived(prison, ref="a2"), "goods.disinfection")
    for said, code in (({"agent": "chlorine", "mg_per_l": 400, "minutes": 30}, "too_weak"),
                       ({"agent": "chlorine", "mg_per_l": "500", "minutes": 10}, "too_short"),
                       ({"agent": "chlorine", "mg_per_l": "much", "minutes": 10}, "no_number")):  # fmt: skip
        refused(code, lambda said=said, code=code: weak("barrier", prison.at, values=said, ref=code))
    assert Refused.objects.filter(step="barrier", code="wrong_agent").exists()


def test_unknown_suppliers_and_ended_certificates_are_refused_and_kept(prison: Small) -> None:
    def from_(code: str, ref: str) -> None:
        goods.announce(prison.facility, ref=ref, title="x", lots=[rice()], supplier=code, by="t", at=prison.at)

    refused("unknown_supplier", lambda: from_("NOBODY", "u1"))
    supplied(prison, "OLD", until=date(2026, 3, 1))
    refused("certificate_ended", lambda: from_("OLD", "u2"))
    supplied(prison, "WHERE", origin="")
    refused("no_origin", lambda: from_("WHERE", "u3"))
    consignment = announced(prison, ref="u4")
    stop_supplier(consignment.supplier, reason="证照不符", by="t", at=prison.at)
    refused(
        "stopped_supplier", lambda: goods.arrive(goods.Consignment.objects.get(pk=consignment.pk), by="g", at=prison.at)
    )
    assert Refused.objects.filter(measure=goods.REGISTER).count() == 4
    assert not Lot.objects.exclude(consignment=consignment).exists()


def test_a_class_that_no_chain_knows_does_not_slip_in(make_facility: Callable[..., Small]) -> None:
    small = make_facility(protocol="facility-s3-drug-rehab")
    supplied(small)
    assert [r.measure for r in Run.objects.filter(subject=arrived(small, rice(of_class="chilled_food")).subject)] == [
        "food.purchase"
    ]
    assert [
        r.of_class for r in Run.objects.filter(subject=arrived(small, rice(of_class="medicine"), ref="a2").subject)
    ] == ["protective"]


def test_parcels_and_takeaway_are_denied(detention: Small) -> None:
    for of_class in ("courier_parcel", "takeaway"):
        told = refused("denied", lambda of_class=of_class: announced(detention, rice(of_class=of_class), ref=of_class))
        assert "canteen or shop" in told.words.en
    assert sorted(Refused.objects.values_list("of_class", flat=True)) == ["courier_parcel", "takeaway"]


def test_food_waits_for_both_clocks(detention: Small) -> None:
    """S2-30 to the letter: 48 hours and the sample, whichever is later; the kitchen is refused by the same record."""
    at = detention.at
    lot = arrived(detention, rice(of_class="food"))
    entry, step = stepper(lot, "goods.entry"), stepper(lot, "food.hold", by="k")
    for n, name in enumerate(("deputy_chief_approval", "detachment_approval", "register", "disinfect")):
        entry(name, at, by=f"b{n}", result="granted" if "approval" in name else "")
    step("received", at)
    sample = lots.take_sample(lot, code="Y1", ref="s1", by="k", roles=ROLES, at=at + HOUR)
    entry("pass", at + HOUR)
    told = refused("on_hold", lambda: kitchen.issue(lot, Decimal(5), LUNCH, ref="i0", by="k", at=at + 2 * HOUR))
    assert told.possible_at is None
    lots.enter_result(sample, result="negative", ref="r1", by="l", roles=ROLES, at=at + 20 * HOUR)
    told = refused("on_hold", lambda: kitchen.issue(lot, Decimal(5), LUNCH, ref="i1", by="k", at=at + 47 * HOUR))
    assert told.possible_at == at + 48 * HOUR
    refused("too_early", lambda: step("release", at + 48 * HOUR - 1, ref="x"))
    step("release", at + 48 * HOUR)
    made = kitchen.issue(lot, Decimal(5), LUNCH, ref="i2", by="k", at=at + 48 * HOUR)
    assert kitchen.issue(lot, Decimal(5), LUNCH, ref="i2", by="k", at=at + 49 * HOUR) == made
    refused("too_much", lambda: kitchen.issue(lot, Decimal(22), LUNCH, ref="i3", by="k", at=at + 49 * HOUR))
    assert set(Refused.objects.filter(step=kitchen.ISSUE).values_list("code", flat=True)) == {"on_hold", "too_much"}
    assert Sample.objects.get().result == "negative"


def test_a_positive_sample_stops_a_lot_for_good(detention: Small) -> None:
    at = detention.at
    lot = arrived(detention, rice(of_class="food"))
    step = stepper(lot, "food.hold", by="k")
    step("received", at)
    sample = lots.take_sample(lot, code="Y1", ref="s1", by="k", roles=ROLES, at=at)
    lots.enter_result(sample, result="positive", ref="r1", by="l", roles=ROLES, at=at + HOUR)
    refused("stopped", lambda: kitchen.issue(lot, Decimal(1), LUNCH, ref="i", by="k", at=at + 100 * HOUR))
    refused("ended", lambda: step("release", at + 100 * HOUR))
    refused(
        "result_differs",
        lambda: lots.enter_result(
            Sample.objects.select_related("lot__facility__log").get(),
            result="negative",
            ref="r2",
            by="l",
            roles=ROLES,
            at=at + 2 * HOUR,
        ),
    )
    assert Finding.objects.get(rule="lot_positive").subject == lot.subject


def free_food(small: Small) -> Lot:
    """Return food that the prison's chain let through (it asks for no hold of food)."""
    lot = arrived(small, rice(of_class="chilled_food"))
    step = stepper(lot, "goods.disinfection")
    for name in ("barrier", "cart", "between_doors", "loading_area"):
        step(name, small.at)
    step("release", small.at + HOUR)
    return lot


def test_a_broken_cold_chain_holds_food_until_it_is_verified(prison: Small) -> None:
    from lazaretto.apps.work import findings

    lot, at = free_food(prison), prison.at + HOUR
    lots.read(lot, celsius=Decimal("4.0"), ref="c1", by="k", at=at)
    assert standing(lot, at).state == "free"
    assert standing(lot, at).reading_due == at + 4 * HOUR
    lots.read(lot, celsius=Decimal("11.5"), ref="c2", by="k", at=at)
    lots.read(lot, celsius=Decimal("11.5"), ref="c2", by="k", at=at)
    refused("found", lambda: kitchen.issue(lot, Decimal(1), LUNCH, ref="i", by="k", at=at))
    found = findings.fix(Finding.objects.get(rule="cold_chain"), said="换冷库，感官检查合格", by="a", at=at)
    refused("found", lambda: kitchen.issue(lot, Decimal(1), LUNCH, ref="i", by="k", at=at))
    findings.verify(found, by="b", at=at)
    assert kitchen.issue(lot, Decimal(1), LUNCH, ref="i", by="k", at=at).quantity == 1


def test_a_recall_says_what_was_served_where_and_holds_the_rest(prison: Small) -> None:
    lot, at = free_food(prison), prison.at + HOUR
    other = arrived(prison, rice(of_class="chilled_food"), ref="a2")
    kitchen.issue(lot, Decimal(5), LUNCH, ref="i1", by="k", at=at)
    kitchen.issue(lot, Decimal(6), ForMeal(DAY, "supper", "KIT", 120), ref="i2", by="k", at=at)
    wanted = kitchen.alike(lot)
    assert {one.number for one in wanted} == {lot.number, other.number}
    made = kitchen.recall(wanted, reason="供应商通报", ref="c1", by="k", at=at)
    assert kitchen.recall(wanted, reason="供应商通报", ref="c1", by="k", at=at + HOUR) == made
    assert kitchen.recall([lot], reason="again", ref="c2", by="k", at=at + HOUR) == made
    found = kitchen.called(Recall.objects.get())
    assert [(i.meal.meal, i.quantity) for i in found.served] == [("lunch", 5), ("supper", 6)]
    assert (found.people, found.left[lot.pk], found.left[other.pk]) == (128, 15, 26)
    assert "supper" in Finding.objects.get(rule="recall").evidence
    refused("recalled", lambda: kitchen.issue(lot, Decimal(1), LUNCH, ref="i3", by="k", at=at))
    refused("recalled", lambda: stepper(other, "goods.disinfection")("barrier", at))
    assert [i.lot.consignment.supplier.code for i in kitchen.back(Meal.objects.get(meal="lunch"))] == ["S01"]
    assert Issue.objects.count() == 2
    assert Entry.objects.filter(log=prison.facility.log, kind="lots_recalled").count() == 1


def test_what_was_kept_of_goods_can_be_read_back_and_goes_when_its_time_is_over(prison: Small) -> None:
    from lazaretto.apps.journal.queries import verify_deep
    from lazaretto.apps.journal.retention import policies
    from lazaretto.apps.passage import purging

    lot, at = free_food(prison), prison.at + HOUR
    lots.read(lot, celsius=Decimal("4.0"), ref="c1", by="k", at=at)
    kitchen.issue(lot, Decimal(5), LUNCH, ref="i1", by="k", at=at)
    kitchen.recall([lot], reason="x", ref="c1", by="k", at=at)
    log = prison.facility.log
    assert list(verify_deep(log)) == []
    policy = next(p for p in policies() if p.what == "goods")
    later = at + policy.keep.nominal_ms
    assert purging.goods_due(log, policy, at) == 0
    assert purging.goods_due(log, policy, later) == 1
    assert sum(purging.purge_goods(log, policy, by="t", at=later)) == 1
    assert not (Lot.objects.exists())
    assert not (Issue.objects.exists())
    assert not (Meal.objects.exists())
    assert not (Recall.objects.exists())
    assert list(verify_deep(log)) == []
