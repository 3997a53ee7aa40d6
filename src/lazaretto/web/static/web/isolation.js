// @ts-check
// Dragging a bar of the board to another room or day. It only fills in the form that stands on the page; the server checks and
// answers. Without script, or by keyboard, the form itself does the same.

const board = /** @type {HTMLElement | null} */ (document.querySelector("[data-board][data-may-plan]"));
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-drag-form]"));
const MOVED = 6;

/** @param {HTMLElement} table @param {HTMLFormElement} answer */
function listen(table, answer) {
  const cell = Number(table.dataset.cell);
  const first = table.dataset.first || "";
  /** @type {{bar: SVGAElement, x: number, y: number, grab: number, moved: boolean} | null} */
  let drag = null;

  /** @param {PointerEvent} event */
  const row = (event) => {
    const found = document.elementFromPoint(event.clientX, event.clientY);
    return /** @type {HTMLElement | null} */ (found && found.closest("[data-drop]"));
  };

  table.addEventListener("pointerdown", (event) => {
    const bar = /** @type {SVGAElement | null} */ (/** @type {Element} */ (event.target).closest("a[data-bar]"));
    if (!bar || event.button !== 0) return;
    const left = bar.querySelector("rect")?.getBoundingClientRect().left ?? event.clientX;
    drag = { bar, x: event.clientX, y: event.clientY, grab: event.clientX - left, moved: false };
  });
  table.addEventListener("dragstart", (event) => event.preventDefault());
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    if (Math.abs(event.clientX - drag.x) + Math.abs(event.clientY - drag.y) > MOVED) drag.moved = true;
    if (!drag.moved) return;
    event.preventDefault();
    drag.bar.classList.add("is-dragged");
    for (const old of table.querySelectorAll(".is-over")) old.classList.remove("is-over");
    row(event)?.classList.add("is-over");
  });
  document.addEventListener("pointerup", (event) => {
    const held = drag;
    drag = null;
    if (!held) return;
    held.bar.classList.remove("is-dragged");
    const target = row(event);
    for (const old of table.querySelectorAll(".is-over")) old.classList.remove("is-over");
    if (!held.moved || !target) return;
    held.bar.addEventListener("click", (click) => click.preventDefault(), { once: true });
    const days = Math.floor((event.clientX - held.grab - target.getBoundingClientRect().left) / cell + 0.5);
    const day = new Date(`${first}T00:00:00Z`);
    day.setUTCDate(day.getUTCDate() + days);
    const fields = answer.elements;
    /** @type {HTMLInputElement} */ (fields.namedItem("episode")).value = held.bar.dataset.bar || "";
    /** @type {HTMLInputElement} */ (fields.namedItem("room")).value = target.dataset.drop || "";
    /** @type {HTMLInputElement} */ (fields.namedItem("day")).value = day.toISOString().slice(0, 10);
    answer.submit();
  });
}

/** @param {HTMLElement} place What takes longer than the board comes after it; without script a link leads to it. */
async function fill(place) {
  const answer = await fetch(place.dataset.later || "", { credentials: "same-origin" });
  if (answer.ok && !answer.redirected) place.innerHTML = await answer.text();
}

if (board && form) listen(board, form);
const later = /** @type {HTMLElement | null} */ (document.querySelector("[data-later]"));
if (later) fill(later);
