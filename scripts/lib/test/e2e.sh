# the deployed stack with real agents, and everything that can go wrong between them
# shellcheck shell=bash

. scripts/lib/test/stack.sh
use_stack
build_agent
install_nginx
install_document
# Most of the time is spent waiting, so that more tests than processors run at the same time.
SWITCHTOWER_AGENT=$AGENT SWITCHTOWER_NGINX=$NGINX SWITCHTOWER_DOCUMENT=$DOCUMENT cargo test --workspace --test e2e --no-fail-fast -- --test-threads=8
