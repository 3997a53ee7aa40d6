// The cache of names and readings: encrypted under a key that only the device's PIN opens, destroyed by five wrong ones.
import { kept, write } from "./store.js";

export const ROUNDS = 600_000, TRIES = 5, DIGITS = 6;
const AES = { name: "AES-GCM", length: 256 };
const EVERYTHING = ["vault", "device-key", "list", "mine"];

/** @type {CryptoKey | null} The key of the cache, while the client is open. */
let opened = null;

export const isOpen = () => opened !== null;
export const close = () => { opened = null; };
export const exists = async () => Boolean(await kept("vault"));
/** Returns how many wrong PINs are left before the cache is destroyed. */
export const triesLeft = async () => TRIES - ((await kept("vault"))?.tries ?? 0);

/** @param {string} pin @param {Uint8Array} salt */
async function keyOf(pin, salt) {
  const base = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  return crypto.subtle.deriveKey(how, base, AES, false, ["encrypt", "decrypt"]);
}

/** @param {CryptoKey} key @param {BufferSource} bytes */
async function encrypt(key, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, text: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes) };
}

/** @param {CryptoKey} key @param {{iv: Uint8Array, text: ArrayBuffer}} said */
const decrypt = (key, said) => crypto.subtle.decrypt({ name: "AES-GCM", iv: said.iv }, key, said.text);

/**
 * Makes a new cache under a PIN. The key is wrapped twice: by the PIN, and by a key of this browser that cannot be taken out.
 * @param {string} pin
 */
export async function make(pin) {
  const salt = crypto.getRandomValues(new Uint8Array(16)), raw = crypto.getRandomValues(new Uint8Array(32));
  const device = await crypto.subtle.generateKey(AES, false, ["encrypt", "decrypt"]);
  const inner = await encrypt(await keyOf(pin, salt), raw);
  const outer = await encrypt(device, new Uint8Array([...inner.iv, ...new Uint8Array(inner.text)]));
  await write({ keep: { vault: { salt, ...outer, tries: 0 }, "device-key": device }, forget: ["list", "mine"] });
  opened = await crypto.subtle.importKey("raw", raw, AES, false, ["encrypt", "decrypt"]);
}

/**
 * Opens the cache. A try is counted before it is made, so that nobody gains one by killing the tab.
 * @param {string} pin @returns {Promise<"open" | "wrong" | "destroyed">}
 */
export async function open(pin) {
  const vault = await kept("vault"), device = await kept("device-key");
  if (!vault || !device || vault.tries >= TRIES) return destroy();
  await write({ keep: { vault: { ...vault, tries: vault.tries + 1 } } });
  try {
    const both = new Uint8Array(await decrypt(device, vault));
    const inner = { iv: both.slice(0, 12), text: both.slice(12).buffer };
    const raw = await decrypt(await keyOf(pin, vault.salt), inner);
    opened = await crypto.subtle.importKey("raw", raw, AES, false, ["encrypt", "decrypt"]);
  } catch {
    return vault.tries + 1 >= TRIES ? destroy() : "wrong";
  }
  await write({ keep: { vault: { ...vault, tries: 0 } } });
  return "open";
}

/** Destroys the cache and its keys. What waits to be sent is sealed to the facility and stays. @returns {Promise<"destroyed">} */
export async function destroy() {
  opened = null;
  await write({ forget: EVERYTHING });
  return "destroyed";
}

/** Returns a value as it is kept. @param {any} value */
export async function closedUp(value) {
  if (!opened) throw new Error("the cache is closed");
  return encrypt(opened, new TextEncoder().encode(JSON.stringify(value)));
}

/** Reads one of the values of the cache. @param {"list" | "mine"} name */
export async function read(name) {
  const said = await kept(name);
  if (!opened || !said) return null;
  return JSON.parse(new TextDecoder().decode(await decrypt(opened, said)));
}
