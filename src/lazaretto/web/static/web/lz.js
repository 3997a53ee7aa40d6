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
