"""The alert that the far end's API answers, in three sizes; the uuid asked for stands in it twice."""

import json
from pathlib import Path

OBJECTS = Path(__file__).parents[1] / "fixtures/objects"
SIZES = {"0.5": 512, "3": 3072, "40": 40960}  # kB: bytes
UUID = "{the uuid that was asked for-------}"  # as long as one
SMALL = ("short_id", "urgency", "status", "created_at", "entity")


def _compact(document):
    return json.dumps(document, separators=(",", ":"))


def _source(size):
    document = json.loads((OBJECTS / "alert-40kb.json" if size == "40" else
                           OBJECTS / "alert-full.json").read_text())
    kept = SMALL if size == "0.5" else [key for key in document if key not in ("uuid", "title")]
    return {"uuid": UUID, "title": f"Mimikatz {UUID}", **{key: document[key] for key in kept}}


def alert(size):
    """JSON of exactly that size, with UUID where the uuid belongs. What is cut or added is ASCII."""
    document = _source(size)
    details = document.get("details", "")
    document["details"] = ""
    room = SIZES[size] - len(_compact(document))
    document["details"] = details[:room] + "." * (room - len(details))
    return _compact(document)
