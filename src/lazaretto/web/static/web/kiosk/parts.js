// The parts of the kiosk's screen, each from plain data to elements.
import { h, shape } from "../ward/dom.js";
import { clock, language, named, say, titled } from "../ward/words.js";
import { held, isTimer, next, passed, stoppedAt } from "./chain.js";

const SVG = "http://www.w3.org/2000/svg";
/** mm:ss below an hour, else hours and minutes. @param {number} ms */
export function left(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  if (s >= 3600) return say("hours", { h: Math.floor(s / 3600), m: Math.floor((s % 3600) / 60) });
  return `${String(Math.floor(s / 60)).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}`;
}
/** Hours, minutes and seconds as the facility's clock has them. @param {number} at @param {string} zone */
export const exact = (at, zone) => new Date(at).toLocaleTimeString("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const titleOf = (run) => run.title || `${say("visit")} ${run.subject.replace(/\D+/g, " ").trim().replaceAll(" ", " · ")}`;
const wayOf = (run) => say(run.direction === "out" ? "direction_out" : "direction_in");

/** The state of a run in one word with its shape. */
export function stateOf(run, now) {
  const waits = held(run, now), coming = next(run);
  if (waits) return { shape: "s-hold", kind: "hold", word: titled(waits.step), when: left(waits.until - now) };
  if (coming) return { shape: "s-due", kind: "due", word: titled(coming.step), when: say("now") };
  return stoppedAt(run) ? { shape: "s-refused", kind: "refused", word: titled(stoppedAt(run)), when: "" } : { shape: "s-on_time", kind: "on_time", word: say("all_done"), when: "" };
}

/** Left: what stands in the gate, each with its clock. */
export function card(run, now, chosen, waiting, choose) {
  const state = stateOf(run, now), mine = waiting.filter((one) => one.run === run.ref).length;
  return h("button.k-card", { "aria-pressed": chosen ? "true" : "false", onclick: () => choose(run.ref), "data-run": run.ref },
    h("span.k-two", {}, h("b", {}, run.sub || titleOf(run)), h("b.k-when", { "data-clock": run.ref }, state.when)),
    h("span.k-two", {}, h("span.lz-2", {}, [run.number, run.sub ? titleOf(run) : wayOf(run)].filter(Boolean).join(" · ")),
      h(`span.lz-state.is-${state.kind}`, {}, shape(state.shape, 16), h("span", {}, state.word))),
    mine ? h("span.k-kept", {}, `${say("kept")}${mine > 1 ? ` · ${mine}` : ""}`) : null);
}

/** Top: the chain, done and to come; it cannot be clicked out of order. */
export function chain(run, now, zone) {
  const coming = next(run), waits = held(run, now), at = passed(run);
  const items = run.steps.map((step, n) => {
    const done = run.done[step.id], over = isTimer(step) && at[step.id] !== undefined && at[step.id] <= now;
    const is = done || over ? "done" : waits?.step.id === step.id ? "held" : coming?.step.id === step.id && !waits ? "now" : "later";
    const mark = is === "done" ? shape("i-tick", 22) : is === "held" ? shape("s-hold", 24) : String(n + 1);
    const under = done ? clock(done.at) : is === "held" ? exact(waits.until, zone) : "";
    return h(`li.is-${is}`, { "aria-current": is === "now" || is === "held" ? "step" : null }, h("span.k-dot", {}, mark), h("span", {}, titled(step)), h("span.lz-3", {}, under || " "));
  });
  return h("ol.k-chain", { "aria-label": named(run) }, items);
}

/** Centre: the large timer. Its arc is what is still to wait. */
export function timer(waits, now, zone) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 200 200", "aria-hidden": "true", class: "k-ring" })) svg.setAttribute(key, value);
  const whole = Math.max(1, waits.until - waits.since), share = Math.min(1, Math.max(0, (waits.until - now) / whole));
  for (const [name, part] of [["k-track", 1], ["k-arc", share]]) {
    const circle = document.createElementNS(SVG, "circle"), round = 2 * Math.PI * 88;
    for (const [key, value] of Object.entries({ cx: 100, cy: 100, r: 88, class: name, "stroke-dasharray": `${round * Number(part)} ${round}`, transform: "rotate(-90 100 100)" })) circle.setAttribute(key, String(value));
    svg.append(circle);
  }
  return h("div.k-timer", { role: "timer", "aria-label": `${say("still")} ${left(waits.until - now)}` }, svg,
    h("div", {}, h("span.lz-2", {}, say("still")), h("b", { class: waits.until - now >= 3_600_000 ? "is-long" : "" }, left(waits.until - now)), h("span", {}, say("free_from", { time: exact(waits.until, zone) }))));
}

/** Beside it: what was refused, in plum: what, which rule, when it is possible, that it counts against nobody. */
export function refusal(one, run, zone, putAway) {
  const step = run?.steps.find((s) => s.id === one.step);
  return h("section.k-refused", { role: "alert" }, shape("s-refused", 34), h("div", {},
    h("h2", {}, say("conflict_of", { step: step ? titled(step) : one.step, time: clock(one.at) })),
    h("p", {}, [run?.number, one.why[language] || one.why.en].filter(Boolean).join(" · ")), one.possible ? h("p", {}, say("possible_from", { time: exact(one.possible, zone) })) : null,
    h("p.lz-2", {}, say("recorded"))), h("button.k-small", { onclick: () => putAway(one.id) }, say("seen")));
}

/** And the useful next job: another run with something to do now. */
export function meanwhile(runs, chosen, now, roles, choose) {
  const other = runs.find((run) => run.ref !== chosen && !held(run, now) && next(run) && (!next(run).step.by || roles.includes(next(run).step.by)));
  if (!other) return null;
  return h("div.k-meanwhile", {}, h("span.lz-2", {}, say("meanwhile")), h("button.k-job", { onclick: () => choose(other.ref) }, shape("i-drop", 30),
    h("span", {}, h("b", {}, [other.sub || titleOf(other), other.number].filter(Boolean).join(" ")), h("span", {}, titled(next(other).step))), shape("i-more", 24)));
}

/** What is kept here and not yet sent, as far as it can be read: which step, when. */
export function kept(waiting, runs) {
  if (!waiting.length) return null;
  return h("details.k-queue", {}, h("summary", {}, say("queue", { n: waiting.length })), h("ul", {}, waiting.map((one) => {
    const run = runs.find((r) => r.ref === one.run), step = run?.steps.find((s) => s.id === one.step);
    return h("li", {}, `${clock(one.at)} ${run?.number ?? ""} ${step ? named(step) : one.step}`, one.why ? h("span.lz-3", {}, one.why[language]) : null);
  })));
}
