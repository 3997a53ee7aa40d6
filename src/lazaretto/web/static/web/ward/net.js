// Everything that is asked of the server. Without network each call says so instead of failing.

/** @typedef {{ok: boolean, status: number, data: any}} Answer `status` 0: no network; 401: nobody is signed in. */

let token = "";
/** Whether there is a network, and whether the session of who has the client open has ended. */
export const heard = { online: navigator.onLine, signedOut: false };

/**
 * @param {string} path @param {object} [body] @param {string} [bearer]
 * @returns {Promise<Answer>}
 */
export async function ask(path, body, bearer) {
  const headers = new Headers({ Accept: "application/json" });
  if (body) headers.set("Content-Type", "application/json");
  if (body && !path.startsWith("/api/")) headers.set("X-CSRFToken", token);
  if (bearer) headers.set("Authorization", `Bearer ${bearer}`);
  let answer;
  try {
    answer = await fetch(path, {
      method: body ? "POST" : "GET", body: body && JSON.stringify(body), headers, redirect: "manual", cache: "no-store",
      signal: AbortSignal.timeout(20_000),
    });
  } catch {
    heard.online = false;
    return { ok: false, status: 0, data: {} };
  }
  heard.online = true;
  if (answer.type === "opaqueredirect") return { ok: false, status: 401, data: {} };
  const data = await answer.json().catch(() => ({}));
  if (typeof data.csrf === "string") token = data.csrf;
  return { ok: answer.ok, status: answer.status, data };
}

/** Who is signed in here, and whether the session is locked; also fetches what a form must carry. */
export const state = () => ask("/ward/state/");

/** Ends the session. */
export async function signOut() {
  await state();
  const body = new URLSearchParams({ csrfmiddlewaretoken: token });
  await fetch("/sign-out/", { method: "POST", body, redirect: "manual" }).catch(() => null);
}
