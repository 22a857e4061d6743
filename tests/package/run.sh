#!/usr/bin/env bash
# The Debian package from its building to its purge: built of this commit's files, looked at by
# lintian and systemd-analyze, and lived through in a Debian 12 that systemd has booted
# (test_life.py). Needs root, apt and the network, debootstrap, lintian, systemd-nspawn, and a build/
# with the tests' plugins. What it makes lies in build-ci/package/.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH

work=$PWD/build-ci/package
root=$work/root

say() { printf '%s\n' "package: $*"; }

in_root() { # COMMAND...: before it is booted, with this machine's network
    # shellcheck disable=SC2016 # the inner shell's
    unshare --mount --pid --fork --kill-child bash -c '
        root=$1; shift
        mount -t proc proc "$root/proc"
        DEBIAN_FRONTEND=noninteractive exec chroot "$root" "$@"' - "$root" "$@"
}

build_packages() {
    mkdir -p "$work/source"
    git archive HEAD | tar -x -C "$work/source"
    (
        cd "$work/source"
        DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" # the tests have a stage of their own
        export DEB_BUILD_OPTIONS
        dpkg-checkbuilddeps -P nocheck 2>/dev/null || {
            apt-get -q update
            DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
                -o DPkg::Lock::Timeout=300 build-dep -P nocheck .
        }
        dpkg-buildpackage -b -us -uc -Pnocheck
    )
}

# The same again, by the number of one that comes after it.
make_next_version() {
    local next=$work/next
    dpkg-deb -R "$work"/tocsin_[0-9]*.deb "$next"
    sed -i 's/^\(Version: .*\)$/\1+next/' "$next/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$next" "$work/next.deb"
}

check_packages() {
    local unit=$work/source/debian/tocsin/lib/systemd/system/tocsin.service
    lintian --allow-root --fail-on error "$work"/*.changes
    systemd-analyze security --offline=yes --threshold=15 --no-pager "$unit"
}

check_version() {
    local packaged built
    packaged=$(dpkg-deb -f "$work"/tocsin_[0-9]*.deb Version)
    built=$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build)
    [ "$packaged" = "$built" ] || {
        say "debian/changelog says $packaged, meson.build $built"
        return 1
    }
}

make_root() {
    mkdir "$root"
    tests/fresh/base.sh build-ci/bookworm.tar
    tar -C "$root" -xf build-ci/bookworm.tar
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    in_root apt-get -q update
    # What the package needs and wants; it comes itself later, where systemd runs and no network is.
    # shellcheck disable=SC2016,SC2046 # dpkg's fields; one word a package
    in_root apt-get -q -y --no-install-recommends install systemd systemd-sysv dbus sqlite3 \
        $(dpkg-deb -W --showformat '${Depends}, ${Recommends}' "$work"/tocsin_[0-9]*.deb |
            sed 's/([^)]*)//g; s/,//g')
    echo 'APT::Get::Assume-Yes "true";' >"$root/etc/apt/apt.conf.d/assume-yes"
    mkdir "$root/root/next"
    cp "$work"/tocsin_[0-9]*.deb "$root/root"
    cp "$work/next.deb" "$root/root/next/tocsin_next.deb"
}

rm -rf --one-file-system "$work"
mkdir -p "$work"
build_packages
check_version
check_packages
make_next_version
make_root
say "living through it"
TOCSIN_ROOT=$root PYTHONDONTWRITEBYTECODE=1 \
    /usr/bin/python3 -m pytest -x -q -rfEs -p no:cacheprovider tests/package
