// One person, one reading: the pad, what he had before, symptoms as chips; a doubtful number is asked twice.
import { at, next, observation, round } from "./beds.js";
import { announce, h, shape } from "./dom.js";
import { go, head } from "./frame.js";
import { pad, typing } from "./pad.js";
import { doubt, fits, reading } from "./reading.js";
import { isHigh, keepMine, now, numeric, own, record, rows, ward } from "./ward.js";
import { clock, moment, named, say, signed, titled } from "./words.js";

const SYMPTOMS = ["feverish", "cough", "throat", "diarrhoea", "other"];
const MINUTE = 60_000;
/** What is being entered; a new person begins anew. */
const sheet = { ref: "", digits: "", none: false, symptoms: new Set(), asked: /** @type {string | null} */ (null), skipping: false, corrects: /** @type {boolean | null} */ (null) };

export function begin(ref) {
  Object.assign(sheet, { ref, digits: "", none: false, symptoms: new Set(), asked: null, skipping: false, corrects: null });
}

const list = () => rows(round());
const person = () => list().find((row) => row.ref === sheet.ref);
const type = () => ward.list.observations[observation()] ?? { value: "none", ucum: "" };
const tenths = () => type().ucum === "Cel";
const typed = () => reading(sheet.digits, tenths());

/** @param {() => void} saved Called after each record. @param {() => void} again Draws the screen again. */
export function enter(saved, again) {
  if (sheet.ref !== at.ref) begin(at.ref);
  const all = list(), who = person();
  if (!who) { go("beds"); return []; }
  if (sheet.skipping) return skip(who, saved, again);
  const press = (digit) => { if (!sheet.asked && fits(sheet.digits, digit, tenths())) { sheet.digits += digit; again(); } };
  const erase = () => { sheet.digits = sheet.digits.slice(0, -1); sheet.asked = null; again(); };
  const save = () => trySave(who, saved, again);
  document.onkeydown = typing(press, erase, save);
  const following = next(all, who.ref), place = ward.list.places[who.place];
  const label = following ? say("save_next", { name: nameOf(following) }) : say("save_last");
  return [
    head(`${titled(type())} · ${place ? named(place) : who.place}`, say("n_of", { n: who.n, all: all.length }), { close: "beds" }),
    h("div.w-main.w-sheet", { ...swipes(all, who, again) },
      h("div.w-person", {}, h("span.w-n.is-big", { "aria-hidden": "true" }, who.n),
        h("div.w-who", {}, h("h2", {}, nameOf(who)), h("p.lz-3", {}, who.name ? who.ref.split(/:(.*)/s)[1] : "")),
        tenths() ? h("button.w-how", { onclick: () => go("how") }, howSaid()) : null),
      numeric(observation()) ? figures(who) : h("p.w-empty", {}, say("look_and_tap")),
      before(who)?.[1].value ? secondOrCorrection(who, again) : null,
      sheet.asked ? asked(who, saved, again) : chips(again)),
    numeric(observation()) && sheet.asked ? h("div.w-short", {}, pad(press, erase, null)) : numeric(observation()) ? pad(press, erase, { label: say("skip"), act: () => { sheet.skipping = true; again(); } }) : null,
    h("footer.w-foot", {}, sheet.asked
      ? [h("button.w-side.is-wide", { onclick: () => { sheet.digits = ""; sheet.asked = null; again(); } }, say("type_again")),
         sheet.asked === "outside" ? null : h("button.w-main-button.is-alert", { id: "yes", onclick: () => keep(who, saved, again) }, say("yes_value", { value: typed().value }))]
      : [h("button.w-side", { onclick: () => step(all, who, -1, again), "aria-label": say("previous_bed") }, shape("i-back", 20)),
         numeric(observation()) ? null : h("button.w-side.is-wide", { onclick: () => { sheet.skipping = true; again(); } }, say("skip")),
         h("button.w-main-button", { id: "save", onclick: save, "aria-disabled": String(numeric(observation()) && !typed().value) }, numeric(observation()) ? label : say("looked")),
         h("button.w-side", { onclick: () => step(all, who, 1, again), "aria-label": say("next_bed") }, shape("i-more", 20))]),
  ];
}

const nameOf = (row) => row.name || row.ref.split(/:(.*)/s)[1];

function howSaid() {
  const { methods, sites } = ward.list.thermometers, { method, site, device } = ward.mine.how;
  const said = [sites.find((one) => one.id === site) ?? methods.find((one) => one.id === method)].filter(Boolean).map(named);
  return [...said, device].filter(Boolean).join(" ") || say("how_measured");
}

