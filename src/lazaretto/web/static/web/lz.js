// Small conveniences. Every page works without this file.
// Switches the theme without loading the page again; the choice is still sent to the server, which keeps it.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-theme-switch]");
  const chosen = event.submitter;
  if (!form || !chosen || chosen.name !== "theme") return;
  event.preventDefault();
  const body = new FormData(form);
  body.set("theme", chosen.value);
  const answer = await fetch(form.action, { method: "POST", body, redirect: "manual" });
  if (answer.type !== "opaqueredirect") return form.submit();
  document.documentElement.dataset.bsTheme = chosen.value;
  for (const button of document.querySelectorAll("form[data-theme-switch] button"))
    button.setAttribute("aria-pressed", String(button.value === chosen.value));
});
// Closes an open menu with Escape or by a click beside it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.lz-menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.lz-menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
// Explains a value of a protocol beside it, without loading the page again; the address is the one without script.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-why]");
  const panel = document.getElementById("why-panel");
  if (!link || !panel || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const answer = await fetch(link.href);
  if (!answer.ok) return location.assign(link.href);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = page.getElementById("why");
  if (!found) return location.assign(link.href);
  panel.replaceChildren(document.adoptNode(found));
  panel.closest(".lz-doc").classList.add("has-why");
  for (const open of document.querySelectorAll("a[data-why][aria-current]")) open.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  history.replaceState(null, "", link.href);
  document.getElementById("why-title").focus({ preventScroll: true });
  panel.closest(".lz-beside").scrollTop = 0;
});
// Leaves a page that nobody touches on a shared ward device: there the PIN is asked for. The server locks by itself.
const { locksAfter, lock } = document.body.dataset;
if (locksAfter) {
  let touched = Date.now();
  for (const kind of ["pointerdown", "keydown", "wheel"]) addEventListener(kind, () => { touched = Date.now(); }, { capture: true, passive: true });
  setInterval(() => { if (Date.now() - touched >= Number(locksAfter) * 1000) location.replace(lock); }, 5000);
}
// Signing out here destroys what the ward client keeps under its PIN; what waits to be sent is sealed, and stays.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.action.endsWith("/sign-out/") || !indexedDB.databases || event.defaultPrevented) return;
  event.preventDefault();
  const late = setTimeout(() => form.submit(), 2000), go = () => { clearTimeout(late); form.submit(); };
  indexedDB.databases().then((all) => {
    if (!all.some(({ name }) => name === "lazaretto-ward")) return go();
    indexedDB.open("lazaretto-ward").onsuccess = ({ target: { result } }) => {
      const writing = result.transaction("kept", "readwrite");
      for (const key of ["vault", "device-key", "list", "mine"]) writing.objectStore("kept").delete(key);
      writing.oncomplete = go;
    };
  }, go);
});
// A form whose work goes on in parts sends itself for the next one; without script somebody presses its button.
const goesOn = document.querySelector("form[data-goes-on]");
if (goesOn) setTimeout(() => goesOn.requestSubmit(), 150);
