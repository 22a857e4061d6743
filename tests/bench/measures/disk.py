"""What the disk takes to confirm a page: what no durable program can be faster than."""

import os
import time
from pathlib import Path

from measures import median, share

SYNCS = 200


def fdatasync_ms(folder, count=SYNCS, apart_s=0.0):
    """Of one after a page was appended, (median, p99); apart_s: the pace of the load beside which the
    figure is to stand, since a disk at rest answers more slowly than a busy one."""
    took = []
    with open(Path(folder) / "syncs", "wb", buffering=0) as file:
        for _ in range(count):
            file.write(bytes(4096))
            began = time.monotonic()
            os.fdatasync(file.fileno())
            took.append((time.monotonic() - began) * 1e3)
            time.sleep(apart_s)
    return median(took), share(took, 0.99)
