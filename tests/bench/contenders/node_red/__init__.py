"""Node-RED with the same flow (flows.json). Its modules are installed outside the source tree."""

import re
import shutil
import subprocess
from pathlib import Path

from ..program import HOOK_PATH, Missing, Program, need_command

HERE = Path(__file__).parent
MODULES = HERE.parents[3] / "build-bench" / "node-red"
INSTALL_S = 300


class NodeRed(Program):
    name = "Node-RED"

    def __init__(self, modules=MODULES):
        """modules: the folder whose node_modules it runs from, filled when it is not yet."""
        self.modules = Path(modules)

    def install(self):
        """As the lock says, once for each lock."""
        npm = need_command("npm", "npm")
        lock, done = (HERE / "package-lock.json").read_text(), self.modules / ".complete"
        if done.exists() and done.read_text() == lock:
            return
        self.modules.mkdir(parents=True, exist_ok=True)
        for file in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / file, self.modules / file)
        try:
            ran = subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                                 cwd=self.modules, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True, timeout=INSTALL_S)
        except subprocess.TimeoutExpired:
            raise Missing(f"npm could not install Node-RED in {INSTALL_S} s") from None
        if ran.returncode:
            # Its words name hosts and folders of this machine: they stay here.
            (self.modules / "npm.log").write_text(ran.stdout)
            code = re.search(r"^npm ERR! code (\w+)$", ran.stdout, re.MULTILINE)
            raise Missing("npm could not install Node-RED: "
                          f"{code[1] if code else f'it ended with {ran.returncode}'}")
        done.write_text(lock)

    def is_ready(self):
        """It listens before its flows are there, and answers 404 until then."""
        return super().is_ready() and "Started flows" in self.output()

    def command(self, ends):
        if len(ends.sinks) != 2:
            raise ValueError("the flow has two sinks")
        node = need_command("node", "nodejs")
        self.install()
        # It writes beside its flows.
        shutil.copy(HERE / "flows.json", self.folder / "flows.json")
        return [node, str(self.modules / "node_modules/node-red/red.js"),
                "--settings", str(HERE / "settings.js"), "--userDir", str(self.folder)], {
            "PORT": str(self.port), "HOOK": HOOK_PATH, "API": ends.api, "APIKEY": "bench",
            "SINK_1": ends.sinks[0], "SINK_2": ends.sinks[1], "NODE_ENV": "production"}
