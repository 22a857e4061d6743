// The bell: what inbox sinks keep, newest first, live.

import {get, post} from "./api.js";
import {action, choice, el, field, fill, notice} from "./element.js";
import {level, link, time} from "./words.js";

export const title = "Inbox";
const page = 50;

// Something was delivered, or somebody marked something.
export function mayHaveChanged(now, before) {
  return now.marks !== before.marks || now.status.delivered !== before.status.delivered;
}

export async function count() {
  try { return (await get("inbox", {limit: 1})).unread; } catch { return 0; }
}

function card(item, read) {
  const message = item.message;
  const facts = message.facts.filter(fact => fact.label && fact.value);
  return el(item.read ? "article.card" : "article.card.unread", {"aria-label": message.title},
    el("div.row", {},
      level(message.level, message.urgency),
      el("h3", {}, el("a", {href: `#/event/${item.event}`}, message.title || "(no title)")),
      el("span.soft.small.push", {}, time(item.kept))),
    message.text ? el("p.text", {}, message.text) : null,
    facts.length ? el("dl.facts", {}, facts.map(fact => [el("dt", {}, fact.label), el("dd", {}, fact.value)])) : null,
    el("div.row.small.soft", {},
      el("span", {}, `${item.sink} · rule ${message.rule}`),
      message.marks.length ? el("span.warn", {}, message.marks.join(", ")) : null,
      link(message.link, "open in the web application"),
      item.read ? null : el("span.push", {}, action("Mark as read", () => read([item.id])))));
}

export async function show({holder, query}) {
  const state = {unread: query.get("unread") === "1", items: [], before: null};
  const list = el("div"), more = el("p"), head = el("span.soft.small", {id: "unread-words"});
  const news = document.getElementById("news");

  async function load(before) {
    const found = await get("inbox", {limit: page, before, state: state.unread ? "unread" : ""});
    const newest = state.items[0]?.id;
    state.items = before ? state.items.concat(found.notifications) : found.notifications;
    head.textContent = found.unread ? `${found.unread} unread` : "all read";
    if (!before && newest && found.notifications[0] && found.notifications[0].id !== newest)
      news.textContent = `New: ${found.notifications[0].message.title}`;
    fill(list, state.items.length ? state.items.map(item => card(item, read)) : notice(
      state.unread ? "Nothing is unread." : "Nothing is here yet. A sink with `plugin: inbox` keeps what it is sent here."));
    fill(more, found.more ? action("Show older ones", () => load(found.before)) : el("span"));
  }
  async function read(ids) {
    await post("inbox/read", {ids});
    await load();
  }
  const all = action("Mark all as read", async () => {
    if (!state.items.length) return;
    await post("inbox/read", {until: state.items[0].id});
    await load();
  });
  const filter = choice(state.unread ? "1" : "", [["", "all"], ["1", "unread only"]], {change: event => {
    location.hash = event.target.value ? "#/inbox?unread=1" : "#/inbox";
  }});
  await load();
  fill(holder, el("div.bar", {}, el("h1", {}, "Inbox ", head), field("Show", filter), all), list, more);
  return {told: (now, before) => { if (before && mayHaveChanged(now, before)) load(); }};
}
