"""The sample's job done well in the same language: one shared client, a bounded queue, retries."""

from pathlib import Path

from ..uvicorn import Uvicorn


class SharedClient(Uvicorn):
    name = "FastAPI, shared client"
    folder_of_app = Path(__file__).parent
    modules = {**Uvicorn.modules, "uvloop": "python3-uvloop", "httptools": "python3-httptools"}
    options = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning")
