# everything that needs nothing but cargo: units, properties, documents, architecture
# shellcheck shell=bash

cargo test --workspace --no-fail-fast
