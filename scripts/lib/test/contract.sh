# the deployed API against its OpenAPI document, with schemathesis
# shellcheck shell=bash

. scripts/lib/test/stack.sh
install_tools contract "${CONTRACT_TOOLS[@]}"
use_stack
check "schemathesis finds nothing that the document does not say" "$TOOLS/contract/bin/python" scripts/lib/contract
