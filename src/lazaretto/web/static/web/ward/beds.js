// The list of a round: who is done, who is not, and the next one as the largest thing on the screen.
import { h, shape } from "./dom.js";
import { go, head, offlineBar } from "./frame.js";
import { clock, moment, named, say, signed, span, titled } from "./words.js";
import { idOf, isHigh, now, numeric, placeObservations, rounds, rows, ward } from "./ward.js";

/** Which round is looked at, and who is next; kept while the client is open. */
export const at = { round: "", ref: "" };

export function round() {
  const all = rounds();
  const open = all.filter((group) => group.opens <= now());
  const left = open.find((group) => rows(group).some((row) => !row.done));
  return all.find((group) => idOf(group) === at.round) ?? left ?? open.at(-1) ?? all[0] ?? null;
}

/** The observation that is entered: that of the round, or a temperature where no round is near. */
export const observation = () => round()?.observation ?? "temperature";

/** @param {any[]} list @param {string} [after] */
export function next(list, after) {
  const from = list.findIndex((row) => row.ref === after) + 1;
  const ordered = [...list.slice(from), ...list.slice(0, from)];
  return ordered.find((row) => !row.done && row.ref !== after && !(row.again > now()));
}

const WORDS = { on_time: "on_time", late: "late", excused: "excused", missed: "missed", due: "due", overdue: "late" };

/** @param {any} row */
function chip(row) {
  if (row.second) return tell("due", row.second > now() ? say("again_at", { time: clock(row.second) }) : say("again_now"));
  if (row.again && !row.value) return tell("due", say("again_at", { time: clock(row.again) }));
  if (row.state === "none") return null;
  if (row.state === "next") return tell("due", say("from", { time: clock(row.at) }));
  if (row.state === "overdue") return tell("late", say("late_by", { span: span(now() - row.at) }));
  if (row.state === "due") return tell("due", say("due"));
  if (isHigh(row, row.value)) return tell("alert", say("high"));
  return tell(WORDS[row.state], row.at && ["on_time", "late"].includes(row.state) ? clock(row.at) : say(row.state));
}

const tell = (state, said) => h(`span.lz-state.is-${state}`, {}, shape(`s-${state}`), said);

/** @param {any} row */
function line(row) {
  const [before] = row.last?.length ? row.last.slice(-1) : [];
  const second = row.ours && !row.ours[1].sent ? say("not_sent") : row.value && row.usual && row.screen ? say("against_usual", { n: signed(Number(row.value) - Number(row.usual)) }) : before ? say("last_was", { value: before[1], time: moment(before[0], now()) }) : row.name ? row.ref.split(/:(.*)/s)[1] : "";
  const open = () => { at.ref = row.ref; go("enter"); };
  return h("li", {}, h(`button.w-row${row.ref === at.ref ? ".is-next" : ""}`, { onclick: open },
    h("span.w-n", { "aria-hidden": "true" }, row.n),
    h("span.w-who", {}, h("b", {}, row.name || row.ref.split(/:(.*)/s)[1]), h("span.lz-3", {}, second)),
    h("span.w-value", {}, row.value || ""), h("span.w-chip", {}, chip(row))));
}

function chooser(current) {
  const all = rounds();
  if (all.length < 2) return null;
  const choose = (event) => { at.round = event.target.value; at.ref = ""; go("beds"); };
  return h("select.w-select", { id: "round", onchange: choose, "aria-label": say("round") }, all.map((group) =>
    h("option", { value: idOf(group), selected: group === current }, `${named(group)} ${clock(group.due)}`)));
}

function progress(list, group) {
  const owing = list.filter((row) => row.owes), done = owing.filter((row) => row.done);
  const high = list.filter((row) => isHigh(row, row.value)).length;
  if (!group) return h("p.w-progress.lz-2", {}, say("no_round"));
  return h("div.w-progress", {},
    h("progress", { max: owing.length || 1, value: done.length, "aria-label": say("progress") }),
    h("div", {}, h("span", {}, h("b", {}, `${done.length} / ${owing.length}`), ` ${say("people_left", { n: owing.length - done.length })}`),
      high ? tell("alert", say("n_high", { n: high })) : null));
}

export function beds() {
  const group = round(), list = rows(group), following = group && group.opens <= now() ? next(list, undefined) : undefined;
  at.ref = following?.ref ?? "";
  const place = ward.list.places[ward.list.place];
  const when = group ? `${named(group)} ${clock(group.due)}${group.closes ? `–${clock(group.closes)}` : ""}` : "";
  const icons = { disinfection: "i-drop", ventilation: "i-wind" };
  let room = "";
  const lines = list.flatMap((row) => {
    const first = row.place !== room;
    room = row.place;
    return first ? [h("li.w-room", {}, named(ward.list.places[row.place] ?? { zh: row.place, en: row.place })), line(row)] : [line(row)];
  });
  return [
    head(place ? named(place) : ward.list.place, when, { scan: true }),
    offlineBar(),
    progress(list, group), chooser(group),
    h("div.w-main", {}, list.length ? h("ul.w-rows", {}, lines) : h("p.w-empty", {}, say("nobody"))),
    h("footer.w-foot", {},
      placeObservations().slice(0, 2).map((id) => h("button.w-side", { onclick: () => { at.place = id; go("places"); } },
        shape(icons[id] ?? "i-list", 20), h("span", {}, titled(ward.list.observations[id])))),
      following
        ? h("button.w-main-button", { id: "next", onclick: () => { at.ref = following.ref; go("enter"); } }, say(numeric(group.observation) ? "enter_n" : "look_n", { n: following.n, name: following.name || following.ref.split(":")[1] }))
        : h("button.w-main-button.is-quiet", { onclick: () => go("results") }, say(group ? "round_done" : "results"))),
  ];
}
