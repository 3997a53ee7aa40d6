// A run as the kiosk knows it: what was done there and here, what comes next and from when on. The server's rules decide;
// these say the same beforehand, so that the kiosk can go on without network.

/**
 * @typedef {{id: string, zh: string, en: string, does: string, by: string, pair: boolean, wait: number | null, after: string, needs: string, accept: string[]}} Step
 * @typedef {{ref: string, steps: Step[], ordered: boolean, done: Record<string, {at: number, result: string}>, opened: number} & Record<string, any>} Run
 */

/** @param {Step} step */
export const isTimer = (step) => step.does === "wait" && step.wait !== null;

/** Says whether the chain goes on after a step with this result. @param {Step} step @param {string} result */
export function goesOn(step, result) {
  const accept = step.accept.length ? step.accept : step.does === "approve" ? ["", "granted"] : [];
  return !accept.length || accept.includes(result);
}

/** When each step was done; for a wait, when it is over. @param {Run} run */
export function passed(run) {
  /** @type {Record<string, number>} */
  const at = Object.fromEntries(Object.entries(run.done).map(([id, done]) => [id, done.at]));
  for (const step of run.steps) {
    if (!isTimer(step)) continue;
    delete at[step.id];
    const over = earliest(run, step, at);
    if (over !== null) at[step.id] = over;
  }
  return at;
}

/** From when on a step may be done, null while one before it is missing. @param {Run} run @param {Step} step @param {Record<string, number>} at */
export function earliest(run, step, at) {
  const before = stepsBefore(run, step);
  if (before.some((one) => !(one.id in at))) return null;
  const from = Math.max(run.opened, ...before.map((one) => at[one.id]));
  if (step.wait === null || !before.length) return from;
  return Math.max(from, (step.after ? at[step.after] : from) + step.wait);
}

/** @param {Run} run @param {Step} step */
function stepsBefore(run, step) {
  const index = run.steps.indexOf(step), all = run.steps.slice(0, index);
  if (run.ordered || index === run.steps.length - 1 || (step.wait !== null && !step.after)) return all;
  return all.filter((one) => one.id === step.after);
}

/** @param {Run} run */
export const stoppedAt = (run) => run.steps.find((step) => step.id in run.done && !goesOn(step, run.done[step.id].result));

/** The step to do next with from when on, null when nothing is left. @param {Run} run @returns {{step: Step, from: number} | null} */
export function next(run) {
  if (stoppedAt(run)) return null;
  const at = passed(run);
  for (const step of run.steps) {
    if (step.id in run.done || isTimer(step)) continue;
    const from = earliest(run, step, at);
    if (from !== null) return { step, from };
  }
  return null;
}

/** The wait that holds the run now, if it waits for a clock. @param {Run} run @param {number} now */
export function held(run, now) {
  const coming = next(run);
  if (!coming || coming.from <= now) return null;
  const at = passed(run);
  const waits = run.steps.filter((step) => isTimer(step) && at[step.id] === coming.from);
  const before = run.steps.slice(0, run.steps.indexOf(coming.step)).filter((one) => one.id in run.done);
  const since = Math.max(run.opened, ...before.map((one) => run.done[one.id].at));
  const wait = waits[0] ?? coming.step;
  const start = wait.after && run.done[wait.after] ? run.done[wait.after].at : since;
  return { step: wait, since: start, until: coming.from };
}
