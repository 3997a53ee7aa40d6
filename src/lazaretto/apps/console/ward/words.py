"""
Every word of the ward client by its key. Sentences of the protocol come with the list; these are the client's own.

The client fills in what stands in %(…)s. Both languages go to the phone, so that switching needs no network.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

FRAME: dict[str, Promise | str] = {
    "ward": _("Ward round"), "back": _("Back"), "close": _("Close"), "done": _("Done"), "online": _("online"),
    "offline": _("no network"), "offline_n": _("No network · %(n)s on this phone"), "n_wait": _("%(n)s waiting to be sent"),
    "last_sent_at": _("Last sent %(time)s · work goes on, nothing is lost"), "go_on": _("Work goes on; nothing is lost."),
    "yesterday": _("yesterday"), "hours": _("%(h)s h %(m)s min"), "minutes": _("%(m)s min"), "seconds": _("%(s)s s"),
    "needs_network": _("This needs the network. Try again when there is one."), "try_again": _("Try again"),
    "not_done_try": _("Not done. Load the list again and try once more."), "facility": _("Facility"),
    "not_kept": _("Not kept: this phone's storage is full or closed. Write it on paper."),
    "session_over": _("Signed out. Recording goes on; sign in for a new list"),
    "list_is_of": _("List of %(time)s"), "other_pages": _("To the other pages"),
}  # fmt: skip
BEDS: dict[str, Promise | str] = {
    "round": _("Round"), "progress": _("Done in this round"), "people_left": _("people · %(n)s left"),
    "n_high": _("high %(n)s"), "high": _("high"), "again_at": _("again at %(time)s"),
    "again_now": _("second reading"), "against_usual": _("own median %(n)s"), "from": _("from %(time)s"),
    "late_by": _("late by %(span)s"), "due": _("to do"), "on_time": _("on time"), "late": _("late"),
    "excused": _("excused"), "missed": _("missed"), "not_sent": _("on this phone, not yet sent"),
    "last_was": _("last %(value)s · %(time)s"), "no_round": _("No round is due within two hours. Anybody can be measured at any time."),
    "nobody": _("Nobody is on file in this ward now. The list is fetched again when there is a network."),
    "enter_n": _("Enter %(n)s · %(name)s"), "look_n": _("Look at %(n)s · %(name)s"), "round_done": _("All done · upload results"),
    "by_place": _("by place"), "place_done": _("Done now"), "undo": _("Undo"), "undone": _("Undone; both stay on record."),
}  # fmt: skip
ENTER: dict[str, Promise | str] = {
    "n_of": _("%(n)s of %(all)s · swipe for the bed beside"), "usual": _("own median"), "fourteen_days": _("14 days"),
    "no_readings": _("No reading in the last 14 days."), "first_digit": _("The 3 is assumed: 6 5 is 36.5"),
    "reading_is": _("Reading: %(value)s"), "nothing_yet": _("nothing yet"), "per_minute": _("/min"), "pad": _("Number pad"),
    "recorded_already": _("Recorded here in this round already"), "one_more": _("One more reading"),
    "correct_value": _("Corrects %(value)s"),
    "erase": _("Erase a digit"), "skip": _("Skip"), "symptoms": _("Symptoms"), "symptom_none": _("None"),
    "symptom_feverish": _("Feverish"), "symptom_cough": _("Cough"), "symptom_throat": _("Sore throat"),
    "symptom_diarrhoea": _("Diarrhoea"), "symptom_other": _("Other"), "save_next": _("Save, next %(name)s"),
    "save_last": _("Save"), "previous_bed": _("Previous bed"), "next_bed": _("Next bed"), "looked": _("Looked, save"),
    "look_and_tap": _("Look, then save. If it was not possible, skip with the reason."),
    "number_missing": _("Type the number first."), "is_it_right": _("Is this right?"),
    "above_usual": _(", %(n)s above the own median."), "outside": _("This is not between %(min)s and %(max)s."),
    "type_it_again": _("Nothing is saved. Type it again."), "type_again": _("Type again"),
    "yes_value": _("Yes, %(value)s"),
    "on_yes": _("On yes: a second reading is owed, %(rest)s min later at the earliest and within %(within)s min. The clinic sees it when it is sent."),
    "on_yes_now": _("On yes: a second reading is owed within %(within)s min. The clinic sees it when it is sent."),
    "on_yes_odd": _("On yes it is saved as it stands."),
    "if_doubtful": _("After exercise or a hot drink, or if the thermometer is in doubt:"),
    "measure_again_in": _("Sit for %(m)s min, then measure again"), "how_measured": _("How measured"),
    "how_holds": _("holds until it is changed"), "method": _("Method"), "site": _("Where on the body"),
    "thermometer": _("Thermometer"), "saved_next": _("%(name)s %(value)s kept. Next: %(next)s"),
    "saved_last": _("%(name)s %(value)s kept."), "skip_n": _("Skip %(name)s"), "choose_reason": _("choose the reason"),
    "why_refused": _("Refused"), "why_unable": _("Not possible: excused"), "why_not_done": _("Not done: stays missed, with the reason"),
    "in_words": _("In your own words"), "keep_reason": _("Keep this reason"),
}  # fmt: skip
RESULTS: dict[str, Promise | str] = {
    "results": _("Upload results"), "n_sent": _("%(n)s received"), "receipts_at": _("each has its receipt; last at %(time)s"),
    "being_sent": _("being sent"), "sent_later": _("sent when there is a network"), "n_held": _("%(n)s with a doubtful time"),
    "held_means": _("on the server; a person decides there"), "n_to_look": _("%(n)s for you to look at"),
    "never_overwritten": _("two people recorded different things; nothing is overwritten"), "differ": _("Two records differ"),
    "which_counts": _("Both are kept. Which one counts? The other stays readable."), "use": _("Use %(value)s"),
    "both_right": _("Both are right, count each"), "from_phone": _("from a phone"), "from_record": _("on record"),
    "record_at": _("A record of %(time)s"), "enter_again": _("Enter again"), "give_up": _("Give this record up"),
    "clock_here": _("Clock of this phone"), "clock_right": _("right"), "clock_slow": _("%(span)s slow, corrected"),
    "clock_fast": _("%(span)s fast, corrected"), "queue": _("On this phone"), "n_sealed": _("%(n)s · sealed"),
    "list_from": _("List from"), "signed_in": _("Signed in"), "locks_after": _("locks after 5 min"),
    "change_user": _("Change user"), "send_now": _("Send now"),
}  # fmt: skip
DOOR: dict[str, Promise | str] = {
    "welcome": _("Sign in once; then the round works without network."), "sign_in": _("Sign in"),
    "first_needs_network": _("There is no network. The first time needs one."),
    "destroyed": _("Five wrong PINs: names and readings on this phone are destroyed. Sign in again."),
    "n_still_here": _("%(n)s sealed records are still here and will be sent."),
    "no_right": _("You record no rounds here. Ask your department head."),
    "no_protocol": _("The facility has adopted no protocol yet."), "which_ward": _("Which ward?"),
    "pin_new": _("Choose a PIN for this phone"), "pin_again": _("The same PIN again"),
    "pin_why": _("6 digits. It opens names and readings here without network; 5 wrong ones destroy them."),
    "pin_weak": _("Too easy to guess. Choose another."), "pin_differs": _("The two differ. Begin again."),
    "n_digits": _("%(n)s digits typed"), "locked": _("Locked"), "pin_type": _("Type the PIN of this phone."),
    "pin_wrong": _("Wrong. %(n)s tries are left; then names and readings here are destroyed."),
    "n_unsent": _("%(n)s records are not sent yet"), "all_sent": _("Everything is sent"),
    "unsent_means": _("They stay here, sealed, and go out as yours when this page is next open with a network, within 72 h without you."),
    "nothing_lost": _("Nothing waits on this phone."),
    "leave_means": _("Signing out destroys names, readings and the PIN on this phone."),
    "leave": _("Sign out"), "leave_unsent": _("Sign out all the same"), "device": _("This phone"),
    "language": _("Language"), "light": _("Screen light"), "light_light": _("Daylight"), "light_dark": _("Night"),
    "light_auto": _("Like the device"), "other_ward": _("Another ward"), "lock_now": _("Lock now"),
    "scan": _("Scan a door or wristband"), "camera": _("Camera"), "no_camera": _("No camera can be used here. Type the code."),
    "type_code": _("Code on the door or wristband"), "go_there": _("Go there"),
    "no_such_code": _("Nobody and nothing in this ward has the code %(code)s."),
}  # fmt: skip
EVERY = {**FRAME, **BEDS, **ENTER, **RESULTS, **DOOR}


def catalogue() -> dict[str, dict[str, str]]:
    """Return all words in both languages."""
    found = {}
    for key, code in (("zh", "zh-hans"), ("en", "en")):
        with override(code):
            found[key] = {name: str(word) for name, word in EVERY.items()}
    return found
