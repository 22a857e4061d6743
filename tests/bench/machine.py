"""What the figures were taken on, and with which versions: {what: words}."""

import os
import platform
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from contenders.node_red import MODULES
from contenders.program import Missing, need_command

LIBRARIES = ("libevent", "libcurl", "jansson", "sqlite3", "yaml-0.1", "libcrypto")
PROGRAMS = {  # what says its version how, and where in it
    "nginx": (["nginx", "-v"], r"nginx/(\S+)"),
    "wrk": (["wrk", "-v"], r"wrk (?:debian/)?(\S+)"),
    "webhook": (["webhook", "-version"], r"version (\S+)"),
    "alertmanager": (["prometheus-alertmanager", "--version"], r"version (\S+)"),
    "node": (["node", "--version"], r"v(\S+)"),
}
PYTHON_MODULES = ("fastapi", "uvicorn", "httpx", "uvloop", "httptools")


def _output(argv):
    """What it prints; nothing when it cannot be run."""
    try:
        ran = subprocess.run([need_command(argv[0], argv[0]), *argv[1:]], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    except (Missing, OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stdout.strip()


def _field(path, name):
    found = re.search(rf"^{name}\s*:\s*(.+)$", Path(path).read_text(), re.MULTILINE)
    return found[1].strip() if found else "unknown"


def _processor():
    virtual = re.search(r"^flags.*\bhypervisor\b", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return _field("/proc/cpuinfo", "model name") + (", in a virtual machine" if virtual else "")


def _memory():
    return f"{int(_field('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB"


def _disk(folder):
    """Where the ledger stands while it is measured."""
    found = _output(["findmnt", "-n", "-o", "FSTYPE,SOURCE", "-T", str(folder)]).split()
    return " on ".join(found) or "unknown"


def _module_version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _node_red():
    package = MODULES / "node_modules/node-red/package.json"
    found = re.search(r'"version":\s*"([^"]+)"', package.read_text()) if package.exists() else None
    return found[1] if found else ""


def _named(versions):
    return ", ".join(f"{name} {version}" for name, version in versions.items() if version)


def _allocator(build):
    """What the measured program is linked to; pkg-config only knows what could be."""
    found = re.search(r"libmimalloc\.so\.(\S+)", _output(["ldd", str(build / "tocsin")]))
    return f"mimalloc {found[1]}" if found else "the C library's"


def describe(build):
    """build: where tocsin was built, on the disk that the ledger is written to."""
    programs = {name: (re.search(pattern, _output(argv)) or ["", ""])[1]
                for name, (argv, pattern) in PROGRAMS.items()}
    return {
        "processor": _processor(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": _memory(),
        "disk": _disk(build),
        "system": f"{platform.freedesktop_os_release().get('PRETTY_NAME', 'unknown')}, "
                  f"Linux {platform.release()}, glibc {platform.libc_ver()[1]}",
        "compiler": _output(["cc", "--version"]).split("\n")[0] or "unknown",
        "libraries": _named({name: _output(["pkg-config", "--modversion", name])
                             for name in LIBRARIES}),
        "allocator": _allocator(build),
        "compared with": _named({**programs, "Node-RED": _node_red(),
                                 "Python": ".".join(map(str, sys.version_info[:3])),
                                 **{name: _module_version(name) for name in PYTHON_MODULES}}),
    }
