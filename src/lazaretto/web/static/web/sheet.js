// Typing a round sheet without a mouse. The page works as a plain form without this file.
const form = document.querySelector("form[data-sheet]");
const boxes = [...form.querySelectorAll("input.lz-box")];
const times = [...form.querySelectorAll("td input.lz-time")];
const save = form.querySelector("[data-save]");
const filled = form.querySelector("[data-filled]");
let dirty = false;

/** The boxes of one column from top to bottom. @param {HTMLInputElement} box */
const column = (box) => boxes.filter((other) => other.dataset.column === box.dataset.column);

/** Puts the cursor into a box and selects what stands there, so that typing replaces it. @param {HTMLElement} target */
function go(target) {
  target.focus();
  if (target instanceof HTMLInputElement) target.select();
  target.scrollIntoView({ block: "nearest" });
}

/** The next box down; after the last line the first of the next column, after the last column the save button. */
function after(box) {
  const own = column(box);
  const below = own[own.indexOf(box) + 1];
  return below ?? boxes.find((other) => Number(other.dataset.column) > Number(box.dataset.column)) ?? save;
}

function before(box) {
  const own = column(box);
  return own[own.indexOf(box) - 1] ?? box;
}

/** The box beside: one line, another column. @param {HTMLInputElement} box @param {number} step */
function beside(box, step) {
  const line = [...box.closest("tr").querySelectorAll("input.lz-box")];
  return line[line.indexOf(box) + step] ?? box;
}

form.addEventListener("keydown", (event) => {
  const box = event.target;
  if (event.isComposing || event.altKey || event.metaKey) return;
  if (event.key === "Enter" && event.ctrlKey) return form.requestSubmit(save);
  if (!(box instanceof HTMLInputElement) || event.ctrlKey || event.shiftKey) return;
  if (times.includes(box)) {
    if (event.key === "Enter") { event.preventDefault(); go(after(box.closest("td").querySelector("input.lz-box"))); }
    return;
  }
  if (!boxes.includes(box)) {
    if (event.key === "Enter" && box.id !== "goto") { event.preventDefault(); go(firstEmpty()); }
    return;
  }
  const whole = box.selectionStart === 0 && box.selectionEnd === box.value.length;
  const moves = {
    Enter: () => after(box),
    ArrowDown: () => after(box),
    ArrowUp: () => before(box),
    ArrowRight: () => (whole || box.selectionStart === box.value.length) && beside(box, 1),
    ArrowLeft: () => (whole || box.selectionEnd === 0) && beside(box, -1),
  };
  const target = moves[event.key]?.();
  if (!target) return;
  event.preventDefault();
  go(target);
});

/** Down the first column that has an empty box, as a sheet is read. */
function firstEmpty() {
  const order = [...boxes].sort((a, b) => Number(a.dataset.column) - Number(b.dataset.column));
  return order.find((box) => box.getAttribute("aria-invalid") === "true") ?? order.find((box) => !box.value) ?? save;
}

const line = form.querySelector("[data-goto]");
line.hidden = false;
line.querySelector("input").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  const code = event.target.value.trim().toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
  const found = [...form.querySelectorAll("tr[data-line]")].find((row) => row.dataset.line === code);
  event.target.setAttribute("aria-invalid", String(!found));
  if (!found) return event.target.select();
  event.target.value = "";
  const own = [...found.querySelectorAll("input.lz-box")];
  go(own.find((box) => !box.value) ?? own[0]);
});

const count = () => { filled.textContent = `${boxes.filter((box) => box.value.trim()).length} / ${boxes.length}`; };
form.addEventListener("input", () => { dirty = true; count(); });
form.addEventListener("submit", () => { dirty = false; });
window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
count();
const by = form.querySelector("#by");
go(by.value && by.getAttribute("aria-invalid") !== "true" ? firstEmpty() : by);
