// The gate kiosk: the list is fetched when there is a network, steps are kept first and sent then; nothing is lost on the way.
import { announce, h, shape } from "../ward/dom.js";
import { heard } from "../ward/net.js";
import { waiting } from "../ward/store.js";
import { clock, inZone, language, named, say, speak, span, titled } from "../ward/words.js";
import { held, next } from "./chain.js";
import { stepForm } from "./form.js";
import * as parts from "./parts.js";
import { conflicts, fetchList, flush, put, seen } from "./queue.js";

const app = document.getElementById("kiosk"), EVERY_MS = 15_000;
/** @type {any} */ let list = null;
/** @type {any[]} */ let queue = [], refused = [];
let chosen = "", signedOut = false, trouble = "", busy = false, heardOnce = false;

/** The moment by the server's clock: this machine's, put right by what the last list said. */
const now = () => Date.now() + (list ? list.at - list.heard : 0);

/** The runs with what is kept here laid over what the server knows. */
function runs() {
  return (list?.runs ?? []).map((run) => {
    const done = { ...run.done };
    for (const one of queue) if (one.run === run.ref && !one.fate) done[one.step] ??= { at: one.at, result: one.result };
    return { ...run, done };
  });
}

/** Fetches the list; without network the last one stays. */
async function hear() {
  const { answer, list: found } = await fetchList();
  if (found) list = found;
  heardOnce ||= answer.ok;
  if (answer.ok || answer.status === 401) signedOut = !answer.ok;
}

async function refresh() {
  if (busy) return;
  busy = true;
  queue = await waiting();
  try {
    if (!heardOnce) await hear();  // the first answer brings what a form must carry
    if (queue.length && heardOnce) await flush();
    await hear();
  } finally {
    busy = false;
  }
  await show();
}

async function show() {
  queue = await waiting();
  refused = await conflicts();
  draw();
}

function choose(ref) {
  chosen = ref;
  draw();
  document.getElementById("k-title")?.focus();
}

/** Keeps a step, shows it as done, and sends it if it can. */
async function doStep(run, step, said, early = false) {
  try {
    await put(list, { run: run.ref, step: step.id, at: Math.round(now()), ...said });
    trouble = "";
    if (!early) announce(say("done_step", { step: named(step) }));
  } catch {
    trouble = say("not_kept");
  }
  await show();
  await refresh();
}

// -- the screen ------------------------------------------------------------------------------------------------------

function head() {
  const off = !heard.online, drift = Math.abs(now() - Date.now());
  return h("header.k-head", {}, h("div.k-brand", {}, shape("i-flag", 34), h("div", {}, h("h1", {}, say("ward")), h("p.lz-2", {}, language === "zh" ? list.zh : list.en || list.zh))),
    off || signedOut || queue.length ? h("div.k-offline", { role: "status" }, shape("i-cloud", 22), h("div", {}, h("b", {}, off ? say("offline_n", { n: queue.length }) : signedOut ? say("queue", { n: queue.length }) : say("sending", { n: queue.length })),
      h("span", {}, signedOut ? say("session_over") : say("offline_go_on"), signedOut ? h("a", { href: location.pathname }, ` ${say("sign_in")}`) : null))) : h("span.lz-state.is-on_time", {}, shape("s-on_time"), h("span", {}, say("online"))),
    h("div.k-who", {}, h("b", {}, list.user[language]), h("span.lz-3", {}, off ? say("stale", { time: clock(list.at) }) : drift > 60_000 ? say("drift", { span: span(drift) }) : say("server_time"))),
    h("button.k-small", { onclick: () => { speak(language === "zh" ? "en" : "zh"); draw(); }, "aria-label": say("language") }, language === "zh" ? "EN" : "中"),
    h("b.k-clock", { id: "k-clock" }, parts.exact(now(), list.zone)));
}

function scan(all) {
  const input = h("input", { name: "code", id: "k-code", autocomplete: "off", "aria-describedby": "k-scan-what" });
  const form = h("form.k-scan", { onsubmit: (event) => {
    event.preventDefault();
    const code = input.value.trim().toUpperCase(), found = all.find((run) => [run.ref, run.subject, ...run.codes].some((one) => one && one.toUpperCase() === code));
    trouble = found || !code ? "" : say("not_found", { code });
    if (found) choose(found.ref); else draw();
    announce(trouble);
    document.getElementById("k-code")?.focus();
  } }, h("label", { for: "k-code" }, h("b", {}, say("scan")), h("span.lz-3", { id: "k-scan-what" }, say("scan_what"))), h("div.k-two", {}, input, h("button.k-small", { type: "submit" }, say("go"))));
  return form;
}

