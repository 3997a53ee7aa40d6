// Before the ward: signing in, choosing ward and PIN, the lock, and leaving.
import { h, shape } from "./dom.js";
import { go, head } from "./frame.js";
import { ask, heard } from "./net.js";
import { pad, typing } from "./pad.js";
import * as vault from "./vault.js";
import { ward } from "./ward.js";
import { named, say, language } from "./words.js";

const chosen = { facilities: /** @type {any[] | null} */ (null), facility: "", place: "", pin: "", first: "", trouble: "", busy: false };

const brand = (title, under) => h("div.w-brand", {}, shape("i-flag", 52), h("h1", { tabindex: "-1" }, title), h("p.lz-2", {}, under));
const dots = (n) => h("p.w-dots", { "aria-label": say("n_digits", { n }), role: "status" }, Array.from({ length: vault.DIGITS }, (_, i) => h(`span${i < n ? ".is-on" : ""}`, {})));

/** Nobody is signed in, or the cache is gone. @param {() => void} again */
export function welcome(again, forgotten) {
  document.onkeydown = null;
  return [
    h("div.w-main.w-door", {}, brand(say("ward"), say("welcome")),
      forgotten ? h("p.w-note.is-late", { role: "alert" }, shape("s-late"), say("destroyed")) : null,
      ward.waiting ? h("p.w-note", {}, shape("s-hold"), say("n_still_here", { n: ward.waiting })) : null,
      heard.online ? null : h("p.w-note", {}, shape("s-unknown"), say("first_needs_network"))),
    h("footer.w-foot", {}, heard.online ? h("a.w-main-button", { href: "/sign-in/?next=/ward/enter/" }, say("sign_in")) : h("button.w-main-button", { onclick: again }, say("try_again"))),
  ];
}

/** Chooses facility, ward and PIN. @param {(facility: string, place: string, pin: string) => Promise<string>} begin @param {() => void} again */
export async function choose(begin, again, needsPin = true) {
  if (!chosen.facilities) {
    const answer = await ask("/ward/places/");
    if (answer.ok) {
      chosen.facilities = answer.data.facilities;
      chosen.facility = answer.data.facilities[0]?.code ?? "";
    }
  }
  const all = chosen.facilities ?? [], facility = all.find((one) => one.code === chosen.facility);
  if (!all.length) return [h("div.w-main.w-door", {}, brand(say("ward"), say(heard.online ? "no_right" : "first_needs_network"))), h("footer.w-foot", {}, h("a.w-main-button", { href: "/" }, say("other_pages")))];
  if (chosen.place && needsPin) return pinTwice(begin, again);
  document.onkeydown = null;
  const take = async (place) => { chosen.place = place.code; if (needsPin) return again(); chosen.trouble = await begin(chosen.facility, place.code, ""); chosen.place = ""; again(); };
  return [
    needsPin ? head(say("which_ward"), named(facility)) : head(say("which_ward"), named(facility), { back: "device" }),
    h("div.w-main.w-body", {},
      all.length > 1 ? h("div.w-field", {}, h("label", { for: "facility" }, say("facility")), h("select.w-select", { id: "facility", onchange: (event) => { chosen.facility = event.target.value; again(); } }, all.map((one) => h("option", { value: one.code, selected: one === facility }, named(one))))) : null,
      chosen.trouble ? h("p.w-trouble", { role: "alert" }, chosen.trouble) : null,
      h("div.w-list", {}, facility.places.map((place) => h("button.w-side.is-wide", { onclick: () => take(place) }, named(place), h("span.lz-3", {}, place.code))))),
  ];
}

/** Takes the digits of a PIN, and acts when there are enough. */
function digits(act, again) {
  const press = (digit) => {
    if (chosen.busy || chosen.pin.length >= vault.DIGITS) return;
    chosen.pin += digit;
    again();
    if (chosen.pin.length === vault.DIGITS) act(chosen.pin);
  };
  const erase = () => { chosen.pin = chosen.pin.slice(0, -1); again(); };
  document.onkeydown = typing(press, erase, () => {});
  return pad(press, erase, null);
}

