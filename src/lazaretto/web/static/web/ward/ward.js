// The ward as this phone knows it: what the server told last, and what was recorded here since.
import * as outbox from "./outbox.js";
import { kept, waiting, write } from "./store.js";
import * as vault from "./vault.js";

const KEPT_MS = 26 * 3_600_000, SOON_MS = 2 * 3_600_000;

/** @typedef {{ref: string, observation: string, at: number, outcome: string, value: string, reason: string, note: string, supersedes: string, sent: number}} Mine */

export const ward = {
  /** @type {any} What the server told, with `offset`: how far its clock is ahead of this one. */
  list: null,
  /** @type {{records: Record<string, Mine>, again: Record<string, number>, how: {method: string, site: string, device: string}, pass: string, passEnds: number, secret: string, user: any}} */
  mine: null,
  waiting: 0,
};

export const empty = (user) => ({ records: {}, again: {}, how: { method: "", site: "", device: "" }, pass: "", passEnds: 0, secret: "", user });

/** The moment by the server's clock, as far as it is known. */
export const now = () => Date.now() + (ward.list?.offset ?? 0);

export async function count() {
  ward.waiting = (await waiting()).length;
  return ward.waiting;
}

/** Reads the cache after the PIN opened it. */
export async function load() {
  [ward.list, ward.mine] = [await vault.read("list"), await vault.read("mine")];
  await count();
}

export function forget() {
  ward.list = ward.mine = null;
}

/** @type {Promise<unknown>} Writes follow each other: two at once would lose one. */
let last = Promise.resolve();
/** @template T @param {() => Promise<T>} work @returns {Promise<T>} */
function inTurn(work) {
  const done = last.then(work, work);
  last = done.catch(() => null);
  return done;
}

/** Keeps a new list, and forgets what of ours is old, or was received before it was asked for. @param {any} data @param {number} asked */
export const keepList = (data, asked) => inTurn(async () => {
  ward.list = { ...data, offset: data.at - Date.now() };
  const here = new Set((await waiting()).map((record) => record.id));
  for (const [id, one] of Object.entries(ward.mine.records))
    if (!here.has(id) && ((one.sent && one.sent <= asked) || one.at < now() - KEPT_MS)) delete ward.mine.records[id];
  for (const [ref, at] of Object.entries(ward.mine.again)) if (at < now() - SOON_MS) delete ward.mine.again[ref];
  await write({ keep: { list: await vault.closedUp(ward.list), mine: await vault.closedUp(ward.mine) } });
});

export const keepMine = () => inTurn(async () => write({ keep: { mine: await vault.closedUp(ward.mine) } }));

/**
 * Records facts: sealed, and on the disk together with what the list shows of them, before this returns.
 * @param {Partial<Mine>[]} facts
 */
export const record = (facts) => inTurn(async () => {
  const at = Date.now(), put = [];
  for (const said of facts) {
    const one = { outcome: "done", value: "", reason: "", note: "", supersedes: "", ...said };
    const [kind, code] = one.ref.split(/:(.*)/s);
    const type = ward.list.observations[one.observation] ?? {};
    const measured = one.outcome === "done" && one.observation === "temperature";
    const how = measured ? ward.mine.how : { method: "", site: "", device: "" };
    const fact = {
      observation: one.observation, subject_kind: kind, subject: code, observed_at: outbox.wall(at), outcome: one.outcome,
      value: one.value, ucum: one.value && type.ucum ? type.ucum : "", reason: one.reason, note: one.note,
      supersedes: one.supersedes, ...how,
    };
    const sealed = await outbox.sealed(ward.list, ward.mine.pass, fact, at + put.length);
    put.push(sealed);
    ward.mine.records[sealed.id] = { ...one, at: at + ward.list.offset, sent: 0 };
    if (one.outcome === "done") delete ward.mine.again[one.ref];
  }
  await write({ put, keep: { mine: await vault.closedUp(ward.mine) } });
  await count();
});

/** Sends what waits, and remembers what has arrived. */
export async function send() {
  const done = await outbox.flush(ward.mine?.pass ?? "");
  if (ward.mine && done.sent.length) {
    for (const id of done.sent) if (ward.mine.records[id]) ward.mine.records[id].sent = Date.now();
    await keepMine();
  }
  await count();
  return done;
}

// -- what the list shows -----------------------------------------------------------------------------------------------

/** What was recorded here of a subject, the latest that counts. @returns {[string, Mine] | undefined} */
export function own(ref, observation, from, to) {
  const records = Object.entries(ward.mine.records);
  const gone = new Set(records.map(([, one]) => one.supersedes).filter(Boolean));
  return records
    .filter(([id, one]) => one.ref === ref && one.observation === observation && one.at >= from && one.at < to)
    .filter(([id, one]) => !gone.has(id) && one.outcome !== "void")
    .sort(([a], [b]) => (a < b ? 1 : -1))[0];
}

