"""What the rules that refuse are called where refusals are listed; what was said at the time had its figures in it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CODES: dict[str, Promise] = {
    "back_dated": _("entered with too early a time"), "before_sample": _("before the sample's result"),
    "chain_owed": _("steps are still owed"), "denied": _("denied by a restriction"), "ended": _("over already"),
    "expired": _("leave ran out"), "future": _("a time to come"), "id_conflict": _("reference used for something else"),
    "inside_already": _("inside already"), "items_missing": _("not everything on the list was confirmed"),
    "no_cart": _("not by the inner cart"), "no_certificate": _("no valid certificate"), "no_chain": _("no such chain in force"),
    "no_class": _("class not named"), "no_lots": _("no lots named"), "no_meal": _("no meal named"), "no_name": _("no name"),
    "no_order": _("no order named"), "no_origin": _("origin unknown"), "no_protocol": _("no protocol adopted"),
    "no_reason": _("no reason"), "no_result": _("no result"), "no_second": _("the second person may not confirm this"),
    "nobody": _("nobody named"), "not_cleared": _("not cleared for duty"), "not_cold": _("not kept cold"),
    "not_for_class": _("not for this class"), "not_inside": _("not inside"), "not_there": _("no such place"),
    "on_hold": _("still held"), "one_person": _("one person where two are asked for"), "only_waiting": _("a wait, not a step"),
    "outer_first": _("the outer gate comes first"), "outside_window": _("outside the window"),
    "own_request": _("one's own request"), "recalled": _("recalled"), "repeated": _("done already"),
    "required_first": _("another chain comes first"), "required_missing": _("what it requires is not in force"),
    "result_differs": _("another result is on file"), "same_approver": _("approved by the same person before"),
    "skipped": _("a step before it is missing"), "too_early": _("too early"), "too_much": _("more than there is"),
    "unknown_class": _("class not known"), "unknown_step": _("no such step"), "values": _("too much was entered"),
    "wrong_direction": _("wrong direction"), "wrong_role": _("somebody else's step"),
}  # fmt: skip


def refusal_word(code: str) -> str:
    """Return what a rule is called, or its code if it is not listed here."""
    return str(CODES.get(code, code))
