# the import from v1's database against a real PostgreSQL server
# shellcheck shell=bash

if [[ -z ${SWITCHTOWER_POSTGRES_BIN:-} ]]; then
    install_postgres
    export SWITCHTOWER_POSTGRES_BIN=$POSTGRES_BIN
fi
cargo test --workspace --test postgres --no-fail-fast