const end = (group) => group.closes ?? group.due + 86_400_000;
const concerns = (group, kind) => group.lines.some(([ref]) => ref.startsWith(`${kind}:`));

/** The rounds on people that are open, then the next ones; where there are none, any time will do. */
export function rounds() {
  const at = now();
  const all = ward.list.groups.filter((group) => concerns(group, "person") && end(group) > at && group.opens <= at + SOON_MS);
  return all.sort((a, b) => Number(b.opens <= at) - Number(a.opens <= at) || a.due - b.due).slice(0, 8);
}

export const idOf = (group) => `${group.measure}@${group.due}`;
export const numeric = (observation) => ward.list.observations[observation]?.value === "required";

export const isHigh = (person, value) => Boolean(value && person.screen && Number(value) >= Number(person.screen));

/** From when a second reading is owed of somebody: told by the server, or by a high reading that is still on this phone. */
function secondOf(person) {
  const told = ward.list.second[person.ref];
  const ours = own(person.ref, "temperature", told ? told[0] + 1000 : 0, Infinity);
  if (told) return ours ? 0 : told[1];
  return ours && isHigh(person, ours[1].value) ? ours[1].at + (person.rest ?? 0) * 60_000 : 0;
}

/** What is the state of a subject in a round, from what the server told and what was recorded here. */
function stateIn(group, line) {
  const at = now(), [ref, , told, value, when] = line;
  const ours = own(ref, group.observation, group.opens, end(group)) ?? own(ref, "night_check", group.opens, end(group));
  if (ours) {
    const state = ours[1].outcome === "done" ? (ours[1].at <= group.grace ? "on_time" : "late") : "excused";
    return { state: ours[1].outcome === "not_done" ? "missed" : state, value: ours[1].value, at: ours[1].at, ours, done: true };
  }
  if (["on_time", "late", "excused"].includes(told)) return { state: told, value: value ?? "", at: when, done: true };
  if (at < group.opens) return { state: "next", at: group.opens, done: false };
  if (at >= end(group)) return { state: "missed", done: false };
  return { state: at > group.grace ? "overdue" : "due", at: group.grace, done: false };
}

/** The people of the ward in a round, in the order in which one walks; who owes nothing now is among them. */
export function rows(group) {
  const lines = new Map((group?.lines ?? []).map((line) => [line[0], line]));
  return ward.list.people.map((person, n) => {
    const line = lines.get(person.ref);
    const seen = line ? stateIn(group, line) : { state: "none", done: true };
    return { ...person, n: n + 1, owes: Boolean(line), ...seen, again: ward.mine.again[person.ref], second: secondOf(person) };
  });
}

/** What is done by place: each observation that places owe, and what one may always do. */
export function placeObservations() {
  const owed = ward.list.groups.filter((group) => concerns(group, "place")).map((group) => group.observation);
  const always = ["disinfection", "ventilation"].filter((id) => ward.list.observations[id]);
  return [...new Set([...always, ...owed])];
}

/** The places of the ward for an observation; one that is owed comes with its time. */
export function placeRows(observation) {
  const at = now(), found = new Map();
  for (const group of ward.list.groups) {
    if (group.observation !== observation || group.opens > at + SOON_MS || end(group) <= at) continue;
    for (const line of group.lines) {
      const seen = { code: line[0].split(/:(.*)/s)[1], ref: line[0], ...stateIn(group, line), due: group.due };
      if (line[0].startsWith("place:") && (!found.has(line[0]) || found.get(line[0]).done)) found.set(line[0], seen);
    }
  }
  for (const code of Object.keys(ward.list.places)) {
    const ref = `place:${code}`, ours = own(ref, observation, at - SOON_MS, at + 1);
    if (!found.has(ref)) found.set(ref, { code, ref, state: ours ? "on_time" : "none", at: ours?.[1].at, ours, done: Boolean(ours) });
  }
  return [...found.values()].sort((a, b) => Number(a.done) - Number(b.done) || a.code.localeCompare(b.code, "en", { numeric: true }));
}

/** What the server has not taken, with what this phone still knows of it. */
export async function leftBehind() {
  const all = await waiting();
  return all.filter((record) => record.fate).map((record) => ({ ...record, said: ward.mine?.records[record.id] }));
}

/** Gives up a record that the server refused. @param {string} id */
export const giveUp = (id) => inTurn(async () => {
  if (ward.mine) delete ward.mine.records[id];
  await write({ drop: [id], keep: ward.mine ? { mine: await vault.closedUp(ward.mine) } : {} });
  await count();
});

export const lastSent = async () => (await kept("sent")) ?? { n: 0, at: 0, skew: null, held: 0 };