const WEAK = /^(\d)\1+$|^012345$|^123456$|^654321$/;

function pinTwice(begin, again) {
  const act = async (pin) => {
    chosen.pin = "";
    if (!chosen.first) {
      chosen.trouble = WEAK.test(pin) ? say("pin_weak") : "";
      chosen.first = chosen.trouble ? "" : pin;
    } else if (chosen.first !== pin) {
      [chosen.first, chosen.trouble] = ["", say("pin_differs")];
    } else {
      chosen.busy = true;
      chosen.trouble = await begin(chosen.facility, chosen.place, pin);
      Object.assign(chosen, { busy: false, first: "", place: "" });
    }
    again();
  };
  return [
    h("div.w-main.w-door", {}, brand(say(chosen.first ? "pin_again" : "pin_new"), say("pin_why")), dots(chosen.pin.length), h("p.w-trouble", { role: "alert" }, chosen.trouble)),
    digits(act, again),
  ];
}

/** The lock: the PIN opens it, five wrong ones destroy what is kept here. @param {(outcome: string) => Promise<void>} opened @param {() => void} again */
export function locked(opened, again) {
  const act = async (pin) => {
    chosen.busy = true;
    const outcome = await vault.open(pin);
    Object.assign(chosen, { pin: "", busy: false, trouble: outcome === "wrong" ? say("pin_wrong", { n: await vault.triesLeft() }) : "" });
    await opened(outcome);
  };
  return [
    h("div.w-main.w-door", {}, brand(say("locked"), say("pin_type")), dots(chosen.pin.length), h("p.w-trouble", { role: "alert" }, chosen.trouble),
      ward.waiting ? h("p.w-note", {}, shape("s-hold"), say("n_still_here", { n: ward.waiting })) : null),
    digits(act, again),
    h("footer.w-foot", {}, h("button.w-side.is-wide", { onclick: () => go("leave") }, say("change_user"))),
  ];
}

/** Leaving: says what waits, and that it is not lost. @param {() => Promise<void>} leave */
export function leaving(leave) {
  document.onkeydown = null;
  return [
    head(say("change_user"), "", { back: "beds" }),
    h("div.w-main.w-body", {},
      h("div.w-note", {}, shape(ward.waiting ? "s-hold" : "s-on_time", 26), h("div", {}, h("b", {}, ward.waiting ? say("n_unsent", { n: ward.waiting }) : say("all_sent")), h("span.lz-3", {}, say(ward.waiting ? "unsent_means" : "nothing_lost")))),
      h("p", {}, say("leave_means"))),
    h("footer.w-foot", {}, h("button.w-side.is-wide", { onclick: () => go("beds") }, say("back")), h("button.w-main-button", { id: "leave", onclick: leave }, say(ward.waiting ? "leave_unsent" : "leave"))),
  ];
}

/** This phone: ward, language, light. */
export function device({ speak, paint, lock, theme }) {
  document.onkeydown = null;
  const choice = (name, now, all, act) => h("div.w-field", {}, h("span", {}, name), h("div.w-tabs", { role: "group", "aria-label": name }, all.map(([id, said]) => h("button.w-chip-button", { "aria-pressed": String(id === now), onclick: () => act(id) }, said))));
  return [
    head(say("device"), named(ward.mine.user), { back: "beds" }),
    h("div.w-main.w-body", {},
      choice(say("language"), language, [["zh", h("span", { lang: "zh-Hans" }, "中文")], ["en", h("span", { lang: "en" }, "English")]], speak),
      choice(say("light"), theme, [["light", say("light_light")], ["dark", say("light_dark")], ["auto", say("light_auto")]], paint),
      h("div.w-list", {}, h("button.w-side.is-wide", { onclick: () => go("choose") }, say("other_ward")),
        h("button.w-side.is-wide", { onclick: () => go("results") }, say("results")),
        h("a.w-side.is-wide", { href: "/" }, say("other_pages")),
        h("button.w-side.is-wide", { onclick: () => go("leave") }, say("change_user")))),
    h("footer.w-foot", {}, h("button.w-main-button", { onclick: lock }, say("lock_now"))),
  ];
}
