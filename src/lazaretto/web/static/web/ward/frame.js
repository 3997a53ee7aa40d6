// What the screens share: the head, the bar without network, and how one goes from one screen to the next.
import { h, shape } from "./dom.js";
import { heard } from "./net.js";
import { ward } from "./ward.js";
import { clock, say } from "./words.js";

/** @type {(screen: string) => void} */
let show = () => {};
/** @param {(screen: string) => void} how */
export const showBy = (how) => { show = how; };

/** Goes to a screen; the browser's back button leads back. @param {string} screen */
export function go(screen) {
  if (location.hash !== `#${screen}`) location.hash = screen;
  else show(screen);
}

export const last = { sent: 0 };

/** How many records wait, as a button that leads to what became of them. */
export const pill = () => (ward.waiting
  ? h("button.w-pill", { onclick: () => go("results"), "aria-label": say("n_wait", { n: ward.waiting }) }, shape("i-cloud", 18), String(ward.waiting))
  : null);

/** @param {string} title @param {string} under @param {{back?: string, close?: string, scan?: boolean}} [more] */
export function head(title, under, { back, close, scan } = {}) {
  const leave = back ?? close;
  return h("header.w-head", {},
    leave ? h("button.w-icon", { onclick: () => go(leave), "aria-label": say(close ? "close" : "back") }, shape(close ? "i-close" : "i-back", 20)) : null,
    h("div.w-title", {}, h("h1", { tabindex: "-1" }, title), h("p.lz-3", {}, under)),
    scan ? h("button.w-icon", { onclick: () => go("scan"), "aria-label": say("scan") }, shape("i-qr", 22)) : null,
    scan ? null : pill(),
    scan ? h("button.w-icon", { onclick: () => go("device"), "aria-label": say("device") }, shape("i-list", 20)) : null);
}

/** The bar that says that there is no network, or that something waits: never in the way of the work. */
export function offlineBar() {
  if (heard.online && heard.signedOut) {
    return h("a.w-offline", { href: "/sign-in/?next=/ward/enter/" }, shape("i-cloud", 22),
      h("span", {}, h("b", {}, say("session_over")), h("span", {}, say("list_is_of", { time: clock(ward.list.at) }))), shape("i-more", 16));
  }
  if (heard.online && !ward.waiting) return null;
  const title = heard.online ? say("n_wait", { n: ward.waiting }) : say("offline_n", { n: ward.waiting });
  const under = last.sent ? say("last_sent_at", { time: clock(last.sent + (ward.list?.offset ?? 0)) }) : say("go_on");
  return h("button.w-offline", { onclick: () => go("results") }, shape("i-cloud", 22),
    h("span", {}, h("b", {}, title), h("span", {}, under)), shape("i-more", 16));
}
