#!/usr/bin/env bash
# Proves the README on a machine that has nothing: a minimal Debian 12 root, this commit's files
# copied in, and README's two commands typed as they are printed there (the demo with --once, or it
# would go on serving). Needs root, debootstrap and the network; leaves nothing behind.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."

# Mounts belong to a namespace of their own, which goes with its last process.
if [ -z "${FRESH_MACHINE_INSIDE-}" ]; then
    FRESH_MACHINE_INSIDE=1 exec unshare --mount --pid --fork --kill-child --propagation private \
        "$(readlink -f "$0")" "$@"
fi

mapfile -t commands < <(sed -n 's/^\(\.\/run [a-z-]*\).*/\1/p' README.md | head -n 2)
[ "${commands[*]}" = './run demo ./run test' ] || {
    echo "fresh-machine: README's two commands are not where they were: ${commands[*]}" >&2
    exit 1
}

root=$(mktemp -d "${TMPDIR:-/tmp}/tocsin-fresh.XXXXXX")
cleanup() {
    umount -l "$root/proc" "$root/dev" 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap cleanup EXIT

tests/fresh/base.sh build-ci/bookworm.tar
tar -C "$root" -xf build-ci/bookworm.tar
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" && mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mkdir "$root/dev/shm" && mount -t tmpfs tmpfs "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"

mkdir "$root/root/tocsin"
git archive HEAD | tar -x -C "$root/root/tocsin"

type_command() {
    echo "fresh-machine: $1"
    env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb \
        chroot "$root" /bin/bash -c "cd /root/tocsin && $1" </dev/null
}
type_command "${commands[0]} --once"
type_command "${commands[1]}"
