# the deployed stack with real agents, and everything that can go wrong between them
# shellcheck shell=bash

. scripts/lib/test/stack.sh
use_stack
build_agent
# Most of the time is spent waiting, so that more tests than processors run at the same time.
SWITCHTOWER_AGENT=$AGENT cargo test --workspace --test e2e --no-fail-fast -- --test-threads=8
