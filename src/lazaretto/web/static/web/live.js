// @ts-check
// Keeps a page up to date while it is open. Every page works without this file: it then shows what was so when it was made.
//
// <span data-live="address of the stream" data-live-after="where the page stands"> shows how things stand with the stream.
// <div data-live-refresh="kind kind" data-live-src="address"> is asked for again on such news (`*`: on any); of the answer each
// [data-live-part] replaces the part of that name, if it says something else. Others may listen for `live:news` on the document.

const DEBOUNCE = 200; // ms to wait for more news before asking again
const FLICKER = 3000; // a stream that is back sooner than this was never gone, to the reader
const QUIET = 40_000; // the server says something every 15 s; whoever hears nothing for so long is not connected
const STALE = 30_000;

const shown = /** @type {HTMLElement} */ (document.querySelector("[data-live]"));
let cursor = shown.dataset.liveAfter ?? "";
/** @type {EventSource | null} */
let source = null;
let heard = Date.now();
let lostAt = 0;
let tries = 0;
let retry = 0;

/** @param {"on" | "lost" | "stale"} state */
function show(state) {
  shown.hidden = false;
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (shown.querySelectorAll("[data-live-state]")))
    if (one.hidden === (one.dataset.liveState === state)) one.hidden = !one.hidden;
}

function alive() {
  heard = Date.now();
  lostAt = tries = 0;
  show("on");
}

/** Says so only after a moment, unless the machine itself knows that it is cut off. @param {boolean} [sure] */
function lost(sure) {
  lostAt ||= Date.now();
  if (sure) show("lost");
}

/** @param {MessageEvent} event */
function take(event) {
  cursor = event.lastEventId;
  alive();
  if (event.type !== "beat") document.dispatchEvent(new CustomEvent(`live:${event.type}`, { detail: JSON.parse(event.data) }));
}

function open() {
  close();
  const own = (source = new EventSource(`${shown.dataset.live}?after=${encodeURIComponent(cursor)}`));
  own.onopen = alive;
  for (const name of ["news", "resync", "beat"]) own.addEventListener(name, take);
  own.onerror = () => {
    lost();
    if (own.readyState !== EventSource.CLOSED) return; // the browser comes back by itself
    close();
    retry = setTimeout(open, Math.min(60_000, 2000 * 2 ** tries++));
  };
}

function close() {
  clearTimeout(retry);
  source?.close();
  source = null;
}

setInterval(() => {
  if (document.hidden) return;
  const now = Date.now();
  if (source && now - heard > QUIET) {
    lostAt ||= heard;
    heard = now; // one more try, then as long a wait again
    open();
  }
  if (!lostAt) return;
  if (now - lostAt > STALE) {
    const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: shown.dataset.liveZone }).format(lostAt);
    const words = /** @type {HTMLElement} */ (shown.querySelector("[data-live-since]"));
    const said = (words.dataset.liveSince ?? "").replace("{time}", time);
    if (words.textContent !== said) words.textContent = said;
    show("stale");
  } else if (now - lostAt > FLICKER) show("lost");
}, 1000);

// A browser gives one site six connections, and a stream keeps one: a page that nobody sees gives it back. The cursor
// brings what came in the meantime.
document.addEventListener("visibilitychange", () => {
  heard = Date.now();
  if (document.hidden) close();
  else open();
});
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => { if (event.persisted) open(); });
addEventListener("offline", () => { close(); lost(true); });
addEventListener("online", open);
if (!document.hidden) open();

/** Whether somebody is in the middle of something there. @param {Element} part */
function busy(part) {
  const active = document.activeElement;
  return (active?.matches("input, select, textarea") && part.contains(active)) || part.querySelector("details[open]") !== null;
}

/** Puts a part in the place of another; who stood on a link there stands on the same one, or on the part if it is gone. @param {Element} own @param {Element} fresh */
function swap(own, fresh) {
  const stops = "a[href], button, summary, [tabindex]";
  const active = document.activeElement;
  const at = active && own.contains(active) ? [...own.querySelectorAll(stops)].indexOf(active) : -1;
  const scrolled = [...own.querySelectorAll(".lz-scroll")].map((box) => [box.scrollLeft, box.scrollTop]);
  own.replaceWith(document.adoptNode(fresh));
  fresh.querySelectorAll(".lz-scroll").forEach((box, i) => { [box.scrollLeft, box.scrollTop] = scrolled[i] ?? [0, 0]; });
  if (at < 0) return;
  const found = [...fresh.querySelectorAll(stops)];
  const same = active instanceof HTMLAnchorElement
    ? found.find((stop) => stop.getAttribute("href") === active.getAttribute("href"))
    : found[at];
  if (!same) fresh.setAttribute("tabindex", "-1");
  /** @type {HTMLElement} */ (same ?? fresh).focus({ preventScroll: true });
}

/** Asks for the parts of a box again. @param {HTMLElement} box @returns {Promise<"done" | "busy" | "failed">} */
async function renewed(box) {
  const answer = await fetch(box.dataset.liveSrc ?? "", { redirect: "error", cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return "failed";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  /** @type {"done" | "busy"} */
  let state = "done";
  for (const fresh of /** @type {NodeListOf<HTMLElement>} */ (page.querySelectorAll("[data-live-part]"))) {
    const own = box.querySelector(`[data-live-part="${fresh.dataset.livePart}"]`);
    if (!own || own.isEqualNode(fresh)) continue;
    if (busy(own)) state = "busy";
    else swap(own, fresh);
  }
  return state;
}

for (const box of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-live-refresh]"))) {
  const kinds = (box.dataset.liveRefresh ?? "").split(" ");
  let timer = 0;
  let running = false;
  let wanted = false;
  let failed = 0;
  /** @param {number} wait */
  const ask = (wait) => {
    wanted = true;
    if (!running) timer ||= setTimeout(run, wait);
  };
  // One question at a time, and after a slow answer a longer wait: pages that are open must not keep the server busy.
  const run = async () => {
    timer = 0;
    running = true;
    wanted = false;
    const began = performance.now();
    const state = await renewed(box);
    running = false;
    failed = state === "failed" ? failed + 1 : 0;
    if (failed) ask(Math.min(60_000, 1000 * 2 ** failed));
    else if (state === "busy") ask(5000);
    else if (wanted) ask(Math.max(DEBOUNCE, 3 * (performance.now() - began)));
  };
  document.addEventListener("live:news", (event) => {
    const { kind } = /** @type {CustomEvent} */ (event).detail;
    if (kinds[0] === "*" || kinds.includes(kind)) ask(DEBOUNCE);
  });
  document.addEventListener("live:resync", () => ask(DEBOUNCE));
}
