#!/usr/bin/env bash
# Compiles the daemon and the plugins with musl's headers, as Alpine has them: what only glibc knows is
# an error. The libraries' headers are the machine's, behind musl's own; nothing is linked.
# musl.sh BUILD: a folder that was built.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH LC_ALL=C.UTF-8

build=$(readlink -f "${1:-build}")
folder=$(mktemp -d "${TMPDIR:-/tmp}/tocsin-musl.XXXXXX")
trap 'rm -rf --one-file-system "$folder"' EXIT

command -v musl-gcc >/dev/null || { echo "musl: musl-gcc is missing: install musl-tools" >&2; exit 1; }
# What meson asked glibc.
sed 's/#define \(HAVE_SIGDESCR_NP\|HAVE_MALLINFO2\) 1/#define \1 0/' "$build/build_config.h" \
    >"$folder/build_config.h"

arch=$(dirname "$(find /usr/include -path '*/sys/cdefs.h' -print -quit)")
glib=$(dirname "$(find /usr/lib -name glibconfig.h -print -quit)")
export build folder glib arch=${arch%/sys}
compile() {
    musl-gcc -fsyntax-only -Werror=implicit-function-declaration -std=gnu11 -D_GNU_SOURCE \
        -I"$folder" -Icore -I"$build/core" -I"$build" -I"$build/core/message" -Iplugins -Iinclude \
        -idirafter /usr/include -idirafter "$arch" -idirafter /usr/include/glib-2.0 \
        -idirafter "$glib" "$1"
}
export -f compile
# crash.c is for tests that kill the daemon.
# shellcheck disable=SC2016 # the inner shell's $0
find core plugins -name '*.c' ! -path core/base/crash.c -print0 |
    xargs -0 -P "$(nproc)" -n 1 bash -c 'compile "$0"'
echo "musl: $(find core plugins -name '*.c' | wc -l) files compile"
