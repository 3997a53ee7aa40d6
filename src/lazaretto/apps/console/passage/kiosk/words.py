"""Every word of the kiosk by its key; titles of steps come from the protocol. Both languages go to the kiosk."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

#: What comes out of a step, as packs name it.
RESULTS: dict[str, Promise | str] = {
    "r_normal": _("Normal"), "r_granted": _("Granted"), "r_negative": _("Negative"), "r_positive": _("Positive"),
    "r_known": _("Known"), "r_good": _("Good"), "r_no": _("Not so: stop here"),
}  # fmt: skip
AGENTS: dict[str, Promise | str] = {
    "a_chlorine": _("Chlorine"), "a_alcohol": _("Alcohol, 75 %"), "a_peroxide": _("Hydrogen peroxide"),
}  # fmt: skip
SAID: dict[str, Promise | str] = {
    "ward": _("Gate kiosk"), "in_gate": _("In the gate: %(n)s"), "nothing_here": _("Nothing stands in the gate."),
    "nothing_next": _("What is announced shows here once it is said to be there."), "now": _("now"),
    "yesterday": _("yesterday"), "hours": _("%(h)s h %(m)s min"), "minutes": _("%(m)s min"), "seconds": _("%(s)s s"),
    "offline_n": _("No network · %(n)s kept"), "offline_go_on": _("Go on as usual; sent by itself later"),
    "sending": _("Sending %(n)s"), "online": _("online"), "stale": _("List of %(time)s"),
    "session_over": _("Signed out: steps are kept and sent after the next sign-in"), "sign_in": _("Sign in"),
    "outside_today": _("outside vehicles inside today"), "zero_days": _("%(n)s days without one"),
    "no_ban": _("The protocol bans no vehicles"), "scan": _("Scan or type"), "scan_what": _("delivery note, plate, cart"),
    "go": _("Go"), "not_found": _("Nothing in the gate has the code %(code)s."), "hold": _("on hold"),
    "kept": _("kept, not yet sent"), "still": _("still to wait"), "free_from": _("can be released from %(time)s"),
    "opens_itself": _("opens by itself at %(time)s"),
    "recorded": _("The attempt is recorded and counts against nobody."), "possible_from": _("Possible from %(time)s."),
    "meanwhile": _("Meanwhile you can do"), "done_step": _("Done: %(step)s"), "all_done": _("All steps are done."),
    "for_role": _("This step is done by %(role)s."), "on_phone": _("It is approved on the approvals page, also on a phone."),
    "strength": _("Strength, mg/L"), "contact": _("Contact time, min"),
    "rinse": _("then rinse"), "cart": _("Cart of the house"), "apart": _("The outside driver has left"),
    "sample_code": _("Code of the sample"), "celsius": _("Temperature, °C"), "second": _("Second person (number)"),
    "do_step": _("Confirm: %(step)s"),
    "conflicts": _("For you to look at"), "seen": _("Seen"), "conflict_of": _("%(step)s at %(time)s was not taken:"),
    "queue": _("Kept here: %(n)s"), "not_kept": _("Not kept: the storage of this machine is full or closed. Write it on paper."),
    "server_time": _("Server time"), "drift": _("this clock is %(span)s off"), "language": _("Language"), "leave": _("To the other pages"),
    "direction_in": _("coming in"), "direction_out": _("going out"), "visit": _("Visit"),
    "choose_result": _("What came of it?"),
}  # fmt: skip
EVERY = {**SAID, **RESULTS, **AGENTS}


def catalogue() -> dict[str, dict[str, str]]:
    """Return all words in both languages."""
    found = {}
    for key, code in (("zh", "zh-hans"), ("en", "en")):
        with override(code):
            found[key] = {name: str(word) for name, word in EVERY.items()}
    return found
