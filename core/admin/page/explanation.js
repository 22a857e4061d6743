// What the rules said of an event, and what each sink would be given.

import {el, notice} from "./element.js";
import {level, link} from "./words.js";

const tones = {yes: "good", no: "soft", unknown: "warn"};

function file(at) {
  return (at || "").split("/").pop();
}

export function verdicts(trace) {
  return el("ol.verdicts", {}, trace.map(entry => entry.left_out
    ? el("li.soft", {}, `${entry.left_out} more rules did not match`)
    : el("li", {},
      el("div.row", {}, el(`strong.${tones[entry.verdict] || "soft"}`, {},
        entry.verdict === "yes" ? "matched" : entry.verdict === "unknown"
          ? (entry.sends ? "unknown, so it sends" : "unknown, and does not send") : "no match"),
        el("span", {}, entry.rule), el("span.soft.small", {title: entry.at}, file(entry.at)),
        entry.stops ? el("span.soft.small", {}, "routing ends here") : null,
        entry.gave_up ? el("span.warn.small", {}, `a pattern was given up after ${entry.gave_up}`) : null),
      entry.because ? el("div.small.soft", {title: entry.because.at},
        el("code", {}, entry.because.text), ` (${file(entry.because.at)})`) : null)));
}

function message(delivery) {
  const facts = delivery.facts || [];
  return el("article.card", {"aria-label": `to ${delivery.sink}`},
    el("div.row", {}, el("h3", {}, delivery.sink), level(delivery.level, delivery.urgency),
      el("span.soft.small", {}, `by rule ${delivery.rule}`),
      delivery.not_enriched ? el("span.warn.small", {}, "marked as not enriched") : null),
    el("p.text", {}, el("strong", {}, delivery.title)),
    delivery.text ? el("p.text", {}, delivery.text) : null,
    facts.length ? el("dl.facts", {}, facts.map(fact => [el("dt", {}, fact.label), el("dd", {}, fact.value)])) : null,
    delivery.trouble ? el("p.fault", {}, `the rule's own words gave way: ${delivery.trouble}`) : null,
    link(delivery.link, "link"));
}

export function explanation(report) {
  return [
    el("h2", {}, "Who would be told"),
    report.deliveries.length ? report.deliveries.map(message) : notice(report.nobody || "Nobody."),
    el("h2", {}, "What each rule says"),
    el("div.card", {}, report.rules.length ? verdicts(report.rules) : notice("There are no rules.")),
    report.not_tried ? el("p.soft.small", {}, `${report.not_tried} rules after that were not tried.`) : null,
  ];
}
