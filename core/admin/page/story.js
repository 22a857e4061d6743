// One event: what was posted, what was looked up, what each rule said, what each sink made of it.

import {get, post} from "./api.js";
import {action, el, fill, notice} from "./element.js";
import {verdicts} from "./explanation.js";
import {ago, duration, level, levels, pretty, state, time} from "./words.js";

export const title = "Event";

function failures(delivery) {
  if (!delivery.failed_attempts.length) return null;
  return el("details", {}, el("summary", {}, `${delivery.failed_attempts.length} failed attempt` +
    (delivery.failed_attempts.length === 1 ? "" : "s")),
    delivery.failed_attempts.map(attempt => el("div.card", {},
      el("div.row.small", {}, el("strong", {}, `Attempt ${attempt.attempt}`), time(attempt.at),
        el("span", {}, `took ${duration(attempt.took_ms)}`),
        attempt.status ? el("span", {}, `HTTP ${attempt.status}`) : null,
        attempt.maybe_sent ? el("span.warn", {}, "may have arrived") : null),
      attempt.reason ? el("p.text", {}, attempt.reason) : null,
      attempt.reply ? el("pre", {}, attempt.reply) : null)));
}

function deliveryCard(delivery, reload) {
  const change = (words, path, body) => action(words, async () => {
    const answer = await post(path, body);
    const refused = answer.deliveries?.find(item => item.refused);
    if (refused) throw new Error(refused.refused);
    await reload();
  });
  const open = delivery.state === "dead" || delivery.state === "waiting";
  return el("article.card", {"aria-label": `to ${delivery.sink}`},
    el("div.row", {}, el("h3", {}, delivery.sink || "(no sink)"), state(delivery.state),
      level(levels[delivery.level] || "info"),
      el("span.soft.small", {}, `by rule ${delivery.rule || "none"}`),
      el("span.soft.small.push", {}, delivery.finished ? time(delivery.finished)
        : delivery.due ? `next attempt ${ago(delivery.due)}` : null)),
    el("div.row.small.soft", {},
      el("span", {}, `${delivery.attempts} attempt${delivery.attempts === 1 ? "" : "s"}`),
      delivery.took_ms !== null ? el("span", {}, `took ${duration(delivery.took_ms)}`) : null,
      delivery.receipt ? el("span", {}, `receipt ${delivery.receipt}`) : null,
      el("span.push", {}, delivery.id)),
    delivery.reason ? el("p.text", {}, delivery.reason) : null,
    failures(delivery),
    open ? el("div.row", {}, delivery.state === "dead" ? change("Send again", `deliveries/${delivery.id}/retry`, {}) : null,
      skip(delivery, change)) : null);
}

function skip(delivery, change) {
  const reason = el("input", {placeholder: "why it need not be sent", "aria-label": "Reason to skip", size: 30});
  const body = {ids: [delivery.id]};
  reason.addEventListener("input", () => { body.reason = reason.value; });
  return delivery.state === "waiting" ? el("details", {}, el("summary.small", {}, "Skip it"),
    el("div.row", {}, reason, change("Skip", "skip", body))) : null;
}

function objects(list) {
  if (!list.length) return notice("Nothing was looked up.");
  return list.map(object => el("details", {open: !object.object},
    el("summary", {}, `${object.name}: ${object.status}`),
    object.object ? el("pre", {}, pretty(object.object)) : null));
}

function why(found) {
  if (found.state === "unrouted") return "It waits for its look-up, or to be decided.";
  if (found.deliveries.length || found.later.some(later => later.deliveries.length)) return null;
  const decided = (found.trace || []).find(entry => entry.verdict === "yes");
  return decided ? `Nobody was told: rule “${decided.rule}” decided so.` : "Nobody was told: no rule matched.";
}

export async function show({holder, argument}) {
  async function load() {
    const found = await get(`events/${encodeURIComponent(argument)}`);
    const explain = await post("explain", {id: found.id}).catch(() => null);
    const heading = explain?.deliveries[0]?.title || `${found.type} ${found.action}`.trim();
    document.title = `${heading} · tocsin`;
    draw(found, explain, heading);
  }
  function draw(found, explain, heading) {
    const silent = why(found), changed = explain?.recorded && !explain.recorded.same;
    fill(holder,
      el("div.bar", {}, el("h1", {}, heading),
        action("Route again by today's rules", async () => { await post("replay", {ids: [found.id]}); await load(); })),
      el("div.card", {}, el("dl.facts", {}, [["Id", found.id], ["Accepted", time(found.accepted)],
        ["Type", `${found.type} ${found.action}`], ["Hook", found.hook], ["Thread", found.thread || "none"],
        ["Posted again", found.duplicates || null]].filter(([, value]) => value)
        .map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]))),
      silent ? el("p.card", {}, el("strong", {}, silent)) : null,
      el("h2", {}, "Who was told"),
      found.deliveries.length ? found.deliveries.map(delivery => deliveryCard(delivery, load)) : notice("Nobody."),
      found.later.map(later => [el("h2", {}, `Later: ${later.kind}, `, time(later.at)),
        later.deliveries.map(delivery => deliveryCard(delivery, load))]),
      el("h2", {}, "What each rule said"),
      changed ? el("p.card.warn", {}, `By today's rules it would go otherwise: ${explain.recorded.differences.join("; ")}`) : null,
      el("div.card", {}, found.trace?.length ? verdicts(found.trace) : notice("Nothing is recorded.")),
      el("h2", {}, "What was looked up"), el("div.card", {}, objects(found.objects)),
      el("h2", {}, "What was posted"), el("pre", {}, pretty(found.body)));
  }
  await load();
  return {told: (now, before) => {
    const changed = ["unrouted", "waiting", "dead", "delivered", "skipped"]
      .some(name => now.status[name] !== before?.status[name]);
    if (before && changed && !holder.contains(document.activeElement)) load().catch(() => {});
  }};
}
