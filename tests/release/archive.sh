#!/usr/bin/env bash
# The release archive: it passes its own tests far from any repository, with the parts left out that
# may be; and whoever builds it gets the same files, wherever, whenever, and in whatever language.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH LC_ALL=C.UTF-8

folder=$(mktemp -d "${TMPDIR:-/tmp}/tocsin-archive.XXXXXX")
trap 'rm -rf --one-file-system "$folder"' EXIT

/usr/bin/meson setup "$folder/dist"
/usr/bin/meson dist -C "$folder/dist" --no-tests --formats gztar
archive=("$folder"/dist/meson-dist/tocsin-*.tar.gz)
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" meson.build | head -n 1)
[ "${archive[0]##*/}" = "tocsin-$version.tar.gz" ] || { echo "archive: ${archive[0]} is not $version's" >&2; exit 1; }

[ "$(sed -n '1s/tocsin (\(.*\)) .*/\1/p' debian/changelog)" = "$version" ] ||
    { echo "archive: debian/changelog has another version than $version" >&2; exit 1; }
grep -q "^## $version\$" CHANGELOG.md || { echo "archive: CHANGELOG.md says nothing of $version" >&2; exit 1; }

unpack() { mkdir -p "$1" && tar -xz --strip-components=1 -f "${archive[0]}" -C "$1"; }

configure() { # FOLDER OPTIONS...
    local where=$1
    shift
    (cd "$where" && /usr/bin/meson setup build --prefix /usr --buildtype release -Dwerror=true \
        -Dpcre2=disabled -Dzones=disabled -Dmimalloc=disabled -Dsystemd=disabled "$@")
}

# What is installed: modes and sums.
list_files() { # FOLDER
    DESTDIR=$1/installed /usr/bin/meson install -C "$1/build" --no-rebuild --quiet
    (cd "$1/installed" && find . -type f -printf '%m %p\n' | sort -k 2 | while read -r mode file; do
        printf '%s %s %s\n' "$mode" "$(sha256sum <"$file" | cut -d' ' -f1)" "$file"
    done)
}

unpack "$folder/here"
configure "$folder/here"
ninja -C "$folder/here/build"
/usr/bin/meson test -C "$folder/here/build" --no-rebuild --print-errorlogs --suite unit
"$folder/here/build/tocsin" --version | grep -F "$version"

(
    umask 077
    export TZ=Asia/Tokyo LC_ALL=C HOME=$folder USER=somebody SOURCE_DATE_EPOCH=86400
    unpack "$folder/quite/somewhere else"
    configure "$folder/quite/somewhere else" -Dtests=false
    ninja -C "$folder/quite/somewhere else/build"
)
list_files "$folder/here" >"$folder/here.list"
list_files "$folder/quite/somewhere else" >"$folder/there.list"
[ "$(wc -l <"$folder/here.list")" -gt 20 ]
diff "$folder/here.list" "$folder/there.list"
echo "archive: two builds, $(wc -l <"$folder/here.list") files, $(sha256sum <"$folder/here.list" | cut -d' ' -f1)"
