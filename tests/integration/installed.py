"""tocsin as `meson install` leaves it, in its place: seen by this process and its children alone."""

import json
import os
import subprocess
from pathlib import Path

from mounts import enter_private_mounts, mount
from tocsin import BINARY

BUILD = Path(BINARY).resolve().parent


class Installed:
    """The build, installed into a folder that then lies over its prefix. Import this file before
    anything begins a thread: it gives the process mounts of its own."""

    def __init__(self, folder):
        options = {option["name"]: option["value"] for option in json.loads(subprocess.run(
            ["/usr/bin/meson", "introspect", "--buildoptions", BUILD], check=True,
            capture_output=True).stdout)}
        self.prefix = Path(options["prefix"])
        self.libraries = self.prefix / options["libdir"]
        self.plugins = self.libraries / "tocsin" / "plugins"
        assert self.prefix != Path("/usr"), "what lies over /usr would hide the compiler"
        subprocess.run(["/usr/bin/meson", "install", "-C", BUILD, "--no-rebuild", "--quiet",
                        "--destdir", folder], check=True, capture_output=True)
        self.prefix.mkdir(parents=True, exist_ok=True)
        mount("--bind", folder / self.prefix.relative_to("/"), self.prefix)

    def stop(self):
        subprocess.run(["umount", "-l", self.prefix], check=True)

    def run(self, command, folder, **more):
        """A shell's line, as a reader types it; its output, or the assertion that it went well."""
        result = subprocess.run(["bash", "-eu", "-c", command], cwd=folder, env=self.env(**more),
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=120)
        assert result.returncode == 0, f"{command}\n{result.stdout}"
        return result.stdout

    def env(self, **more):
        return {**os.environ, "PATH": f"{self.prefix}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "PKG_CONFIG_PATH": str(self.libraries / "pkgconfig"), **more}


def symbols(plugin):
    """What leaves a shared object."""
    lines = subprocess.run(["nm", "-D", "--defined-only", plugin], check=True, capture_output=True,
                           text=True).stdout.splitlines()
    return [line.split()[-1] for line in lines]


enter_private_mounts()
