"""The sample server of the vendor's documentation, mended (main.py says what)."""

from pathlib import Path

from ..uvicorn import Uvicorn


class Sample(Uvicorn):
    name = "vendor's sample"
    folder_of_app = Path(__file__).parent
    # More events at once than this and its background tasks, each with a client to set up, hold up one
    # another until httpx's 5 s are over: of 300 events on 64 connections 66 were lost, on 16 none.
    most_at_once = 16
    # What the documentation installs is uvicorn[classic]: Python's own loop and parser.
    options = ("--loop", "asyncio", "--http", "h11")
