#!/bin/sh
# Collects a program of Debian packages, the libraries that it loads and further files, each at its
# own path, with the entry of every package that a file comes from, where scanners look for it.
#
#   collect-program.sh RUNTIME FOLDER PACKAGE PROGRAM [FILE ...]
#
# RUNTIME is where the image that the files are for is mounted: what it has is not collected.
# The packages are downloaded and verified by apt, and unpacked side by side: nothing is installed,
# so no script of theirs is run and nothing is set up that is thrown away afterwards.
set -eu

runtime=$1
folder=$2
package=$3
program=$4
shift 4
unpacked=$(mktemp -d)
archives=/var/cache/apt/archives

apt-get update --quiet --quiet
# With an empty archive folder apt names every file of the closure, cached or not.
apt-get --quiet --quiet --option Dir::Cache::archives="$unpacked" \
    install --no-install-recommends --print-uris "$package" | awk '{print $2}' > "$unpacked/files"
apt-get --quiet --quiet install --yes --download-only --no-install-recommends "$package"
while read -r file; do printf '%s\0%s\0' "$archives/$file" "$unpacked/${file%%_*}"; done \
    < "$unpacked/files" | xargs -0 -n 2 -P 4 dpkg-deb --extract

libraries=$(find "$unpacked" -type d -path '*/usr/lib/*-linux-gnu' -prune | tr '\n' ':')

# Takes one file, of the unpacked packages or of this image itself, and what it leads to if it is a
# link, unless the runtime has it.
take() {
    case $1 in
        "$unpacked"/*) inside=${1#"$unpacked"/} from=${inside%%/*} path=/${inside#*/} ;;
        # /lib is a link to /usr/lib: a folder in its place would replace the runtime's.
        *) from='' path=$(realpath "$(dirname "$1")")/$(basename "$1") ;;
    esac
    if [ -e "$runtime$path" ] || [ -e "$folder$path" ]; then return 0; fi
    mkdir -p "$folder$(dirname "$path")" "$folder/var/lib/dpkg/status.d"
    cp -dp "$1" "$folder$path"
    note_package "$from" "$path"
    if [ -L "$1" ]; then take "$(dirname "$1")/$(readlink "$1")"; fi
}

# The package's entry, the sums of those of its files that were taken, and its copyright file: who
# passes a program on has to pass that on too.
note_package() {
    if [ -n "$1" ]; then
        owner=$1 root=$unpacked/$1
        archive=$archives/$(grep "^$1_" "$unpacked/files")
        dpkg-deb --field "$archive" > "$folder/var/lib/dpkg/status.d/$1"
        dpkg-deb --info "$archive" md5sums > "$unpacked/sums" || true
    else
        owner=$(dpkg-query --search "$2" | sed -n '1s/[:,].*//p') root=
        dpkg-query --status "$owner" > "$folder/var/lib/dpkg/status.d/$owner"
        cat "/var/lib/dpkg/info/$owner".md5sums "/var/lib/dpkg/info/$owner":*.md5sums \
            > "$unpacked/sums" 2>/dev/null || true
    fi
    # A link has no sum.
    grep "  ${2#/}\$" "$unpacked/sums" >> "$folder/var/lib/dpkg/status.d/$owner.md5sums" || true
    # Its folder can be a link to that of another package, unpacked or in this image.
    documents=/usr/share/doc/$(readlink "$root/usr/share/doc/$owner" || echo "$owner")
    copyright=$(find "$root$documents" "$unpacked"/*"$documents" "$documents" \
        -name copyright 2>/dev/null | head -n 1)
    [ -n "$copyright" ] || { echo "no copyright file of $owner" >&2; exit 1; }
    if [ ! -e "$runtime/usr/share/doc/$owner/copyright" ]; then
        mkdir -p "$folder/usr/share/doc/$owner"
        cp -L "$copyright" "$folder/usr/share/doc/$owner/copyright"
    fi
}

find_unpacked() {
    found=$(find "$unpacked" -path "$unpacked/*$1" | head -n 1)
    [ -n "$found" ] || { echo "no package of $package has $1" >&2; exit 1; }
    echo "$found"
}

start=$(find_unpacked "/usr/bin/$program")
take "$start"
LD_LIBRARY_PATH=$libraries ldd "$start" > "$unpacked/ldd"
if grep 'not found' "$unpacked/ldd" >&2; then exit 1; fi
sed -n 's|.* => \(/[^ ]*\) .*|\1|p' "$unpacked/ldd" | sort -u > "$unpacked/libraries"
while read -r library; do take "$library"; done < "$unpacked/libraries"
for file in "$@"; do take "$(find_unpacked "$file")"; done
rm -rf "$unpacked"
# The same files give the same layer, whenever the packages were unpacked.
find "$folder" -exec touch --no-dereference --date=@0 {} +
