"""The vendor documentation's sample server, written anew after its way of working.

It answers at once and does the rest in a background task: a new HTTP client for each event, one
look-up, the messages one after another, httpx's default time-out of 5 s, no second try, nothing kept
on disk. Mended are its four bugs and nothing else:
- part of the message lacked the f prefix, so that it showed {names in braces};
- the post was not awaited, so that none was ever sent;
- an answer other than 200 was passed over in silence: now it is logged;
- a type other than alert was answered 422: now it is accepted, logged, and no message made of it.
It posts to Mattermost instead of Teams (the text is the same field there), and to all in SINKS.
"""

import logging
from datetime import datetime
from typing import List, Optional

import httpx
from fastapi import BackgroundTasks, FastAPI
from pydantic import BaseModel, BaseSettings

log = logging.getLogger("uvicorn.error")


class Settings(BaseSettings):
    api: str
    apikey: str
    sinks: List[str]


class Attributes(BaseModel):
    uuid: Optional[str] = None
    short_id: Optional[str] = None


class Metadata(BaseModel):
    version: int = 2
    created_at: datetime
    community_uuid: str
    avatar_uuid: Optional[str] = None
    user_uuid: Optional[str] = None
    permissions: Optional[List[str]] = None


class Event(BaseModel):
    type: str
    action: str
    attributes: Attributes
    metadata: Metadata


app = FastAPI()
settings = Settings()


def message_of(alert):
    return (f"New alert on SEKOIA.IO: “{alert['title']}”, status “{alert['status']['name']}”, "
            f"severity “{alert['urgency']['display']}”.")


async def notify(event: Event):
    if event.type != "alert":
        log.warning("no message is made of %s %s", event.type, event.action)
        return
    async with httpx.AsyncClient() as client:
        answer = await client.get(
            f"{settings.api}/api/v1/sic/alerts/{event.attributes.uuid}", params={"stix": False},
            headers={"Authorization": f"Bearer {settings.apikey}"})
        if answer.status_code != 200:
            log.error("alert %s: the API answers %d", event.attributes.uuid, answer.status_code)
            return
        text = message_of(answer.json())
        for sink in settings.sinks:
            posted = await client.post(sink, json={"text": text})
            if posted.status_code != 200:
                log.error("alert %s: %s answers %d", event.attributes.uuid, sink, posted.status_code)


@app.post("/hooks/5d0c7b1e-8c55-4c0c-9d7e-2f1b6f6f3a10")
async def on_event(event: Event, background_tasks: BackgroundTasks):
    background_tasks.add_task(notify, event)
