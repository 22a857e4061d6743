"""The packages of npm that draw messages or receive them, installed as the lock says, outside the source
tree."""

import os
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
FOLDER = Path(os.environ.get("TOCSIN_VISUAL", HERE.parents[1] / "build/visual"))
INSTALL_S = 300


def installed():
    """The folder node_modules; filled once for each lock."""
    lock, done = (HERE / "package-lock.json").read_text(), FOLDER / ".complete"
    if not done.exists() or done.read_text() != lock:
        install()
        done.write_text(lock)
    return FOLDER / "node_modules"


def install():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / file, FOLDER / file)
    ran = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FOLDER,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, timeout=INSTALL_S)
    # Its words name hosts and folders of this machine: they stay here.
    (FOLDER / "npm.log").write_text(ran.stdout)
    code = re.search(r"^npm ERR! code (\w+)$", ran.stdout, re.MULTILINE)
    assert ran.returncode == 0, ("npm could not install what draws and receives: "
                                 f"{code[1] if code else f'it ended with {ran.returncode}'}")


def node(script, *arguments, standard_input=None, modules=None):
    """What a script of ours prints, with the packages at hand."""
    ran = subprocess.run(["node", str(script), *map(str, arguments)], input=standard_input,
                         capture_output=True, text=True, timeout=60,
                         env={**os.environ, "NODE_PATH": str(modules or installed())})
    assert ran.returncode == 0, ran.stderr
    return ran.stdout
