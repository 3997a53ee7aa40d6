// The code on a door or a wristband: read by the camera where the browser can, typed otherwise.
import { at } from "./beds.js";
import { h } from "./dom.js";
import { go, head } from "./frame.js";
import { ward } from "./ward.js";
import { named, say } from "./words.js";

/** @type {MediaStream | null} */
let camera = null;
export function stop() {
  camera?.getTracks().forEach((track) => track.stop());
  camera = null;
}

/** Goes to whom or what a code means; `person:P1`, `place:W1-101`, the bare code, or an address that ends in it. @param {string} said */
export function lead(said) {
  const code = said.trim().split(/[/?=#]/).filter(Boolean).pop() ?? "";
  const same = (other) => other.toLowerCase() === code.toLowerCase() || other.toLowerCase() === `person:${code}`.toLowerCase();
  const person = ward.list.people.find((row) => same(row.ref));
  const place = Object.keys(ward.list.places).find((one) => same(one) || `place:${one}`.toLowerCase() === code.toLowerCase());
  if (!person && !place) return false;
  const inside = ward.list.people.find((row) => row.place === place);
  stop();
  if (person || inside) { at.ref = (person ?? inside).ref; go("enter"); } else go("places");
  return true;
}

export function scan() {
  document.onkeydown = null;
  const trouble = h("p.w-trouble", { role: "alert" }), field = h("input", { id: "code", autocomplete: "off", autocapitalize: "characters", enterkeyhint: "go" });
  const submit = (event) => {
    event.preventDefault();
    if (!lead(field.value)) { trouble.textContent = say("no_such_code", { code: field.value }); field.focus(); }
  };
  const video = h("video.w-video", { playsinline: true, muted: true, "aria-label": say("camera") });
  const can = "BarcodeDetector" in window && navigator.mediaDevices;
  if (can) look(video, trouble);
  const here = ward.list.places[ward.list.place];
  return [
    head(say("scan"), here ? named(here) : "", { back: "beds" }),
    h("div.w-main.w-body", {}, can ? video : h("p.lz-2", {}, say("no_camera")),
      h("form", { onsubmit: submit }, h("div.w-field", {}, h("label", { for: "code" }, say("type_code")), field), trouble,
        h("button.w-main-button", { type: "submit" }, say("go_there")))),
  ];
}

async function look(video, trouble) {
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    trouble.textContent = say("no_camera");
    return;
  }
  video.srcObject = camera;
  await video.play();
  const detector = new window.BarcodeDetector({ formats: ["qr_code", "code_128"] });
  const tick = async () => {
    if (!camera || !video.isConnected) return stop();
    const [found] = await detector.detect(video).catch(() => []);
    if (found && lead(found.rawValue)) return;
    setTimeout(tick, 200);
  };
  tick();
}
