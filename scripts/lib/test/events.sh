# functions' events against the emulator's DynamoDB
# shellcheck shell=bash

install_tools emulator "${EMULATOR_TOOLS[@]}"
"$TOOLS/emulator/bin/python" scripts/lib/test/with_emulator.py cargo test --workspace --test events --no-fail-fast
