// The rules as they are written, with what each has matched; explain an event; what other rules
// would have done.

import {get, post} from "./api.js";
import {action, choice, el, field, fill, notice, table} from "./element.js";
import {explanation} from "./explanation.js";
import {time} from "./words.js";

export const title = "Rules";
const spans = [["1h", "the last hour"], ["24h", "24 hours"], ["7d", "7 days"], ["30d", "30 days"]];

function source(file, rules) {
  const starts = new Map(rules.filter(rule => rule.file === file.file).map(rule => [rule.line, rule]));
  const lines = (file.text || "").replace(/\n$/, "").split("\n");
  return el("section", {"aria-label": file.file},
    el("h2", {}, file.file), el("div.card", {}, el("div.source", {}, lines.flatMap((line, i) => {
      const rule = starts.get(i + 1);
      return [el("span.no", {}, i + 1),
        el(rule && rule.matches ? "span.hits" : "span.hits.none", {title: rule ? `“${rule.name}” since the start` : null},
          rule ? `${rule.matches}×` : ""),
        el(rule ? "span.line.rule" : "span.line", {}, line || " ")];
    }))));
}

function explainForm() {
  const event = el("textarea", {id: "event", spellcheck: "false", "aria-label": "An event as it is posted",
    placeholder: '{"type": "alert", "action": "created", "attributes": {"uuid": "…"}}'});
  const object = el("textarea", {spellcheck: "false", "aria-label": "The object behind it"});
  const failed = el("input", {type: "checkbox"}), result = el("div", {"aria-live": "polite"});
  const run = action("Explain", async () => {
    fill(result);
    const body = {event: event.value, not_enriched: failed.checked};
    if (object.value.trim()) body.object = object.value;
    fill(result, explanation(await post("explain", body)));
  }, true);
  return el("section", {}, el("h2", {}, "Explain an event"), event,
    el("details", {}, el("summary.small", {}, "with the alert behind it"), object),
    el("div.bar", {}, el("label.inline", {}, failed, "as if the look-up had failed"), run), result);
}

function change(one) {
  const words = {more: "more", less: "less", differently: "in other words"};
  return [one.count, words[one.change] || one.change, one.sink, one.was || "", one.rule || ""];
}

function difference(report) {
  const words = report.differing
    ? `${report.differing} of ${report.events} events would go otherwise.`
    : `All ${report.events} events would go the same way.`;
  return [
    el("p", {}, el("strong", {}, words),
      report.not_routed ? ` ${report.not_routed} wait to be routed and were left out.` : ""),
    report.counts.length ? table(["Events", "Hears", "Sink", "Was by rule", "By rule"], report.counts.map(change)) : null,
    report.shown.length ? el("h3", {}, "The first of them") : null,
    report.shown.length ? table(["Accepted", "What", "Changes"], report.shown.map(event => [
      {node: time(event.accepted), kind: "nowrap"},
      el("a", {href: `#/event/${event.id}`}, event.title || `${event.type} ${event.action}`),
      event.changes.map(one => `${one.sink}: ${one.change}`).join(", ")])) : null,
  ];
}

function whatIfForm(files) {
  const text = el("textarea", {id: "new-rules", spellcheck: "false", "aria-label": "New rules"});
  const since = choice("24h", spans), result = el("div", {"aria-live": "polite"});
  const upload = el("input", {type: "file", accept: ".yaml,.yml", "aria-label": "A rules file", change: async event => {
    if (event.target.files[0]) text.value = await event.target.files[0].text();
  }});
  const begin = el("button", {type: "button", click: () => { text.value = files.map(file => file.text).join("\n"); }},
    "Begin with today's");
  const run = action("What if?", async () => {
    fill(result, notice("Asking …"));
    try { fill(result, difference(await post("what-if", {rules: text.value, since: since.value}))); }
    catch (error) { fill(result, el("pre.fault", {role: "alert"}, error.message)); }
  }, true);
  return el("section", {}, el("h2", {}, "What if the rules were others?"),
    el("p.soft.small", {}, "Asks what the ledger has recorded; nothing is sent, and the rules stay as they are."),
    text, el("div.bar", {}, field("A file", upload), begin, field("Of events of", since), run), result);
}

export async function show({holder}) {
  const {files, rules, unmatched, unmatched_send: fallback} = await get("rules");
  fill(holder, el("h1", {}, "Rules"),
    el("p.soft", {}, `${rules.length} rules. Events since the start that none matched: ${unmatched}; they go to ` +
      `${fallback.length ? fallback.join(", ") : "nobody"}.`),
    files.map(file => source(file, rules)), explainForm(), whatIfForm(files));
}
