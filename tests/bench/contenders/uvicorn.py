"""The contenders that are an application in uvicorn, run by Debian's python."""

import json
import subprocess
from pathlib import Path

from .program import Missing, Program

PYTHON = "/usr/bin/python3"  # another one in PATH lacks Debian's modules


def need_module(module, package):
    if subprocess.run([PYTHON, "-c", f"import {module}"], capture_output=True,
                      timeout=60).returncode:
        raise Missing(f"Python's module {module} is missing: install Debian's package {package}")


class Uvicorn(Program):
    folder_of_app: Path  # holds main.py
    modules = {"uvicorn": "python3-uvicorn", "fastapi": "python3-fastapi", "httpx": "python3-httpx"}
    options = ()

    def command(self, ends):
        for module, package in self.modules.items():
            need_module(module, package)
        argv = [PYTHON, "-m", "uvicorn", "--app-dir", str(self.folder_of_app), "--host", "127.0.0.1",
                "--port", str(self.port), *self.options, "main:app"]
        return argv, {"API": ends.api, "APIKEY": "bench", "SINKS": json.dumps(ends.sinks),
                      "PYTHONDONTWRITEBYTECODE": "1"}
