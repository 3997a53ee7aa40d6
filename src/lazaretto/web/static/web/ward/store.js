// What the phone keeps: sealed records that wait to be sent (`outbox`), and everything else by its name (`kept`).
const NAME = document.documentElement.dataset.store ?? "lazaretto-ward";

/** @type {Promise<IDBDatabase> | undefined} */
let opened;

/** @returns {Promise<IDBDatabase>} */
function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("outbox", { keyPath: "id" });
      asked.result.createObjectStore("kept");
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const result = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/**
 * Reads one kept value.
 * @param {string} name @returns {Promise<any>}
 */
export async function kept(name) {
  return result((await database()).transaction("kept").objectStore("kept").get(name));
}

/**
 * Writes everything given at once, and is done when it lies on the disk: all of it or nothing.
 * @param {{keep?: Record<string, any>, forget?: string[], put?: any[], drop?: string[]}} what
 */
export async function write({ keep = {}, forget = [], put = [], drop = [] }) {
  const transaction = (await database()).transaction(["outbox", "kept"], "readwrite", { durability: "strict" });
  const values = transaction.objectStore("kept"), outbox = transaction.objectStore("outbox");
  for (const [name, value] of Object.entries(keep)) values.put(value, name);
  for (const name of forget) values.delete(name);
  for (const record of put) outbox.put(record);
  for (const id of drop) outbox.delete(id);
  await new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(undefined);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
  });
}

/** Returns the records that wait, in the order in which they were made (their ids begin with the time). */
export async function waiting() {
  return result((await database()).transaction("outbox").objectStore("outbox").getAll());
}
