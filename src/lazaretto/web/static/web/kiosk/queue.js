// Steps on their way: sealed at once to the facility's key, kept until the server's receipt, sent whenever there is a network.
import { ask } from "../ward/net.js";
import { seal, uuid7 } from "../ward/seal.js";
import { kept, waiting, write } from "../ward/store.js";

const TAKEN = new Set(["created", "skipped", "refused"]);
const HERE = `/facilities/${encodeURIComponent(document.documentElement.dataset.code)}/gate/kiosk/`;

/** The name by which the server knows this kiosk. */
export async function device() {
  const known = await kept("device");
  if (known) return known;
  const made = `kiosk-${uuid7(Date.now()).replaceAll("-", "").slice(8)}`;
  await write({ keep: { device: made } });
  return made;
}

/** The list of what stands in the gate; kept, so that a start without network has it. */
export async function fetchList() {
  const answer = await ask(`${HERE}list/?device=${await device()}`);
  if (!answer.ok) return { answer, list: await kept("list") };
  const list = { ...answer.data, heard: Date.now() };
  delete list.csrf;
  await write({ keep: { list } });
  return { answer, list };
}

/**
 * Seals a step and keeps it, together with what is shown of it: run, step, when. From then on only the server can read it.
 * @param {any} list @param {{run: string, step: string, at: number, result?: string, second?: string, values?: object}} step
 */
export async function put(list, step) {
  const id = uuid7(step.at), own = await device();
  const said = await seal(list.key, `lazaretto kiosk 1|${list.facility}|${own}|${id}`, { pass: list.pass, step });
  const record = { id, run: step.run, step: step.step, result: step.result ?? "", at: step.at, made: Date.now(), fate: "", ...said };
  await write({ put: [record] });
  return record;
}

/**
 * Sends what waits, oldest first, one tab at a time. What was taken is dropped; what was refused comes back to be shown.
 * @returns {Promise<any[]>}
 */
export async function flush() {
  const work = () => send();
  if (!navigator.locks) return work();
  const done = await navigator.locks.request("kiosk-flush", { ifAvailable: true }, (lock) => (lock ? work() : null));
  return done ?? [];
}

async function send() {
  const all = await waiting(), refused = [];
  for (let from = 0; from < all.length; from += 50) {
    const some = all.slice(from, from + 50);
    const records = some.map(({ id, key, point, iv, text }) => ({ id, key, point, iv, text }));
    const answer = await ask(`${HERE}steps/`, { device: await device(), records });
    if (!answer.ok) return refused;
    const receipts = new Map(answer.data.receipts.map((receipt) => [receipt.id, receipt]));
    const drop = some.filter(({ id }) => TAKEN.has(receipts.get(id)?.outcome)).map(({ id }) => id);
    const left = some.filter(({ id }) => receipts.has(id) && !drop.includes(id)).map((record) => told(record, receipts.get(record.id)));
    const no = some.filter(({ id }) => receipts.get(id)?.outcome === "refused").map((record) => told(record, receipts.get(record.id)));
    const before = (await kept("conflicts")) ?? [];
    await write({ drop, put: left, keep: { conflicts: [...before, ...no.map(shown)] } });
    refused.push(...no);
  }
  return refused;
}

const told = (record, receipt) => ({ ...record, fate: receipt.outcome, why: { zh: receipt.zh, en: receipt.en }, possible: receipt.possible });
const shown = ({ id, run, step, at, made, why, possible }) => ({ id, run, step, at, made, why, possible });

/** What was refused and nobody has looked at yet. @returns {Promise<any[]>} */
export const conflicts = async () => (await kept("conflicts")) ?? [];

/** Puts away what somebody has looked at. @param {string} id */
export const seen = async (id) => write({ keep: { conflicts: (await conflicts()).filter((one) => one.id !== id) } });