/** The number as it is typed, over the last three readings and what this person mostly has. */
function figures(who) {
  const usual = who.usual ? Number(who.usual) : null;
  const cell = (above, value, below) => h("div", {}, h("dt", {}, above), h("dd", {}, h("b", {}, value), h("span", {}, below)));
  const cells = tenths() ? (who.last ?? []).map(([when, value]) => cell(moment(when, now()), value, usual === null ? "" : signed(Number(value) - usual))) : [];
  if (tenths() && usual !== null) cells.push(cell(say("usual"), who.usual, say("fourteen_days")));
  const { shown } = typed();
  return [
    cells.length ? h("dl.w-before", {}, cells) : h("p.lz-3.w-hint", {}, say("no_readings")),
    h("output.w-number", { id: "number", "aria-live": "polite", "aria-label": say("reading_is", { value: shown || say("nothing_yet") }) },
      h("b", {}, shown || "––"), h("span", {}, tenths() ? "°C" : type().ucum === "/min" ? say("per_minute") : type().ucum)),
    tenths() && !sheet.asked ? h("p.lz-3.w-hint", {}, say("first_digit")) : null,
  ];
}

/** What was recorded here of this person in this round. */
function before(who) {
  const group = round();
  return group ? own(who.ref, observation(), group.opens, group.closes ?? group.due + 86_400_000) : undefined;
}

/** After a high reading the next one is its second; after any other one it is a correction. The chips say so and change it. */
function corrects(who) {
  const earlier = before(who);
  return Boolean(earlier) && (sheet.corrects ?? !isHigh(who, earlier[1].value));
}

function secondOrCorrection(who, again) {
  const chip = (said, on, to) => h("button.w-chip-button", { "aria-pressed": String(on), onclick: () => { sheet.corrects = to; again(); } }, said);
  return h("div.w-tabs", { role: "group", "aria-label": say("recorded_already") },
    chip(say("one_more"), !corrects(who), false), chip(say("correct_value", { value: before(who)[1].value }), corrects(who), true));
}

/** "No symptoms" is a choice like the others: silence says nothing. */
function chips(again) {
  if (!ward.list.observations.symptoms || !tenths()) return null;
  const chip = (id, on, act) => h("button.w-chip-button", { "aria-pressed": String(on), onclick: () => { act(); again(); } }, on ? shape("i-tick", 14) : null, say(`symptom_${id}`));
  const toggle = (id) => () => { sheet.none = false; if (!sheet.symptoms.delete(id)) sheet.symptoms.add(id); };
  return h("div.w-chips", { role: "group", "aria-label": say("symptoms") },
    chip("none", sheet.none, () => { sheet.none = !sheet.none; sheet.symptoms.clear(); }),
    SYMPTOMS.map((id) => chip(id, sheet.symptoms.has(id), toggle(id))));
}

function trySave(who, saved, again) {
  if (!numeric(observation())) return keep(who, saved, again);
  const { value } = typed();
  if (!value) return announce(say("number_missing"));
  sheet.asked = doubt(value, who, type());
  if (!sheet.asked) return keep(who, saved, again);
  again();
  document.getElementById("asked")?.focus();
}

/** The box that asks again: the number stays, and it says what follows. */
function asked(who, saved, again) {
  const { value } = typed();
  const more = who.usual && Number(value) > Number(who.usual) ? say("above_usual", { n: (Number(value) - Number(who.usual)).toFixed(1) }) : "";
  const question = sheet.asked === "outside" ? say("outside", { min: type().min, max: type().max }) : `${value} °C${more}`;
  const rest = who.rest || 15;
  const wait = async () => { ward.mine.again[who.ref] = now() + rest * MINUTE; await keepMine(); at.ref = next(list(), who.ref)?.ref ?? ""; go("beds"); };
  return [
    h("div.w-asked", { role: "alert", tabindex: "-1", id: "asked" }, shape("s-alert", 22), h("div", {}, h("p", {}, h("b", {}, question, sheet.asked === "outside" ? "" : ` ${say("is_it_right")}`)),
      h("p", {}, sheet.asked === "outside" ? say("type_it_again") : sheet.asked === "high" ? say(who.rest ? "on_yes" : "on_yes_now", { rest: who.rest, within: who.within ?? 30 }) : say("on_yes_odd")))),
    sheet.asked === "outside" ? null : [h("p.lz-3.w-hint", {}, say("if_doubtful")), h("button.w-side.is-wide", { onclick: wait }, say("measure_again_in", { m: rest }))],
  ];
}

async function keep(who, saved, again) {
  const value = numeric(observation()) ? typed().value : "";
  const facts = [{ ref: who.ref, observation: observation(), value, supersedes: corrects(who) ? before(who)[0] : "" }];
  if (sheet.none || sheet.symptoms.size) {
    const note = [...sheet.symptoms].map((id) => say(`symptom_${id}`)).join(", ");
    facts.push({ ref: who.ref, observation: "symptoms", value: String(sheet.symptoms.size), note });
  }
  await finish(facts, who, saved, again, value);
}

