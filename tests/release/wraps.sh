#!/usr/bin/env bash
# Builds tocsin with its own jansson and libyaml (subprojects/*.wrap) where nobody answers on the
# network, from archives that lie in subprojects/packagecache: those of Debian's source packages, which
# are the very files that the wraps name. They are found by a list of packages of this script's own;
# the machine's stays as it is.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.."
export PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH LC_ALL=C.UTF-8

folder=$(mktemp -d "${TMPDIR:-/tmp}/tocsin-wraps.XXXXXX")
trap 'rm -rf --one-file-system "$folder"' EXIT
mkdir -p "$folder"/{tree,lists/partial,cache/archives/partial,sources}

fetch_sources() {
    # The sources of where its packages come from.
    # shellcheck disable=SC2016 # apt's own names
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        sort -u | sed 's/^/deb-src /' >"$folder/sources.list"
    local apt=(apt-get -q -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::State::lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root)
    "${apt[@]}" update
    (cd "$folder/sources" && "${apt[@]}" --download-only source jansson libyaml)
}

# The file of the source package that has the sum which the wrap names, by the name that it gives it.
lay_in_cache() { # WRAP
    local wrap=subprojects/$1.wrap sum name file
    sum=$(sed -n 's/^source_hash = //p' "$wrap")
    name=$(sed -n 's/^source_filename = //p' "$wrap")
    for file in "$folder"/sources/*.orig.tar.*; do
        [ "$(sha256sum "$file" | cut -d' ' -f1)" = "$sum" ] || continue
        cp "$file" "$folder/tree/subprojects/packagecache/$name"
        echo "wraps: $name is Debian's ${file##*/}"
        return
    done
    echo "wraps: no source package has the archive of $wrap" >&2
    return 1
}

git ls-files -z | xargs -0 cp --parents -t "$folder/tree"
mkdir -p "$folder/tree/subprojects/packagecache"
fetch_sources
lay_in_cache jansson
lay_in_cache libyaml

cd "$folder/tree"
offline() { if [ "$(id -u)" -eq 0 ]; then unshare --net "$@"; else "$@"; fi; }
offline /usr/bin/meson setup build --force-fallback-for=jansson,yaml-0.1 -Dtests=false
offline ninja -C build
for library in jansson yaml; do
    if ldd build/tocsin build/plugins/*/*.so | grep "lib$library"; then
        echo "wraps: lib$library is the machine's after all" >&2
        exit 1
    fi
done
build/tocsin --version
build/tocsin init "$folder/conf"
printf '%s' '{"type": "alert", "action": "created", "attributes": {"uuid": "a", "title": "x"}}' >"$folder/event.json"
for plugin in build/plugins/*/*.so; do
    exported=$(nm -D --defined-only "$plugin" | wc -l)
    [ "$exported" -eq 1 ] || { echo "wraps: $plugin shows $exported names" >&2; exit 1; }
done
build/tocsin plugin render build/plugins/webhook/webhook.so -o url=https://example.org/in \
    "$folder/event.json" | grep '"title"'
