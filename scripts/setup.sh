# Sourced by scripts/demo and scripts/test: brings a bare Debian or Ubuntu machine to where gridmap runs.
# Each step is skipped when its work is done, so that a second start takes seconds.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
python=$root/.venv/bin/python

say() { printf '· %s\n' "$*"; }
stop() { printf 'gridmap: %s\n' "$*" >&2; exit 1; }

# install_packages WHY PACKAGE… — from the system's packages; without root it says exactly what to install.
install_packages() {
    local why=$1; shift
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || stop "$why. Install it, then start again: sudo apt-get install $*"
        as_root=(sudo -n)
    fi
    command -v apt-get >/dev/null || stop "$why. Install the equivalent of these Debian packages: $*"
    say "installing $*"
    "${as_root[@]}" apt-get update -qq || true
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
        >/dev/null || stop "installing $* failed; see the lines above"
}

need_python() {
    local found
    for found in python3 python3.14 python3.13 python3.12 python3.11; do
        "$found" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break
        found=
    done
    [ -n "$found" ] || stop "Python 3.11 or newer is needed: sudo apt-get install python3 python3-venv"
    if [ ! -x "$python" ]; then
        "$found" -c 'import ensurepip' 2>/dev/null || install_packages "Python's venv module is missing" python3-venv
        say "making .venv"
        "$found" -m venv .venv
    fi
}

# need_packages LOCKFILE — exactly what the lock file says, checked by hash, then gridmap itself.
need_packages() {
    local stamp=.venv/installed-$1 sum
    sum=$(cat "$1" pyproject.toml | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] && return
    say "installing the packages of $1"
    "$python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
    "$python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    printf '%s' "$sum" > "$stamp"
}

need_postgis() {
    local control
    for control in /usr/share/postgresql/*/extension/postgis.control; do
        [ -e "$control" ] && [ -x "/usr/lib/postgresql/$(basename "$(dirname "$(dirname "$control")")")/bin/initdb" ] && return
    done
    command -v initdb >/dev/null && [ -e "$(pg_config --sharedir 2>/dev/null)/extension/postgis.control" ] && return
    install_packages "PostgreSQL with PostGIS is missing" postgresql postgresql-postgis
}

need_assets() {
    command -v npm >/dev/null || install_packages "npm is missing (it fetches the map library once)" npm
    "$python" scripts/assets "$@"
}

need_translations() { scripts/translations compile; }
