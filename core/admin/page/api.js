// The API: the token, when one is needed, is asked for once a tab.

const dialog = document.getElementById("ask-token");
const key = "tocsin-token";
let asking = null;

function ask(fault) {
  asking = asking || new Promise(resolve => {
    document.getElementById("token-fault").textContent = fault;
    dialog.addEventListener("close", () => {
      sessionStorage.setItem(key, document.getElementById("token").value);
      document.getElementById("token").value = "";
      asking = null;
      resolve();
    }, {once: true});
    dialog.addEventListener("cancel", event => event.preventDefault(), {once: true});
    dialog.showModal();
  });
  return asking;
}

// The answer, once there is one that is not "who are you?".
export async function request(path, options = {}) {
  for (;;) {
    const token = sessionStorage.getItem(key);
    const headers = {...options.headers, ...(token ? {Authorization: `Bearer ${token}`} : {})};
    const answer = await fetch(path, {...options, headers, cache: "no-store"});
    if (answer.status !== 401) return answer;
    if (token === sessionStorage.getItem(key)) await ask(token ? "This token is not the one." : "");
  }
}

async function read(answer) {
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error || `the daemon answered ${answer.status}`);
  return body;
}

async function call(path, options) {
  let answer;
  try { answer = await request(path, options); } catch {
    throw new Error("the daemon does not answer");
  }
  return read(answer);
}

// query: an object; what is empty is left out.
export function get(path, query = {}) {
  const parts = new URLSearchParams(Object.entries(query).filter(([, value]) => value));
  return call(`/api/v1/${path}${parts.size ? `?${parts}` : ""}`);
}

export function post(path, body = {}) {
  return call(`/api/v1/${path}`, {method: "POST",
    headers: {"Content-Type": "application/json", "X-Tocsin": "1"}, body: JSON.stringify(body)});
}
