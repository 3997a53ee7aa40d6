// @ts-check
// Shortcuts for those who work with a keyboard. Every page works without this file, and without keys: they can be turned off.

const STORE = "lz_keys";
const WAIT = 1200; // ms in which the second key of a pair must follow
const sheet = /** @type {HTMLDialogElement | null} */ (document.getElementById("keys"));
const opener = /** @type {HTMLElement | null} */ (document.querySelector("[data-keys-open]"));
const choice = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-keys-on]"));
let first = 0;

const on = () => localStorage.getItem(STORE) !== "off";

/** @param {EventTarget | null} target */
function typing(target) {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, select, textarea"));
}

/** @param {string} key */
function go(key) {
  const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector(key === "h" ? ".lz-brand" : `a[data-key="${CSS.escape(key)}"]`));
  if (link) location.assign(link.href);
  return link !== null;
}

if (opener && sheet) {
  opener.hidden = false;
  opener.addEventListener("click", () => sheet.showModal());
}
if (choice) {
  choice.checked = on();
  choice.addEventListener("change", () => localStorage.setItem(STORE, choice.checked ? "on" : "off"));
}
document.addEventListener("keydown", (event) => {
  if (!on() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || sheet?.open) return;
  if (event.timeStamp - first < WAIT && first) {
    first = 0;
    if (go(event.key)) event.preventDefault();
    return;
  }
  first = event.key === "g" ? event.timeStamp : 0;
  if (event.key === "?" && sheet) sheet.showModal();
  const box = /** @type {HTMLInputElement | null} */ (document.querySelector(".lz-find input"));
  if (event.key === "/" && box) {
    event.preventDefault();
    if (box.offsetParent) box.focus();
    else location.assign(/** @type {HTMLFormElement} */ (box.form).action);
  }
});

// The clock of the wall, by the server's zone; its minutes pass without any news.
const clock = /** @type {HTMLElement | null} */ (document.querySelector("time[data-clock]"));
if (clock) {
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: clock.dataset.clock });
  setInterval(() => { if (clock.textContent !== time.format()) clock.textContent = time.format(); }, 1000);
}
