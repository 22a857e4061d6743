"""The floor (tests/bench/floor.c): the same bytes on the same way, and nothing else done."""

import json
from pathlib import Path

from .program import Program
from .tocsin import BUILD


class Floor(Program):
    name = "floor"

    def __init__(self, concurrency=16, build=BUILD):
        self.concurrency, self.build = concurrency, Path(build)

    def command(self, ends):
        import recording  # here, since it runs a contender itself
        from load import ALERT_MARK, event_body

        (self.folder / "recording").mkdir()
        record = recording.record(self.folder / "recording", ends.alert, event_body(self),
                                  ALERT_MARK.encode())
        argv = [str(self.build / "tests/bench/bench-floor"), "--port", str(self.port),
                "--concurrency", str(self.concurrency)]
        for name, part in record._asdict().items():
            (self.folder / name).write_bytes(part)
            argv += [f"--{name}", str(self.folder / name)]
        self.bytes = {name: len(part) for name, part in record._asdict().items()}
        (self.folder / "bytes.json").write_text(json.dumps(self.bytes))
        return [*argv, ends.api, *ends.sinks], {}
