// What became of the records: sent with receipts, conflicts that a person settles, what the server did not take.
import { at } from "./beds.js";
import { h, shape } from "./dom.js";
import { go, head } from "./frame.js";
import { ask, heard } from "./net.js";
import { giveUp, lastSent, leftBehind, now, ward } from "./ward.js";
import { clock, language, moment, named, say, span } from "./words.js";

/** @param {() => Promise<void>} send @param {() => Promise<boolean>} ready @param {() => Promise<void>} refresh @param {() => void} again */
export async function results(send, ready, refresh, again) {
  document.onkeydown = null;
  const sent = await lastSent(), left = await leftBehind(), queue = ward.waiting - left.length;
  const skew = sent.skew ?? 0;
  const note = (state, title, under) => h("div.w-note", {}, shape(`s-${state}`, 26), h("div", {}, h("b", {}, title), h("span.lz-3", {}, under)));
  return [
    head(say("results"), heard.online ? say("online") : say("offline"), { back: "beds" }),
    h("div.w-main.w-body", {},
      sent.n ? note("on_time", say("n_sent", { n: sent.n }), say("receipts_at", { time: moment(sent.at + ward.list.offset, now()) })) : null,
      queue ? note("hold", say("n_wait", { n: queue }), heard.online ? say("being_sent") : say("sent_later")) : null,
      sent.held ? note("hold", say("n_held", { n: sent.held }), say("held_means")) : null,
      ward.list.pairs.length ? note("late", say("n_to_look", { n: ward.list.pairs.length }), say("never_overwritten")) : null,
      ward.list.pairs.map((pair) => card(pair, ready, refresh, again)),
      left.map((record) => refused(record, again)),
      h("dl.w-facts", {},
        h("div", {}, h("dt", {}, say("clock_here")), h("dd", {}, Math.abs(skew) < 2000 ? say("clock_right") : say(skew > 0 ? "clock_slow" : "clock_fast", { span: span(skew) }))),
        h("div", {}, h("dt", {}, say("queue")), h("dd", {}, say("n_sealed", { n: ward.waiting }))),
        h("div", {}, h("dt", {}, say("list_from")), h("dd", {}, moment(ward.list.at, now()))),
        h("div", {}, h("dt", {}, say("signed_in")), h("dd", {}, `${named(ward.mine.user)} · ${say("locks_after")}`)))),
    h("footer.w-foot", {}, h("button.w-side.is-wide", { onclick: () => go("leave") }, say("change_user")),
      h("button.w-main-button", { id: "send", onclick: async () => { await send(); await refresh(); again(); } }, say("send_now"))),
  ];
}

/** Two records of one thing: both stay on file, a person says which counts. */
function card(pair, ready, refresh, again) {
  const person = ward.list.people.find((row) => row.ref === pair.ref), type = ward.list.observations[pair.observation];
  const [one, other] = pair.facts;
  const settle = async (keeps) => {
    await ready();
    const answer = await ask(`/ward/${encodeURIComponent(ward.list.facility.code)}/settle/`, { one: one.id, other: other.id, keeps });
    if (answer.ok) return refresh().then(again);
    trouble.textContent = answer.data[language] ?? say(answer.status === 0 ? "needs_network" : "not_done_try");
  };
  const trouble = h("p.w-trouble", { role: "alert" });
  const side = (fact) => h("div", {}, h("span.lz-3", {}, `${fact.source === "offline" ? say("from_phone") : say("from_record")} · ${fact.by} ${moment(fact.at, now())}`), h("b", {}, fact.value));
  return h("section.w-card", { "aria-label": say("differ") },
    h("h2", {}, `${person?.name || pair.ref.split(/:(.*)/s)[1]} · ${named(type)}`),
    h("div.w-both", {}, side(one), side(other)), h("p", {}, say("which_counts")),
    h("div.w-reasons", {}, h("button.w-side.is-wide", { onclick: () => settle(one.id) }, say("use", { value: one.value })),
      h("button.w-side.is-wide", { onclick: () => settle(other.id) }, say("use", { value: other.value }))),
    h("button.w-side.is-wide", { onclick: () => settle("") }, say("both_right")), trouble);
}

/** A record that the server did not take, or that waits for its author. */
function refused(record, again) {
  const said = record.said, person = said && ward.list.people.find((row) => row.ref === said.ref);
  const title = said ? `${person?.name || said.ref.split(/:(.*)/s)[1]} ${said.value}` : say("record_at", { time: clock(record.made) });
  const waits = record.fate === "waits" || record.fate === "unreadable";
  const drop = async () => { await giveUp(record.id); again(); };
  return h("section.w-card", {}, h("h2", {}, shape(waits ? "s-hold" : "s-refused"), " ", title), h("p", {}, record.why?.[language] ?? ""),
    waits ? null : h("div.w-reasons", {},
      person ? h("button.w-side.is-wide", { onclick: async () => { await giveUp(record.id); at.ref = said.ref; go("enter"); } }, say("enter_again")) : null,
      h("button.w-side.is-wide", { onclick: drop }, say("give_up"))));
}
