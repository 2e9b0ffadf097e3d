#!/bin/bash
# Starts PostgreSQL as the published image's entry point does, as far as careen uses it: the
# variables POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB (and *_FILE), POSTGRES_HOST_AUTH_METHOD
# and PGDATA; a cluster is set up on the first start; never as root. Not here: initdb.d scripts.
set -euo pipefail

fail() {
    echo "$1" >&2
    exit 1
}

# value NAME DEFAULT: the variable NAME, or what the file says that NAME_FILE names.
value() {
    local file="$1_FILE"
    if [ -n "${!1:-}" ] && [ -n "${!file:-}" ]; then
        fail "error: both $1 and $file are set (but are exclusive)"
    fi
    if [ -n "${!file:-}" ]; then
        # A command substitution takes the line end off; a file that is missing ends the start.
        cat "${!file}" || fail "error: $file cannot be read"
    else
        printf '%s' "${!1:-$2}"
    fi
}

# Makes the cluster in the folder $1.
set_up() {
    local user password database method
    user=$(value POSTGRES_USER postgres)
    password=$(value POSTGRES_PASSWORD "")
    database=$(value POSTGRES_DB "$user")
    method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    if [ -z "$password" ] && [ "$method" != trust ]; then
        fail "error: the database is not initialized and no superuser password is specified
  set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE to a non-empty value"
    fi
    printf '%s\n' "${password:-unused}" > "$1.password"
    initdb --pgdata="$1" --username="$user" --pwfile="$1.password" --encoding=UTF8
    rm "$1.password"
    printf "\nlisten_addresses = '*'\n" >> "$1/postgresql.conf"
    printf '\nhost all all all %s\n' "$method" >> "$1/pg_hba.conf"
    if [ "$database" != postgres ]; then
        printf 'CREATE DATABASE "%s"\n' "${database//\"/\"\"}" |
            postgres --single -j -D "$1" postgres
    fi
    touch "$1/careen-complete"
}

# The cluster is made aside and moved to its place, the file that says that it is there last: a
# first start that is killed at any moment is done again, or to its end, by the next one.
first_start() {
    local new="$PGDATA/careen-set-up"
    if [ ! -e "$new/careen-complete" ]; then
        rm -rf "$new" "$new.password"
        set_up "$new"
    fi
    find "$new" -mindepth 1 -maxdepth 1 \! -name PG_VERSION \! -name careen-complete \
        -exec mv --target-directory="$PGDATA" '{}' +
    mv "$new/PG_VERSION" "$PGDATA/"
    rm -r "$new"
}

if [ "${1:0:1}" = - ]; then
    set -- postgres "$@"
fi
if [ "$1" = postgres ]; then
    mkdir -p "$PGDATA"
    if [ "$(id -u)" = 0 ]; then
        find "$PGDATA" \! -user postgres -exec chown postgres '{}' +
        exec setpriv --reuid=postgres --regid=postgres --init-groups "$BASH_SOURCE" "$@"
    fi
    chmod 700 "$PGDATA" || true
    if [ ! -s "$PGDATA/PG_VERSION" ]; then
        first_start
    fi
fi
exec "$@"
