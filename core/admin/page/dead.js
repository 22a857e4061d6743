// Dead letters: why, and what to do with them.

import {get, post} from "./api.js";
import {action, choice, el, field, fill, notice, table} from "./element.js";
import {time} from "./words.js";

export const title = "Dead letters";
const page = 100;

export async function show({holder, query}) {
  const sink = query.get("sink") || "";
  const list = el("div"), foot = el("p"), chosen = new Set(), said = el("p", {role: "status"});
  const reason = el("input", {"aria-label": "Reason to skip", placeholder: "why they need not be sent", size: 30});
  const {sinks} = await get("sinks");
  const to = choice("", [["", "the same sink"], ...sinks.filter(one => one.plugin).map(one => [one.name, one.name])]);
  let items = [], whole = true;

  function row(item) {
    const box = el("input", {type: "checkbox", "aria-label": `choose ${item.id}`, checked: chosen.has(item.id),
      change: event => event.target.checked ? chosen.add(item.id) : chosen.delete(item.id)});
    return [box, {node: el("a", {href: `#/event/${item.event}`}, item.id), kind: "nowrap"},
      {node: item.sink || "(no sink)", kind: "nowrap"}, item.rule,
      {node: time(item.finished), kind: "nowrap"}, item.reason || ""];
  }
  async function load(before) {
    const found = await get("deliveries", {state: "dead", sink, limit: page, before});
    items = before ? items.concat(found.deliveries) : found.deliveries;
    whole = !before;
    for (const id of chosen) if (!items.some(item => item.id === id)) chosen.delete(id);
    fill(list, items.length ? table(["", "Delivery", "Sink", "Rule", "Since", "Why"], items.map(row)) : notice("There are none."));
    fill(foot, found.more ? action("Show older ones", () => load(found.before)) : el("span"));
  }
  async function change(path, more) {
    if (!chosen.size) throw new Error("choose some first");
    const answer = await post(path, {ids: [...chosen], ...more});
    const refused = answer.deliveries.filter(item => item.refused);
    said.textContent = `${answer.changed} changed` + (refused.length ? `, ${refused.length} refused: ${refused[0].refused}` : "");
    chosen.clear();
    await load();
  }
  const all = el("input", {type: "checkbox", change: event => {
    for (const item of items) if (event.target.checked) chosen.add(item.id); else chosen.delete(item.id);
    for (const box of list.querySelectorAll("input[type=checkbox]")) box.checked = event.target.checked;
  }});
  const filter = choice(sink, [["", "any"], ...sinks.map(one => [one.name, one.name])], {change: event => {
    location.hash = event.target.value ? `#/dead?sink=${encodeURIComponent(event.target.value)}` : "#/dead";
  }});

  await load();
  fill(holder, el("h1", {}, "Dead letters"),
    el("div.bar", {}, field("Sink", filter), el("label.inline", {}, all, "all that are shown"),
      field("Send to", to), action("Send again", () => change("retry", to.value ? {to: to.value} : {}), true),
      field("Reason", reason), action("Skip", () => change("skip", {reason: reason.value}))),
    said, list, foot);
  return {told: (now, before) => {
    if (before && now.status.dead !== before.status.dead && whole) load().catch(() => {});
  }};
}
