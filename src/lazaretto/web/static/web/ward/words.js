// The words of the client: the server's catalogue, in both languages, so that switching needs no network.
const catalogue = JSON.parse(document.getElementById("ward-words").textContent);

export let language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

/** @param {"zh" | "en"} chosen */
export function speak(chosen) {
  language = chosen;
  document.documentElement.lang = chosen === "zh" ? "zh-Hans" : "en";
  document.title = `${say("ward")} · Lazaretto`;
}

/** Says a sentence of the catalogue, with what is filled in. @param {string} key @param {Record<string, unknown>} [filled] */
export function say(key, filled = {}) {
  const sentence = catalogue[language][key];
  if (sentence === undefined) throw new Error(`no words for ${key}`);
  return sentence.replace(/%\((\w+)\)s/g, (_, name) => String(filled[name]));
}

/** The name of a thing that has one in both languages. @param {{zh: string, en: string}} thing */
export const named = (thing) => thing[language] || thing.zh || thing.en;

/** The same where it begins a line: a protocol writes its English names small. @param {{zh: string, en: string}} thing */
export const titled = (thing) => named(thing).replace(/^./u, (first) => first.toUpperCase());

let zone = "Asia/Shanghai";
/** @param {string} name */
export const inZone = (name) => { zone = name; };

/** Hours and minutes as the facility's clock has them. @param {number} at */
export const clock = (at) =>
  new Date(at).toLocaleTimeString("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });

/** The day of a moment there, as 2026-03-17. @param {number} at */
const day = (at) => new Date(at).toLocaleDateString("sv-SE", { timeZone: zone });

/** A moment as it is told beside a reading: the time, and the day where it is another one. @param {number} at @param {number} now */
export function moment(at, now) {
  if (day(at) === day(now)) return clock(at);
  if (day(at) === day(now - 86_400_000)) return `${say("yesterday")} ${clock(at)}`;
  return `${day(at).slice(5)} ${clock(at)}`;
}

/** A length of time, in minutes and below an hour also seconds where they matter. @param {number} ms */
export function span(ms) {
  const minutes = Math.floor(Math.abs(ms) / 60_000), seconds = Math.floor((Math.abs(ms) % 60_000) / 1000);
  if (minutes >= 60) return say("hours", { h: Math.floor(minutes / 60), m: minutes % 60 });
  return minutes ? say("minutes", { m: minutes }) : say("seconds", { s: seconds });
}

/** A difference with its sign. @param {number} value */
export const signed = (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(1)}`;
