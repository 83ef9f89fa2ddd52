# The deployed stack that some parts test. To be sourced by them.
# shellcheck shell=bash

# Runs scripts/up: a stack that is up gets what was built now, and is left up. One that was not is ended by scripts/test.
use_stack() {
    install_tools emulator "${EMULATOR_TOOLS[@]}"
    if "$TOOLS/emulator/bin/python" scripts/lib/local running; then
        say "This checkout's stack is up already: it is used, and left up."
    else
        touch "$RESULTS/stack-started"
    fi
    scripts/up
    # shellcheck source=/dev/null
    . .switchtower/env
}
