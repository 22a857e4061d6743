// Server-sent events by fetch: EventSource can send no token. Only a tab that is looked at listens:
// a browser has six connections to one place, for all its tabs.

import {request} from "./api.js";

const pause = 2000;

async function follow(signal, tell) {
  const answer = await request("/api/v1/stream", {signal});
  if (!answer.ok) throw new Error(String(answer.status));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return;
    text += value;
    const parts = text.split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const data = part.split("\n").filter(line => line.startsWith("data: "))
        .map(line => line.slice(6)).join("\n");
      if (data) tell(JSON.parse(data));
    }
  }
}

// Once the tab is looked at.
function seen() {
  if (document.visibilityState === "visible") return Promise.resolve();
  return new Promise(resolve => document.addEventListener("visibilitychange", resolve, {once: true})).then(seen);
}

// tell({marks, status}) at each change; lost() while the daemon is away.
export async function listen(tell, lost) {
  for (;;) {
    await seen();
    const leaving = new AbortController(), leave = () => leaving.abort();
    const hide = () => document.visibilityState === "hidden" && leave();
    document.addEventListener("visibilitychange", hide);
    addEventListener("pagehide", leave);
    try { await follow(leaving.signal, tell); } catch { /* told by lost() */ }
    document.removeEventListener("visibilitychange", hide);
    removeEventListener("pagehide", leave);
    if (leaving.signal.aborted) continue;
    lost();
    await new Promise(resolve => setTimeout(resolve, pause));
  }
}