async function finish(facts, who, saved, again, said) {
  try {
    await record(facts);
  } catch {
    announce(say("not_kept"));
    return document.querySelector(".w-sheet, .w-body")?.prepend(h("p.w-trouble", { role: "alert" }, say("not_kept")));
  }
  const following = next(list(), who.ref);
  announce(say(following ? "saved_next" : "saved_last", { value: said, name: nameOf(who), next: following ? nameOf(following) : "" }));
  saved();
  at.ref = following?.ref ?? "";
  begin(at.ref);
  if (following) again(true);
  else go("beds");
}

// -- to the bed beside -------------------------------------------------------------------------------------------------

function step(all, who, by, again) {
  const n = all.findIndex((row) => row.ref === who.ref);
  at.ref = all[(n + by + all.length) % all.length].ref;
  again(true);
}

function swipes(all, who, again) {
  let from = /** @type {{x: number, y: number} | null} */ (null);
  return {
    onpointerdown: (event) => { from = event.target.closest("button, input, select") ? null : { x: event.clientX, y: event.clientY }; },
    onpointerup: (event) => {
      if (!from) return;
      const x = event.clientX - from.x, y = event.clientY - from.y;
      from = null;
      if (Math.abs(x) > 60 && Math.abs(x) > 2 * Math.abs(y)) step(all, who, x < 0 ? 1 : -1, again);
    },
  };
}

// -- why not -----------------------------------------------------------------------------------------------------------

function skip(who, saved, again) {
  document.onkeydown = null;
  const field = h("input", { id: "why", maxlength: "300", autocomplete: "off" });
  const keepReason = (reason) => finish([{ ref: who.ref, observation: observation(), outcome: reason.outcome, reason: reason.id, note: field.value.trim() }], who, saved, again, named(reason));
  const other = () => {
    const note = field.value.trim();
    if (!note) { field.setAttribute("aria-invalid", "true"); return field.focus(); }
    return finish([{ ref: who.ref, observation: observation(), outcome: "not_done", note }], who, saved, again, note);
  };
  const hour = Number(clock(now()).slice(0, 2)), asleep = ward.list.observations.night_check && observation() !== "night_check" && (hour >= 21 || hour < 7);
  const nightCheck = () => finish([{ ref: who.ref, observation: "night_check" }], who, saved, again, titled(ward.list.observations.night_check));
  const order = { refused: 0, unable: 1, not_done: 2 };
  const reasons = [...ward.list.reasons].sort((a, b) => order[a.outcome] - order[b.outcome]);
  const group = (outcome) => {
    const some = reasons.filter((reason) => reason.outcome === outcome);
    return some.length ? [h("h2.w-room", {}, say(`why_${outcome}`)), h("div.w-reasons", {}, some.map((reason) => h("button.w-side.is-wide", { onclick: () => keepReason(reason) }, named(reason))))] : [];
  };
  return [
    head(say("skip_n", { name: nameOf(who) }), say("choose_reason"), { close: "enter" }),
    h("div.w-main.w-body", {}, asleep ? h("button.w-side.is-wide", { onclick: nightCheck }, titled(ward.list.observations.night_check)) : null, group("refused"), group("unable"), group("not_done"),
      h("div.w-field", {}, h("label", { for: "why" }, say("in_words")), field)),
    h("footer.w-foot", {}, h("button.w-side.is-wide", { onclick: () => { sheet.skipping = false; again(); } }, say("back")),
      h("button.w-main-button", { onclick: other }, say("keep_reason"))),
  ];
}

// -- how it is measured ------------------------------------------------------------------------------------------------

export function how() {
  document.onkeydown = null;
  const { methods, sites } = ward.list.thermometers, own = ward.mine.how;
  const select = (id, name, from) => h("div.w-field", {}, h("label", { for: id }, name),
    h("select.w-select", { id, onchange: (event) => { own[id] = event.target.value; } }, h("option", { value: "" }, "—"), from.map((one) => h("option", { value: one.id, selected: own[id] === one.id }, named(one)))));
  const device = h("input", { id: "device", value: own.device, maxlength: "40", autocomplete: "off", onchange: (event) => { own.device = event.target.value.trim(); } });
  return [
    head(say("how_measured"), say("how_holds"), { back: "enter" }),
    h("div.w-main.w-body", {}, select("method", say("method"), methods), select("site", say("site"), sites), h("div.w-field", {}, h("label", { for: "device" }, say("thermometer")), device)),
    h("footer.w-foot", {}, h("button.w-main-button", { onclick: async () => { await keepMine(); go("enter"); } }, say("save_last"))),
  ];
}
