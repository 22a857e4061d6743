// How numbers, times and states read.

import {el} from "./element.js";

const clock = {hourCycle: "h23"};
const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

export function ago(moment) {
  const seconds = Math.round((Date.now() - Date.parse(moment)) / 1000);
  const [size, unit] = units.find(([size]) => Math.abs(seconds) >= size) || [1, "s"];
  const count = Math.round(Math.abs(seconds) / size);
  return seconds < 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}

// The time where the reader is; the whole of it, in UTC, on a closer look.
export function time(moment) {
  if (!moment) return "";
  const when = new Date(moment);
  const today = when.toDateString() === new Date().toDateString();
  const words = today ? when.toLocaleTimeString([], clock) : when.toLocaleString([], clock);
  return el("time", {datetime: moment, title: moment}, words);
}

export function duration(ms) {
  if (ms === null || ms === undefined) return "";
  if (ms < 1) return "<1 ms";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.round(ms / 60000)} min`;
}

export const levels = ["info", "low", "medium", "high", "urgent"];

export function level(name, urgency = null) {
  const words = levels[name] ?? name;
  return el(`span.level.${levels.includes(words) ? words : "info"}`, {},
    urgency === null || urgency === undefined ? words : `${words} ${urgency}`);
}

const tones = {delivered: "good", waiting: "warn", claimed: "warn", dead: "bad-ink", skipped: "soft",
  unrouted: "warn", open: "good", shut: "bad-ink", paused: "warn", probing: "warn", absent: "bad-ink"};
const names = {claimed: "under way"};

export function state(name) {
  return el(`span.${tones[name] || "soft"}`, {}, names[name] || name);
}

// "2 delivered, 1 dead" of an event in a list.
export function outcome(event) {
  if (event.state === "unrouted") return state("unrouted");
  const parts = ["delivered", "waiting", "dead", "skipped"].filter(name => event[name] > 0)
    .map(name => el(`span.${tones[name]}`, {}, `${event[name]} ${name}`));
  if (!parts.length) return el("span.soft", {}, "nobody was told");
  return el("span", {}, parts.flatMap((part, i) => i ? [", ", part] : [part]));
}

export function pretty(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

// Only what leads to a web page is a link.
export function link(url, words) {
  return /^https?:\/\//i.test(url || "")
    ? el("a", {href: url, rel: "noopener noreferrer", target: "_blank"}, words) : null;
}
