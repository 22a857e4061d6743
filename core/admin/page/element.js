// The document, built from nodes: whatever comes from outside becomes text and nothing else.

// el("a.main", {href: "#/x"}, "text", node, [more]): attributes that are false or null are left out,
// functions are listeners.
export function el(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined)
    .map(child => child instanceof Node ? child : String(child)));
  return node;
}

export function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(child => child instanceof Node));
}

// A table that becomes a list on a phone. Cells are nodes, texts, or {node, kind: "number"}.
export function table(names, rows) {
  return el("div.table", {}, el("table.stack", {},
    el("thead", {}, el("tr", {}, names.map(name => el("th", {scope: "col"}, name)))),
    el("tbody", {}, rows.map(cells => el("tr", {}, cells.map((cell, i) => {
      const {node = cell, kind = ""} = cell && cell.kind ? cell : {};
      return el(kind ? `td.${kind}` : "td", {"data-name": names[i] || null}, node);
    }))))));
}

// A button that cannot be pressed twice while its work is under way; what goes wrong stands beside it.
export function action(words, work, main = false) {
  const fault = el("span.fault", {role: "alert"});
  const button = el(main ? "button.main" : "button", {type: "button", click: async () => {
    button.disabled = true;
    fault.textContent = "";
    try { await work(); } catch (error) { fault.textContent = error.message; }
    button.disabled = false;
  }}, words);
  return el("span", {}, button, fault);
}

export function field(words, input, wide = false) {
  return el(wide ? "label.wide" : "label", {}, words, input);
}

export function choice(value, options, attributes = {}) {
  return el("select", attributes, options.map(([key, words]) =>
    el("option", {value: key, selected: key === value}, words)));
}

export function notice(...words) {
  return el("p.notice", {}, ...words);
}
