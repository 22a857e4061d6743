"""File systems of a test's own: small ones that fill up, and read-only ones. They stand in a mount
namespace of this process and its children, which ends with them: nothing is left behind. Root needs
nothing for it, others a kernel that lets them make namespaces."""

import ctypes
import errno
import os
import subprocess
from pathlib import Path

NEW_MOUNTS, NEW_USERS = 0x00020000, 0x10000000  # sched.h
RECURSIVE, PRIVATE = 16384, 1 << 18  # sys/mount.h


def enter_private_mounts():
    """While this process has one thread still: a process with more gets no user namespace."""
    user, group, is_root = os.geteuid(), os.getegid(), os.geteuid() == 0
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(NEW_MOUNTS | (0 if is_root else NEW_USERS)) < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"no mount namespace for this test: {os.strerror(code)}")
    if not is_root:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    # Where / is no mount point (a chroot) there is nothing above that could be told of ours.
    if libc.mount(None, b"/", None, RECURSIVE | PRIVATE, None) < 0 and \
            ctypes.get_errno() != errno.EINVAL:
        raise OSError(ctypes.get_errno(), "the mounts of this test cannot be made private")


def mount(*arguments):
    subprocess.run(["mount", *map(str, arguments)], check=True)


class Disk:
    """A tmpfs of that size (as mount has it: 4m) at a folder."""

    def __init__(self, folder, size):
        self.folder = folder
        folder.mkdir()
        mount("-t", "tmpfs", "-o", f"size={size},mode=0700", "tocsin-test", folder)

    def stop(self):
        subprocess.run(["umount", "-l", self.folder], check=True)

    def fill(self):
        """To the last byte."""
        with open(self.folder / "filler", "ab", buffering=0) as filler:
            for chunk in (1 << 16, 1 << 12, 1):
                try:
                    while True:
                        filler.write(b"\0" * chunk)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def make_room(self):
        (self.folder / "filler").unlink()


class ReadOnly:
    """A folder that became read-only: a view of itself over itself. Who has a file in it open for
    writing keeps that; from the next opening on nobody gets one."""

    def __init__(self, folder):
        self._folder = folder
        mount("--bind", folder, folder)
        mount("-o", "remount,bind,ro", folder)

    def end(self):
        subprocess.run(["umount", "-l", self._folder], check=True)
