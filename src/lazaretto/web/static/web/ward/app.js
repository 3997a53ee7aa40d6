// The ward client: which screen is shown, when records are sent, and when the phone locks itself.
import { beds } from "./beds.js";
import * as door from "./door.js";
import { h } from "./dom.js";
import { enter, how } from "./enter.js";
import { last, pill, showBy } from "./frame.js";
import { ask, heard, signOut, state } from "./net.js";
import { device as deviceId } from "./outbox.js";
import { places } from "./places.js";
import { results } from "./results.js";
import { scan, stop } from "./scan.js";
import { sha256, text } from "./seal.js";
import { kept, write } from "./store.js";
import * as vault from "./vault.js";
import { count, empty, forget, keepList, lastSent, load, now, send, ward } from "./ward.js";
import { inZone, say, speak } from "./words.js";

const IDLE_MS = 5 * 60_000, PASS_LEFT_MS = 48 * 3_600_000, TICK_MS = 30_000;
const root = document.getElementById("ward");
let screen = "", touched = Date.now(), forgotten = false, signedIn = false, drawing = 0;
let settings = { language: "", theme: "auto" };

// -- drawing -----------------------------------------------------------------------------------------------------------

const SCREENS = {
  beds: () => beds(), enter: () => enter(sendSoon, draw), how: () => how(), places: () => places(sendSoon, draw),
  results: () => results(sendNow, hello, refresh, draw), scan: () => scan(), leave: () => door.leaving(leave),
  device: () => door.device({ speak: chooseLanguage, paint: chooseTheme, lock, theme: settings.theme }),
  choose: () => door.choose(changeWard, draw, false),
};

async function screenNow() {
  if (vault.isOpen() && ward.list) return [screen in SCREENS ? screen : "beds", SCREENS[screen in SCREENS ? screen : "beds"]];
  if (await vault.exists()) return screen === "leave" ? ["leave", SCREENS.leave] : ["locked", () => door.locked(opened, draw)];
  if (signedIn) return ["begin", () => door.choose(begin, draw)];
  return ["welcome", () => door.welcome(start, forgotten)];
}

/** Draws the screen that is due. @param {boolean} [fresh] Whether it is about something else than before. */
async function draw(fresh = false) {
  const turn = ++drawing, [name, make] = await screenNow();
  const inside = (await make()).flat(Infinity).filter(Boolean);
  if (turn !== drawing) return;
  const focus = document.activeElement?.id, same = root.dataset.screen === name && !fresh;
  const scrolled = same ? root.querySelector(".w-main")?.scrollTop ?? 0 : 0;
  const middle = inside.filter((one) => !["HEADER", "FOOTER"].includes(one.tagName));
  const [first, end] = ["HEADER", "FOOTER"].map((tag) => inside.filter((one) => one.tagName === tag));
  root.replaceChildren(...first, h("main.w-middle", { id: "main" }, middle), ...end);
  root.dataset.screen = name;
  root.querySelector(".w-main")?.scrollTo(0, scrolled);
  if (same && focus) document.getElementById(focus)?.focus({ preventScroll: true });
  else if (!same) root.querySelector("h1, h2")?.focus({ preventScroll: true });
  if (name === "beds" && !same) root.querySelector(".is-next")?.scrollIntoView({ block: "nearest" });
}

showBy((wanted) => { screen = wanted; draw(true); });
addEventListener("hashchange", () => { stop(); document.onkeydown = null; screen = location.hash.slice(1); draw(true); });

// -- the door ----------------------------------------------------------------------------------------------------------

/** Asks who is signed in; a locked session is opened with what the PIN opened here. */
async function hello() {
  const answer = await state();
  if (!answer.ok) return false;
  signedIn = answer.data.signed_in;
  if (signedIn && ward.mine && answer.data.user.ref !== ward.mine.user.ref) signedIn = false;
  if (signedIn && answer.data.locked && ward.mine) signedIn = (await ask("/ward/unlock/", { secret: ward.mine.secret })).ok;
  if (signedIn && !answer.data.shared && ward.mine) await ask("/ward/device/", { digest: await sha256(ward.mine.secret) });
  heard.signedOut = Boolean(ward.mine) && !signedIn;
  if (signedIn && answer.data.locked && !ward.mine && !(await vault.exists())) {
    await signOut();
    signedIn = false;
  }
  return signedIn;
}

/** Begins on this phone: a cache under the PIN, a session that locks, a pass, and the ward's list. */
async function begin(facility, place, pin) {
  const answer = await state();
  if (!answer.ok || !answer.data.signed_in) return say("needs_network");
  await vault.make(pin);
  ward.mine = empty(answer.data.user);
  ward.mine.secret = text(crypto.getRandomValues(new Uint8Array(24)));
  const shared = await ask("/ward/device/", { digest: await sha256(ward.mine.secret) });
  const trouble = shared.ok ? await fetchWard(facility, place) : say("needs_network");
  if (trouble) {
    forget();
    await vault.destroy();
    return trouble;
  }
  forgotten = false;
  location.hash = "beds";
  return "";
}

