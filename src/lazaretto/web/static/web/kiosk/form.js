// The step that is to be done now, as a form: only what the step needs, large enough for gloves, and a scanner may type it.
import { h } from "../ward/dom.js";
import { named, say, titled } from "../ward/words.js";

/** @param {string} label @param {Record<string, any>} about */
function field(label, about) {
  return h("label.k-field", {}, h("span", {}, label), h("input", { autocomplete: "off", ...about }));
}

const NEEDS = {
  disinfection: (wares) => [
    wares ? h("p.k-how", {}, h("b", {}, `${say(`a_${wares.agent}`)}${wares.mg_per_l ? ` ${wares.mg_per_l} mg/L` : ""} · ${wares.minutes} min`), h("span", {}, `${named(wares.surface)}${wares.rinse ? ` · ${say("rinse")}` : ""}`)) : null,
    wares && !wares.mg_per_l ? null : field(say("strength"), { name: "mg_per_l", inputmode: "decimal", value: wares?.mg_per_l ?? "", required: true }),
    field(say("contact"), { name: "minutes", inputmode: "decimal", value: wares?.minutes ?? "", required: true }),
  ],
  handover: () => [
    field(say("cart"), { name: "cart", maxlength: 40, required: true }),
    h("label.k-check", {}, h("input", { type: "checkbox", name: "apart", required: true }), h("span", {}, say("apart"))),
  ],
  temperature: () => [field(say("celsius"), { name: "celsius", inputmode: "decimal" })],
};

/** Reads what was typed into the few plain values that go with a step. */
function valuesOf(form, run, step) {
  const said = Object.fromEntries(new FormData(form).entries());
  const values = {};
  for (const name of ["mg_per_l", "minutes", "celsius"]) if (said[name]) values[name] = Number(String(said[name]).replace(",", "."));
  for (const name of ["cart", "code"]) if (said[name]) values[name] = String(said[name]).trim();
  if (step.needs === "disinfection") values.agent = run.wares?.agent ?? "chlorine";
  for (const item of step.items) values[item.id] = said[`item-${item.id}`] === "on";
  if (step.needs === "handover") values.apart = said.apart === "on";
  return { values, second: String(said.second ?? "").trim() };
}

/**
 * @param {any} run @param {any} step @param {(done: {result: string, values: object, second: string}) => void} doIt
 */
export function stepForm(run, step, doIt) {
  const known = (result) => { try { return say(`r_${result}`); } catch { return result; } };
  const choices = step.accept.length ? [...step.accept, "no"] : step.does === "approve" ? ["granted", "no"] : [""];
  const buttons = choices.map((result) => h(`button.k-do${result === "no" ? ".is-no" : ""}`, { type: "submit", value: result, name: "result" },
    result === "" ? say("do_step", { step: named(step) }) : known(result)));
  const form = h("form.k-form", { "data-step": step.id, onsubmit: (event) => {
    event.preventDefault();
    const result = event.submitter?.value ?? choices[0];
    doIt({ result, ...valuesOf(form, run, step) });
  } }, h("h2", {}, titled(step)), NEEDS[step.needs]?.(run.wares) ?? null,
    step.does === "sample" ? field(say("sample_code"), { name: "code", maxlength: 40, required: true }) : null,
    step.items.map((item) => h("label.k-check", {}, h("input", { type: "checkbox", name: `item-${item.id}`, required: true }), h("span", {}, titled(item)))),
    step.pair ? field(say("second"), { name: "second", maxlength: 60, required: true }) : null,
    choices.length > 1 ? h("p.lz-2", {}, say("choose_result")) : null, h("div.k-choices", {}, buttons));
  return form;
}
