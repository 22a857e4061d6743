#!/usr/bin/env bash
# A minimal Debian 12 root as an archive, made once for all tests that begin with one. Needs root,
# debootstrap and the network.
set -euo pipefail

[ $# -eq 1 ] || {
    echo "usage: tests/fresh/base.sh ARCHIVE.tar" >&2
    exit 2
}
archive=$(realpath -m "$1")
mkdir -p "$(dirname "$archive")"

# Those that run at the same time wait for the one that makes it.
exec 9>"$archive.lock"
flock 9
[ ! -e "$archive" ] || exit 0

root=$(mktemp -d "${TMPDIR:-/tmp}/tocsin-base.XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT
chmod 755 "$root"
debootstrap --variant=minbase bookworm "$root"
tar -C "$root" --one-file-system --numeric-owner -cf "$archive.part" .
mv "$archive.part" "$archive"