async function changeWard(facility, place) {
  await sendNow();
  const trouble = await fetchWard(facility, place);
  if (!trouble) location.hash = "beds";
  return trouble;
}

/** @returns {Promise<string>} What went wrong, in words; nothing if all is well. */
async function fetchWard(facility, place) {
  if (!ward.mine.pass || ward.mine.passEnds < now() + PASS_LEFT_MS || facility !== ward.list?.facility.code) {
    const given = await ask(`/ward/${encodeURIComponent(facility)}/pass/`, { device: await deviceId() });
    if (!given.ok) return say(given.status === 0 ? "needs_network" : "no_right");
    Object.assign(ward.mine, { pass: given.data.pass, passEnds: given.data.ends });
  }
  const asked = Date.now(), answer = await ask(`/ward/${encodeURIComponent(facility)}/list/?place=${encodeURIComponent(place)}`);
  if (!answer.ok) return answer.data.error === "no_protocol" ? say("no_protocol") : say("needs_network");
  await keepList(answer.data, asked);
  inZone(ward.list.facility.zone);
  return "";
}

async function opened(outcome) {
  if (outcome === "destroyed") {
    forgotten = true;
    await giveBack();
  }
  if (outcome === "open") {
    tabs.postMessage("open");
    await load();
    if (ward.list) inZone(ward.list.facility.zone);
    else await vault.destroy();
    touched = Date.now();
    sendNow().then(refresh).then(() => draw());
  }
  draw(outcome === "open");
}

/** Closes the cache; the session on the server is locked as well, as soon as it hears of it. */
async function lock() {
  vault.close();
  forget();
  screen = "";
  history.replaceState(null, "", "#");
  draw(true);
  if ((await state()).ok) await ask("/ward/lock/", {});
}

/** Ends the session and destroys the cache; what waits stays, sealed. */
async function leave() {
  await sendNow();
  forget();
  await vault.destroy();
  await giveBack();
  screen = "";
  history.replaceState(null, "", "#");
  draw(true);
}

async function giveBack() {
  signedIn = false;
  await signOut();
}

// -- sending -----------------------------------------------------------------------------------------------------------

async function sendNow() {
  const done = await send();
  last.sent = (await lastSent()).at ?? 0;
  root.querySelector(".w-pill")?.replaceWith(pill() ?? "");
  return done;
}

/** Sends without holding anybody up; the list then shows what arrived. */
function sendSoon() {
  sendNow().then((done) => {
    if (root.dataset.screen === "beds" && (done.sent.length || done.offline)) draw();
  });
}

/** Fetches the list again, if somebody is signed in and the cache is open. */
async function refresh() {
  if (!vault.isOpen() || !ward.list || !(await hello())) return;
  await fetchWard(ward.list.facility.code, ward.list.place);
}

async function wake() {
  if (document.visibilityState !== "visible") return;
  if (Date.now() - touched >= IDLE_MS && vault.isOpen()) return lock();
  await sendNow();
  await refresh();
  if (["beds", "places", "results", "welcome", "locked"].includes(root.dataset.screen)) draw();
}

// One tab at a time: two would overwrite what the other shows. What is sealed is safe in either.
const tabs = new BroadcastChannel("lazaretto-ward");
tabs.onmessage = () => {
  if (!vault.isOpen()) return;
  vault.close();
  forget();
  screen = "";
  draw(true);
};

addEventListener("online", () => { heard.online = true; wake(); });
addEventListener("offline", () => { heard.online = false; if (root.dataset.screen === "beds") draw(); });
document.addEventListener("visibilitychange", wake);
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { touched = Date.now(); }, { capture: true, passive: true });
setInterval(() => {
  if (vault.isOpen() && Date.now() - touched >= IDLE_MS) lock();
  else if (ward.waiting) sendSoon();
}, TICK_MS);

// -- the phone ---------------------------------------------------------------------------------------------------------

function chooseLanguage(chosen) {
  settings = { ...settings, language: chosen };
  write({ keep: { settings } });
  speak(chosen);
  draw();
}

function chooseTheme(chosen) {
  settings = { ...settings, theme: chosen };
  write({ keep: { settings } });
  document.documentElement.dataset.bsTheme = chosen;
  draw();
}

async function start() {
  settings = { ...settings, ...(await kept("settings")) };
  if (settings.theme !== "auto") document.documentElement.dataset.bsTheme = settings.theme;
  speak(settings.language === "en" || settings.language === "zh" ? settings.language : document.documentElement.lang.startsWith("zh") ? "zh" : "en");
  screen = location.hash.slice(1);
  await count();
  if (!(await vault.exists())) await hello();
  await draw(true);
  sendNow();
  keepOnPhone();
}

/** Has the client kept on the phone. Only now: on a slow line its files would come twice at once. */
function keepOnPhone() {
  navigator.serviceWorker?.register("/ward/worker.js", { scope: "/ward/" }).catch(() => null);
  navigator.storage?.persist?.();
}

start();
