// What was accepted, found by words and by what it is.

import {get} from "./api.js";
import {action, choice, el, field, fill, notice, table} from "./element.js";
import {outcome, time} from "./words.js";

export const title = "Events";
const page = 50;
const states = [["", "any"], ["nobody", "nobody was told"], ["waiting", "waiting"], ["dead", "dead"],
  ["delivered", "delivered"], ["skipped", "skipped"], ["unrouted", "not decided yet"]];
const spans = [["", "any time"], ["1h", "the last hour"], ["24h", "24 hours"], ["7d", "7 days"]];
const names = ["q", "state", "sink", "rule", "type", "action", "hook", "since"];

function row(event) {
  return [
    {node: time(event.accepted), kind: "nowrap"},
    el("a", {href: `#/event/${event.id}`}, event.title || `${event.type} ${event.action}`.trim()),
    `${event.type} ${event.action}`.trim(),
    outcome(event),
    {node: el("span.soft.small", {}, event.id), kind: "nowrap"},
  ];
}

function form(query, known) {
  const input = name => el("input", {name, value: query.get(name) || "", size: 14, autocomplete: "off"});
  const pick = (name, options) => choice(query.get(name) || "", options, {name});
  const named = list => [["", "any"], ...list.map(name => [name, name])];
  return el("form.bar", {role: "search", submit: event => {
    event.preventDefault();
    const given = [...new FormData(event.target)].filter(([, value]) => value.trim());
    const search = given.find(([name]) => name === "q")?.[1].trim();
    location.hash = /^[0-9a-f]+-e\d+$/.test(search || "") ? `#/event/${search}`
      : `#/events?${new URLSearchParams(given)}`;
  }, change: event => { if (event.target.tagName === "SELECT") event.currentTarget.requestSubmit(); }},
    field("Words of the event or the alert, or an id", el("input",
      {type: "search", name: "q", value: query.get("q") || "", autocomplete: "off"}), true),
    field("State", pick("state", states)), field("Sink", pick("sink", named(known.sinks))),
    field("Rule", pick("rule", named(known.rules))), field("Type", input("type")),
    field("Action", input("action")), field("Hook", input("hook")), field("Accepted", pick("since", spans)),
    el("button.main", {type: "submit"}, "Search"));
}

export async function show({holder, query}) {
  const filter = Object.fromEntries(names.map(name => [name, query.get(name)]));
  const list = el("div"), foot = el("p");
  let items = [], fresh = true;
  const [{sinks}, {rules}] = await Promise.all([get("sinks"), get("rules")]);

  async function load(before) {
    const found = await get("events", {...filter, limit: page, before});
    items = before ? items.concat(found.events) : found.events;
    fresh = !before;
    fill(list, items.length ? table(["Accepted", "What", "Type", "Who was told", "Id"], items.map(row))
      : notice(found.more ? "None among the newest 20,000." : "No event is like this."));
    fill(foot, found.more ? action("Look further back", () => load(found.before)) : el("span"));
  }
  await load();
  fill(holder, el("h1", {}, "Events"),
    form(query, {sinks: sinks.map(sink => sink.name), rules: [...rules.map(rule => rule.name), "unmatched"]}),
    list, foot);
  return {told: (now, before) => {
    const changed = ["events", "unrouted", "waiting", "dead", "delivered", "skipped"]
      .some(name => now.status[name] !== before?.status[name]);
    if (before && changed && fresh) load().catch(() => {});
  }};
}
