#!/usr/bin/env bash
# Unpacks Debian packages, with the libraries of theirs that this machine lacks, into FOLDER/PACKAGE.
# Nothing is installed and no service is started: rsyslog and syslog-ng exclude each other in apt,
# and a machine that has one of them, or a mail server, must keep it as it is. Needs no root.
#
#     tests/peers/fetch.sh FOLDER PACKAGE...
set -euo pipefail

folder=$1
shift
mkdir -p "$folder"
for package; do
    root=$folder/$package
    [ -e "$root/.complete" ] && continue
    rm -rf "$root"
    mkdir -p "$root/debs"
    # What apt would install beside it is what is missing here.
    mapfile -t packages < <(
        { echo "$package"
          apt-get -s -y --no-install-recommends install "$package" | awk '$1 == "Inst" {print $2}'
        } | sort -u)
    (cd "$root/debs" && apt-get -qq -o APT::Sandbox::User=root download "${packages[@]}")
    for deb in "$root"/debs/*.deb; do
        dpkg-deb -x "$deb" "$root"
    done
    rm -r "$root/debs"
    touch "$root/.complete"
done
