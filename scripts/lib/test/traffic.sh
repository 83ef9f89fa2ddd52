# real requests through a real nginx that the agent's driver runs
# shellcheck shell=bash

install_nginx
export SWITCHTOWER_NGINX=$NGINX
cargo test --package switchtower-render --lib nginx_accepts -- --ignored
cargo test --package switchtower-agent --test traffic --no-fail-fast
