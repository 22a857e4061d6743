"""The vendor's sample as a careful Python programmer would write it.

One httpx.AsyncClient with kept connections, a bounded queue that workers empty, both sinks at the
same time, tries again after a failure, and 202 as soon as the event is in the queue; a full queue
lets the sender wait. Still without durability: what was answered 202 is in memory only, and a crash
or a restart loses the queue and all that is under way. One process: the queue is one.
"""

import asyncio
import json
import logging
import os

import httpx
from fastapi import FastAPI, Request, Response

API, APIKEY, SINKS = os.environ["API"], os.environ["APIKEY"], json.loads(os.environ["SINKS"])
QUEUE, WORKERS, TRIES = 10_000, 32, 5
ALERT = API + "/api/v1/sic/alerts/"
LOOK_UP = {"Authorization": f"Bearer {APIKEY}"}
RETRIED = {408, 425, 429, 500, 502, 503, 504}

log = logging.getLogger("uvicorn.error")
app = FastAPI(openapi_url=None)


@app.on_event("startup")
async def on_startup():
    app.state.queue = asyncio.Queue(QUEUE)
    # A worker needs one connection to the API or one to each sink.
    most = WORKERS * max(1, len(SINKS))
    app.state.client = httpx.AsyncClient(
        timeout=30, trust_env=False,
        limits=httpx.Limits(max_connections=most, max_keepalive_connections=most))
    app.state.workers = [asyncio.create_task(work(app.state.queue, app.state.client))
                         for _ in range(WORKERS)]


@app.on_event("shutdown")
async def on_shutdown():
    for worker in app.state.workers:
        worker.cancel()
    await app.state.client.aclose()


async def request(client, method, url, **options):
    """The answer's body; raises what the last try raised."""
    for tried in range(TRIES):
        try:
            answer = await client.request(method, url, **options)
            if answer.status_code not in RETRIED or tried == TRIES - 1:
                answer.raise_for_status()
                return answer.content
        except httpx.TransportError:
            if tried == TRIES - 1:
                raise
        await asyncio.sleep(0.1 * 2**tried)


def message_of(alert):
    return json.dumps({"text": f"New alert on SEKOIA.IO: “{alert['title']}”, "
                               f"status “{alert['status']['name']}”, "
                               f"severity “{alert['urgency']['display']}”."})


async def deliver(client, event):
    alert = json.loads(await request(client, "GET", ALERT + event["attributes"]["uuid"],
                                     headers=LOOK_UP))
    body = message_of(alert).encode()
    outcomes = await asyncio.gather(
        *(request(client, "POST", sink, content=body, headers={"Content-Type": "application/json"})
          for sink in SINKS), return_exceptions=True)
    for sink, outcome in zip(SINKS, outcomes):
        if isinstance(outcome, Exception):
            log.error("alert %s is lost for %s: %r", alert["uuid"], sink, outcome)


async def work(queue, client):
    while True:
        event = await queue.get()
        try:
            await deliver(client, event)
        except Exception:  # one event must not end the worker
            log.exception("event %s is lost", event)


@app.post("/hooks/5d0c7b1e-8c55-4c0c-9d7e-2f1b6f6f3a10")
async def on_event(request: Request):
    try:
        event = json.loads(await request.body())
        is_alert = event["type"] == "alert" and isinstance(event["attributes"]["uuid"], str)
    except (ValueError, TypeError, KeyError):
        return Response(status_code=400)
    if is_alert:
        await app.state.queue.put(event)
    return Response(status_code=202)
