#!/usr/bin/env bash
# The Containerfile, built on a Debian 12 that debootstrap made, since no registry is asked; and the
# image, run as it says of itself, by a user without rights on a root file system that nobody can
# write (test_image.py). Needs root, apt and the network, buildah, debootstrap and systemd-nspawn.
# What it makes lies in build-ci/container/.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH

work=$PWD/build-ci/container
base=localhost/debian-base
image=localhost/tocsin

# Its storage is this folder's, and nothing of the machine's.
builder() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }
export BUILDAH_ISOLATION=chroot

forget() {
    builder umount --all >/dev/null 2>&1 || true
    rm -rf --one-file-system "$work"
}

make_base() {
    local container
    tests/fresh/base.sh build-ci/bookworm.tar
    container=$(builder from scratch)
    builder add --quiet "$container" build-ci/bookworm.tar /
    builder commit --quiet --rm "$container" "$base"
}

# Of this commit's files, as a clone has them.
build_image() {
    mkdir "$work/source"
    git archive HEAD | tar -x -C "$work/source"
    builder build --format docker --build-arg "BASE=$base" --tag "$image" "$work/source"
}

forget
mkdir -p "$work"
trap forget EXIT
make_base
build_image
container=$(builder from --pull-never "$image")
TOCSIN_ROOT=$(builder mount "$container")
builder inspect --type image "$image" >"$work/image.json"
export TOCSIN_ROOT TOCSIN_IMAGE=$work/image.json PYTHONDONTWRITEBYTECODE=1
/usr/bin/python3 -m pytest -x -q -rfEs -p no:cacheprovider tests/container
