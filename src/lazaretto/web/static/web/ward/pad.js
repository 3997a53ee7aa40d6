// The pad: large keys, no keyboard of the system.
import { h, shape } from "./dom.js";
import { say } from "./words.js";

/**
 * @param {(digit: string) => void} press @param {() => void} erase
 * @param {{label: string, act: () => void} | null} corner What the key at the lower left does.
 */
export function pad(press, erase, corner) {
  const key = (digit) => h("button.w-key", { onclick: () => press(digit) }, digit);
  return h("div.w-pad", { role: "group", "aria-label": say("pad") },
    [..."123456789"].map(key),
    corner ? h("button.w-key.is-word", { onclick: corner.act }, corner.label) : h("span.w-key.is-none", {}),
    key("0"),
    h("button.w-key.is-word", { onclick: erase, "aria-label": say("erase") }, shape("i-erase", 24)));
}

/** Lets the keys of a keyboard do the same. @param {(digit: string) => void} press @param {() => void} erase @param {() => void} done */
export function typing(press, erase, done) {
  return (event) => {
    if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement || event.ctrlKey || event.metaKey) return;
    if (/^\d$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") erase();
    else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) done();
    else return;
    event.preventDefault();
  };
}
