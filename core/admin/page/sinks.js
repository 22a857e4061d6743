// Each sink: whether it is open, what waits, how fast it answers; pause, resume, drill.

import {get, post} from "./api.js";
import {action, el, fill, notice} from "./element.js";
import {ago, duration, state, time} from "./words.js";

export const title = "Sinks";

function fact(name, value) {
  return value === null || value === undefined || value === "" ? [] : [el("dt", {}, name), el("dd", {}, value)];
}

function pair(a, b) {
  return a === null || a === undefined ? null : `${duration(a)} / ${duration(b)}`;
}

function drill(sink) {
  const result = el("div", {"aria-live": "polite"});
  const button = action("Drill", async () => {
    const report = await post(`sinks/${encodeURIComponent(sink.name)}/drill`, {by: "the page"});
    fill(result, el("pre", {}, JSON.stringify(report, null, 2)));
  });
  return {button, result};
}

function card(sink, reload) {
  const path = `sinks/${encodeURIComponent(sink.name)}`, since = sink.since_start || {};
  const {button, result} = drill(sink);
  const absent = sink.state === "absent";
  return el("article.card", {"aria-label": sink.name},
    el("div.row", {}, el("h3", {}, sink.name), state(sink.state),
      el("span.soft.small", {}, sink.plugin ? `plugin ${sink.plugin}` : null),
      el("a.push.small", {href: `#/events?sink=${encodeURIComponent(sink.name)}`}, "its events")),
    sink.why && sink.state !== "open" ? el("p.text", {}, sink.why, sink.until ? `; next try ${ago(sink.until)}` : "") : null,
    el("dl.facts", {},
      fact("Waiting", `${sink.queue}${sink.in_flight ? `, ${sink.in_flight} under way` : ""}`),
      absent ? [] : [
        fact("Since the start", `${since.delivered} delivered, ${since.dead} dead, ${since.failed_attempts} failed attempts`),
        fact("An attempt, p50 / p99", pair(since.attempt_p50_ms, since.attempt_p99_ms)),
        fact("From acceptance, p50 / p99", pair(since.delivery_p50_ms, since.delivery_p99_ms)),
        fact("At most", sink.rate ? `${Number(sink.rate.toFixed(2))} a second` : null),
        fact("Last failure", sink.last_failure ? el("span", {}, time(sink.last_failure_at), ": ", sink.last_failure) : null)]),
    absent ? null : el("div.row", {},
      sink.state === "paused" || sink.state === "shut" || sink.state === "probing"
        ? action("Resume", async () => { await post(`${path}/resume`); await reload(); }) : null,
      sink.state !== "paused" ? action("Pause", async () => { await post(`${path}/pause`, {reason: "from the page"}); await reload(); }) : null,
      button),
    result);
}

export async function show({holder}) {
  const list = el("div");

  function draw(sinks) {
    fill(list, sinks.length ? sinks.map(sink => card(sink, load)) : notice("No sink is configured."));
  }
  async function load() {
    draw((await get("sinks")).sinks);
  }
  await load();
  fill(holder, el("h1", {}, "Sinks"), list);
  return {told: now => { if (!list.contains(document.activeElement) && !list.querySelector("pre")) draw(now.status.sinks); }};
}
