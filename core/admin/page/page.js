// Which view is shown, and what stands above all of them.

import {el, fill, notice} from "./element.js";
import {listen} from "./stream.js";
import * as inbox from "./inbox.js";
import * as events from "./events.js";
import * as story from "./story.js";
import * as sinks from "./sinks.js";
import * as dead from "./dead.js";
import * as rules from "./rules.js";

const views = {inbox, events, event: story, sinks, dead, rules};
const belongs = {event: "events"};
const main = document.getElementById("main");
let shown = null;    // the view's own: {told(now, before)}, or nothing
let last = null;     // the last status
let turn = 0;        // a view that comes late is not shown over the next one

// "#/events?state=dead" or "#/event/3f9a1c-e17": the view's name, its argument, its parameters.
function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/").map(decodeURIComponent);
  return {name: views[name] ? name : "inbox", argument: rest.join("/"), query: new URLSearchParams(query)};
}

function mark(name) {
  for (const link of document.querySelectorAll("nav a"))
    if (link.dataset.view === (belongs[name] || name)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
}

async function show() {
  const {name, argument, query} = place(), mine = ++turn;
  const holder = el("div");
  mark(name);
  shown = null;
  document.title = `${views[name].title} · tocsin`;
  try {
    const view = await views[name].show({holder, argument, query, last: () => last});
    if (mine !== turn) return;
    shown = view || null;
  } catch (error) {
    if (mine !== turn) return;
    fill(holder, el("h1", {}, views[name].title), el("p.fault", {role: "alert"}, error.message));
  }
  fill(main, holder);
  if (document.activeElement === document.body) main.focus({preventScroll: true});
}

function badge(id, count) {
  const node = document.getElementById(id);
  node.textContent = count > 99 ? "99+" : count;
  node.hidden = !count;
}

// The one thing that is wrong first; nothing is said of what is well.
function trouble(status) {
  if (!status.ready) return `Not ready: ${(status.why || []).join("; ")}`;
  if (status.degraded) return status.degraded.join("; ");
  const shut = status.sinks.filter(sink => sink.state !== "open" && sink.state !== "paused");
  if (shut.length) return `${shut[0].name} is ${shut[0].state}: ${shut[0].why || "no reason given"}`;
  return null;
}

function tellHealth(status) {
  const health = document.getElementById("health"), wrong = trouble(status);
  const words = wrong || (status.waiting ? `${status.waiting} waiting, all sinks open` : "All is well");
  health.classList.toggle("bad", Boolean(wrong));
  if (health.textContent !== words) health.textContent = health.title = words;
}

function tell(now) {
  const before = last;
  last = now;
  tellHealth(now.status);
  badge("dead", now.status.dead);
  badge("troubled", now.status.sinks.filter(sink => sink.state !== "open").length);
  if (!before || inbox.mayHaveChanged(now, before)) inbox.count().then(count => badge("unread", count));
  shown?.told?.(now, before);
}

function lost() {
  const health = document.getElementById("health");
  health.classList.add("bad");
  health.textContent = "The daemon does not answer; this page asks again";
}

addEventListener("hashchange", show);
addEventListener("keydown", event => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName)) return;
  event.preventDefault();
  const search = document.querySelector("input[type=search]");
  if (search) search.focus(); else location.hash = "#/events";
});
fill(main, notice("One moment …"));
show();
listen(tell, lost);
