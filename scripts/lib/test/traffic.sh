# real requests through a real nginx that the agent's driver runs
# shellcheck shell=bash

install_nginx
export SWITCHTOWER_NGINX=$NGINX
# The large document that e2e takes to nginx, against the CRDs of Gateway API and Envoy Gateway, where those are at hand.
install_document
SWITCHTOWER_DOCUMENT=$DOCUMENT cargo test --package switchtower-render --lib a_large_document
cargo test --package switchtower-render --lib nginx_accepts -- --ignored
cargo test --package switchtower-agent --test traffic --no-fail-fast
