// Records on their way: sealed at once, kept until the server's receipt, sent whenever there is a network.
import { ask } from "./net.js";
import { seal, uuid7 } from "./seal.js";
import { kept, waiting, write } from "./store.js";

const BATCH = 100;
const RECEIVED = new Set(["created", "skipped", "held"]);

/** The name by which the server knows this phone; it says nothing about whose it is. */
export async function device() {
  const known = await kept("device");
  if (known) return known;
  const made = `ward-${uuid7(Date.now()).replaceAll("-", "").slice(8)}`;
  await write({ keep: { device: made } });
  return made;
}

/**
 * Seals a fact; the result goes into the outbox together with the cache, in one write.
 * @param {{facility: {code: string}, key: {id: string, public: string}, by: string}} list
 * @param {string} pass @param {object} fact @param {number} at
 */
export async function sealed(list, pass, fact, at) {
  const id = uuid7(at), own = await device();
  const context = `lazaretto ward 1|${list.facility.code}|${own}|${id}`;
  const said = await seal(list.key, context, { token: pass, fact: { id, ...fact } });
  return { id, facility: list.facility.code, author: list.by, made: at, fate: "", ...said };
}

/** The moment as this phone's clock has it, with its offset. @param {number} at */
export const wall = (at) => new Date(at).toISOString();

/**
 * Sends what waits, oldest first. Only one tab sends at a time; what has a receipt is dropped, the rest says why it stays.
 * @param {string} pass The pass of who has the client open, or nothing.
 * @returns {Promise<{sent: string[], offline: boolean, skew: number | null}>}
 */
export async function flush(pass) {
  const work = () => sendAll(pass);
  if (!navigator.locks) return work();
  const done = await navigator.locks.request("ward-flush", { ifAvailable: true }, (lock) => (lock ? work() : null));
  return done ?? { sent: [], offline: false, skew: null };
}

/** @param {string} pass */
async function sendAll(pass) {
  const own = await device(), all = await waiting();
  /** @type {{sent: string[], offline: boolean, skew: number | null}} */
  const done = { sent: [], offline: false, skew: null };
  for (const facility of new Set(all.map((record) => record.facility))) {
    const records = all.filter((record) => record.facility === facility);
    for (let from = 0; from < records.length; from += BATCH)
      if (!(await sendSome(records.slice(from, from + BATCH), facility, own, pass, done))) return done;
  }
  return done;
}

async function sendSome(some, facility, own, pass, done) {
  const records = some.map(({ id, key, point, iv, text }) => ({ id, key, point, iv, text }));
  const body = { device: own, device_now: wall(Date.now()), records };
  const answer = await ask(`/api/v1/ward/${encodeURIComponent(facility)}/outbox`, body, pass);
  if (!answer.ok) {
    done.offline = answer.status === 0;
    return false;
  }
  done.skew = answer.data.skew_ms;
  const receipts = new Map(answer.data.receipts.map((receipt) => [receipt.id, receipt]));
  const received = some.filter(({ id }) => RECEIVED.has(receipts.get(id)?.outcome)).map(({ id }) => id);
  const left = some.filter(({ id }) => receipts.has(id) && !received.includes(id)).map((record) => {
    const { outcome, message_zh, message_en } = receipts.get(record.id);
    return { ...record, fate: outcome, why: { zh: message_zh ?? "", en: message_en ?? "" } };
  });
  const sentBefore = (await kept("sent")) ?? { n: 0 };
  const held = some.filter(({ id }) => receipts.get(id)?.outcome === "held").length;
  const sent = { n: sentBefore.n + received.length, held: (sentBefore.held ?? 0) + held, at: Date.now(), skew: done.skew };
  await write({ drop: received, put: left, keep: { sent } });
  done.sent.push(...received);
  return true;
}
