# What the scripts share. To be sourced from the root of the checkout.
# shellcheck shell=bash

. scripts/lib/versions.sh

STATE="$PWD/.switchtower"
TOOLS="$STATE/tools"
LOGS="$STATE/logs"
mkdir -p "$TOOLS" "$LOGS"
chmod 700 "$STATE"

say() { printf '%s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# Runs a command with its output in a log file. Says what it does, how long it took, and on failure the end of the log.
step() {
    local title=$1 log start=$SECONDS status=0
    log="$LOGS/${title//[^a-zA-Z0-9]/-}.log"
    shift
    say "• $title ..."
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status != 0)); then
        tail -n 40 "$log" >&2
        printf 'error: "%s" failed after %d s. All of its output is in %s\n' "$title" $((SECONDS - start)) "$log" >&2
        return "$status"
    fi
    say "  done in $((SECONDS - start)) s"
}

# Names everything that is missing at once, with how to get it.
require_tools() {
    local missing=()
    command -v cargo >/dev/null || missing+=("cargo: install Rust from https://rustup.rs")
    command -v cc >/dev/null || missing+=("cc: install a C compiler (Debian: apt-get install build-essential; macOS: xcode-select --install)")
    if ! command -v python3 >/dev/null; then
        missing+=("python3: install Python 3.10 or newer (Debian: apt-get install python3 python3-venv)")
    elif ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
        missing+=("python3: version 3.10 or newer is needed, this is $(python3 -V 2>&1)")
    elif ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
        missing+=("python3-venv: Python has no venv module (Debian: apt-get install python3-venv)")
    fi
    ((${#missing[@]} == 0)) && return
    say "Some tools are missing:" >&2
    printf '  %s\n' "${missing[@]}" >&2
    exit 1
}

# install_tools <environment> <requirement>...: makes the environment hold exactly these, once.
install_tools() {
    local name=$1 stamp="$TOOLS/$1.installed"
    shift
    [[ -f $stamp && $(<"$stamp") == "$*" ]] && return
    step "Installing $name tools" make_environment "$name" "$@"
    printf '%s' "$*" >"$stamp"
}

make_environment() {
    local name=$1
    shift
    rm -rf "${TOOLS:?}/$name"
    python3 -m venv "$TOOLS/$name"
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$TOOLS/$name/bin/pip" install --no-input "$@"
}

# cargo-lambda's package asks for zig, which only a cross build needs and which is large.
install_build_tools() { install_tools build --no-deps "${BUILD_TOOLS[@]}"; }

install_cross_tools() {
    install_tools cross "${CROSS_TOOLS[@]}"
    PATH="$("$TOOLS/cross/bin/python" -c 'import os, ziglang; print(os.path.dirname(ziglang.__file__))'):$PATH"
}

# What is released ends when it panics (panic = "abort" in Cargo.toml), so the tables for unwinding, a tenth of each binary, would
# be read by nobody. Everything that is released is built for a named target with these flags, so that it shares dependencies.
released() { RUSTFLAGS="${RUSTFLAGS:-} -C force-unwind-tables=no" "$@"; }

# build_functions <cargo lambda option>...: leaves target/lambda/<function>/bootstrap in the checkout, wherever cargo's own
# target directory is. How they are optimized stands in Cargo.toml alone.
build_functions() {
    local manifest built packages=() start=$SECONDS
    say "• Building the functions (some minutes the first time) ..."
    for manifest in functions/*/Cargo.toml; do
        packages+=(--package "$(sed -n 's/^name = "\(.*\)"/\1/p' "$manifest" | head -n 1)")
    done
    PATH="$TOOLS/build/bin:$PATH" released cargo lambda build --release --disable-optimizations --lambda-dir target/lambda \
        "${packages[@]}" "$@" </dev/null
    # It takes along every program of the workspace that was ever built for the same target: the agent, and the bench.
    for built in target/lambda/*; do
        functions_of_templates | grep -qxF "${built##*/}" || rm -rf "$built"
    done
    say "  done in $((SECONDS - start)) s"
}

# Leaves the agent's binary, and its path in AGENT. For the host by name, as the functions are built, so that what both
# depend on is compiled once.
build_agent() {
    local host
    host=$(rustc -vV | sed -n 's/^host: //p')
    step "Building the agent" released cargo build --release --package switchtower-agent --target "$host"
    AGENT=$(cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')/$host/release/switchtower-agent
}

functions_of_templates() { sed -n 's|^ *CodeUri: .*target/lambda/||p' infra/functions/*.yaml; }

# Every function of the templates must have been built: SAM would say so only in the middle of a deployment.
require_functions() {
    local function missing=()
    while read -r function; do
        [[ -x target/lambda/$function/bootstrap ]] || missing+=("$function")
    done < <(functions_of_templates)
    ((${#missing[@]} == 0)) || die "no binary was built for: ${missing[*]}"
}

# Leaves an nginx, and its path in NGINX: the one that is installed, or else one that is unpacked into the checkout, for which
# nobody has to be root.
install_nginx() {
    local own="$TOOLS/nginx/nginx"
    NGINX=$(PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v nginx) || NGINX=$own
    [[ -x $NGINX ]] || step "Installing nginx" unpack_nginx
    "$NGINX" -v 2>/dev/null || die "\`$NGINX\` does not run; install nginx (Debian: apt-get install nginx)"
}

unpack_nginx() (
    local folder="$TOOLS/nginx" package
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || die "no nginx is installed, and there is no apt-get to get one with"
    rm -rf "$folder"
    mkdir -p "$folder/packages"
    cd "$folder/packages"
    apt-cache show nginx >/dev/null 2>&1 || apt-get update
    # Which of them there are depends on the distribution; what is missing shows when nginx is started.
    for package in "${NGINX_PACKAGES[@]}"; do
        apt-get download "$package" || say "no package $package"
    done
    for package in *.deb; do
        dpkg -x "$package" "$folder/root"
    done
    cat >"$folder/nginx" <<'SH'
#!/bin/sh
# Prefers the system's own libraries, which get its updates.
root=$(dirname "$(readlink -f "$0")")/root
if "$root/usr/sbin/nginx" -v >/dev/null 2>&1; then exec "$root/usr/sbin/nginx" "$@"; fi
LD_LIBRARY_PATH=$(find "$root" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:) exec "$root/usr/sbin/nginx" "$@"
SH
    chmod +x "$folder/nginx"
)

# A large OpenAPI document of the real world, compressed: GitHub's description of its API, from npm.
install_document() {
    DOCUMENT="$TOOLS/$LARGE_DOCUMENT.json.gz"
    [[ -s $DOCUMENT ]] && return
    command -v npm >/dev/null || die "npm is missing: it fetches the OpenAPI document of this test (Debian: apt-get install npm)"
    step "Fetching a large OpenAPI document" unpack_document
}

unpack_document() (
    folder=$(mktemp -d "$TOOLS/document.XXXXXX")
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    npm pack --silent "@octokit/openapi@${LARGE_DOCUMENT##*-}" >/dev/null
    tar -xzf ./*.tgz package/generated/api.github.com.json
    gzip -c package/generated/api.github.com.json >document.gz
    mv document.gz "$DOCUMENT"
)

# Leaves the folder of PostgreSQL's programs in POSTGRES_BIN: the machine's own, or those of Debian's package, which are unpacked
# into the checkout with what they need.
install_postgres() {
    POSTGRES_BIN=$(newest_postgres /usr/lib/postgresql)
    if [[ -z $POSTGRES_BIN ]]; then
        [[ -f $TOOLS/postgres.installed ]] || step "Installing PostgreSQL" unpack_postgres
        POSTGRES_BIN=$(newest_postgres "$TOOLS/postgres/usr/lib/postgresql")
        LD_LIBRARY_PATH=$(find "$TOOLS/postgres" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd:)
        export LD_LIBRARY_PATH
    fi
    "$POSTGRES_BIN/initdb" --version >/dev/null || die "\`$POSTGRES_BIN/initdb\` does not run; install PostgreSQL (Debian: apt-get install postgresql)"
}

newest_postgres() { find "$1" -path '*/bin/initdb' -printf '%h\n' 2>/dev/null | sort -V | tail -n 1 || true; }

unpack_postgres() (
    set -e
    folder="$TOOLS/postgres"
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || die "no PostgreSQL is installed, and there is no apt-get to get one with"
    rm -rf "$folder"
    mkdir -p "$folder/packages"
    cd "$folder/packages"
    apt-cache show postgresql >/dev/null 2>&1 || apt-get update
    # What apt would install, told without installing it.
    apt-get --simulate --no-install-recommends install postgresql | sed -n 's/^Inst \([^ ]*\).*/\1/p' | xargs apt-get download
    for package in *.deb; do
        dpkg -x "$package" "$folder"
    done
    touch "$TOOLS/postgres.installed"
)
