// Disinfection, ventilation and what else is done by place: one tap a place, undone with another.
import { at } from "./beds.js";
import { announce, h, shape } from "./dom.js";
import { go, head, offlineBar } from "./frame.js";
import { now, placeObservations, placeRows, record, ward } from "./ward.js";
import { clock, named, say, span, titled } from "./words.js";

/** @param {() => void} saved @param {() => void} again */
export function places(saved, again) {
  const all = placeObservations(), chosen = all.includes(at.place) ? at.place : all[0];
  if (!chosen) { go("beds"); return []; }
  const rows = placeRows(chosen), title = (row) => named(ward.list.places[row.code] ?? { zh: row.code, en: row.code });
  const keep = async (row, fact) => {
    await record([{ ref: row.ref, observation: chosen, ...fact }]);
    announce(say(fact.outcome === "void" ? "undone" : "saved_last", { value: "", name: title(row) }));
    saved();
    again();
  };
  const state = (row) => {
    if (row.done) return h("span.lz-state.is-on_time", {}, shape("s-on_time"), row.at ? clock(row.at) : say("done"));
    if (row.state === "overdue") return h("span.lz-state.is-late", {}, shape("s-late"), say("late_by", { span: span(now() - row.at) }));
    if (row.state === "none") return null;
    return h("span.lz-state.is-due", {}, shape("s-due"), row.state === "next" ? say("from", { time: clock(row.at) }) : say("due"));
  };
  const line = (row) => h("li.w-place", {},
    h("span.w-who", {}, h("b", {}, title(row)), state(row)),
    row.ours ? h("button.w-side", { onclick: () => keep(row, { outcome: "void", supersedes: row.ours[0] }), "aria-label": `${say("undo")} ${title(row)}` }, say("undo"))
      : row.done ? null : h("button.w-side.is-act", { onclick: () => keep(row, {}), "aria-label": `${say("place_done")} ${title(row)}` }, say("place_done")));
  return [
    head(titled(ward.list.observations[chosen]), say("by_place"), { back: "beds" }),
    offlineBar(),
    all.length > 1 ? h("div.w-tabs", { role: "group", "aria-label": say("by_place") }, all.map((id) => h("button.w-chip-button", { "aria-pressed": String(id === chosen), onclick: () => { at.place = id; again(); } }, titled(ward.list.observations[id])))) : null,
    h("div.w-main", {}, h("ul.w-rows", {}, rows.map(line))),
  ];
}
