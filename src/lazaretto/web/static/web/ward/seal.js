// Seals a record to the facility's public key: from that moment on this phone cannot read it either.
const INFO = new TextEncoder().encode("lazaretto sealed record 1");

/** @param {ArrayBuffer | Uint8Array} bytes */
export function text(bytes) {
  let said = "";
  for (const byte of new Uint8Array(bytes)) said += String.fromCharCode(byte);
  return btoa(said).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** @param {string} hex */
export const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** @param {string} said */
export async function sha256(said) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(said));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A UUID version 7: it begins with the time, so that ids sort in the order in which they were made. @param {number} at */
export function uuid7(at) {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let n = 0; n < 6; n++) bytes[n] = Math.floor(at / 2 ** (8 * (5 - n))) % 256;
  bytes[6] = 0x70 | (bytes[6] & 15);
  bytes[8] = 0x80 | (bytes[8] & 63);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

/**
 * Seals `said`; `context` is bound to it but stands outside.
 * @param {{id: string, public: string}} key @param {string} context @param {object} said
 */
export async function seal(key, context, said) {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const theirs = fromHex(key.public);
  const recipient = await crypto.subtle.importKey("raw", theirs, curve, false, []);
  const own = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey(curve, true, ["deriveBits"]));
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", own.publicKey));
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: recipient }, own.privateKey, 256);
  const salt = new Uint8Array([...point, ...theirs]);
  const base = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  const derived = { name: "HKDF", hash: "SHA-256", salt, info: INFO };
  const message = await crypto.subtle.deriveKey(derived, base, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const algorithm = { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(context) };
  const sealed = await crypto.subtle.encrypt(algorithm, message, new TextEncoder().encode(JSON.stringify(said)));
  return { key: key.id, point: text(point), iv: text(iv), text: text(sealed) };
}
