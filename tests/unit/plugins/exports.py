"""A plugin exports one symbol and no other: exports.py NM MODULE...

Sanitizers add symbols of their own beside it (`__odr_asan...`); what begins with two underscores is
the compiler's."""

import subprocess
import sys

nm, modules = sys.argv[1], sys.argv[2:]
failed = 0
print(f"1..{len(modules)}")
for number, module in enumerate(modules, 1):
    listing = subprocess.run([nm, "-D", "--defined-only", module], check=True, capture_output=True, text=True)
    names = [line.split()[-1] for line in listing.stdout.splitlines()]
    ours = [name for name in names if not name.startswith("__")]
    good = ours == ["tocsin_sink_plugin"]
    failed += not good
    print(f"{'ok' if good else 'not ok'} {number} - {module} exports {' '.join(ours)}")
sys.exit(failed > 0)