function side(all) {
  const zero = list.zero;
  return h("nav.k-side", { "aria-label": say("in_gate", { n: all.length }) }, h("h2", {}, say("in_gate", { n: all.length })),
    all.length ? h("div.k-cards", {}, all.map((run) => parts.card(run, now(), run.ref === chosen, queue, choose))) : h("p.lz-2", {}, say("nothing_here"), " ", say("nothing_next")),
    h("div.k-below", {}, h("div.k-zero", {}, zero ? [h("b", {}, String(zero.today)), h("span", {}, say("outside_today"), h("span.lz-3", {}, ` ${say("zero_days", { n: zero.days })}`))] : h("span.lz-3", {}, say("no_ban"))),
      parts.kept(queue, list.runs), scan(all), h("a.lz-3", { href: "/" }, say("leave"))));
}

function middle(run, all) {
  if (!run) return h("main.k-main", {}, h("h2.k-title", { id: "k-title", tabindex: "-1" }, say("nothing_here")), h("p.lz-2", {}, say("nothing_next")), problems(all));
  const at = now(), waits = held(run, at), coming = next(run), state = parts.stateOf(run, at);
  const mayNot = coming && coming.step.by && !list.roles.includes(coming.step.by);
  return h("main.k-main", {}, h("div.k-two", {}, h("div", {}, h("h2.k-title", { id: "k-title", tabindex: "-1" }, [run.number, parts.titleOf(run)].filter(Boolean).join(" ")), h("p.lz-2", {}, [run.sub, named(run), say(run.direction === "out" ? "direction_out" : "direction_in")].filter(Boolean).join(" · "))),
    h(`span.lz-chip.is-${state.kind}`, {}, shape(state.shape), state.word)), parts.chain(run, at, list.zone),
    h("div.k-centre", {}, waits ? parts.timer(waits, at, list.zone) : coming ? (mayNot ? h("div.k-form", {}, h("h2", {}, titled(coming.step)), h("p", {}, say("for_role", { role: coming.step.by })), coming.step.does === "approve" ? h("p.lz-2", {}, say("on_phone")) : null) : stepForm(run, coming.step, (said) => doStep(run, coming.step, said))) : h("p.k-form", {}, state.word),
      h("div.k-beside", {}, problems(all), parts.meanwhile(all, run.ref, at, list.roles, choose))),
    coming && waits ? h("button.k-locked", { "aria-describedby": "k-when", onclick: () => doStep(run, coming.step, {}, true), "data-locked": run.ref }, shape("i-lock", 26), h("span", {}, h("b", {}, titled(coming.step)), h("span", { id: "k-when" }, say("opens_itself", { time: parts.exact(coming.from, list.zone) })))) : null);
}

function problems(all) {
  return [trouble ? h("p.k-trouble", { role: "alert" }, trouble) : null,
    refused.length ? h("div", {}, refused.slice(-3).reverse().map((one) => parts.refusal(one, all.find((run) => run.ref === one.run) ?? list.runs.find((run) => run.ref === one.run), list.zone, async (id) => { await seen(id); await show(); }))) : null];
}

/** What somebody is typing must not be thrown away by a redraw. */
const typing = () => app.querySelector("form.k-form input:focus, #k-code:focus") !== null;

function draw() {
  if (!list) return app.replaceChildren(h("main.k-main", {}, h("h1", {}, say("ward")), h("p", {}, heard.online ? say("session_over") : say("offline_n", { n: queue.length })), h("p", {}, h("a", { href: location.pathname }, say("sign_in")))));
  inZone(list.zone);
  const all = runs();
  if (!all.some((run) => run.ref === chosen)) chosen = all[0]?.ref ?? "";
  app.replaceChildren(head(), h("div.k-two-sides", {}, side(all), middle(all.find((run) => run.ref === chosen), all)));
  app.dataset.ready = "1";
  app.dataset.waiting = String(queue.length);
}

/** Every second: clocks, and what opens by itself. */
function tickOn() {
  if (!list) return;
  if (!typing()) return draw();
  const face = document.getElementById("k-clock");
  if (face) face.textContent = parts.exact(now(), list.zone);
}

speak(language);
await show();
list = (await import("../ward/store.js").then((store) => store.kept("list"))) ?? null;
await show();
await refresh();
setInterval(tickOn, 1000);
setInterval(refresh, EVERY_MS);
for (const event of ["online", "focus"]) addEventListener(event, refresh);
addEventListener("offline", () => { heard.online = false; draw(); });
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());
navigator.serviceWorker?.register(`${location.pathname}worker.js`, { scope: location.pathname }).catch(() => null);
