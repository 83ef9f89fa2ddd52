# the templates: sam validate --lint and cfn-lint
# shellcheck shell=bash

install_tools sam "${SAM_TOOLS[@]}"
export AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0

check "sam validate --lint" "$TOOLS/sam/bin/sam" validate --lint --template-file infra/template.yaml
check "cfn-lint" "$TOOLS/sam/bin/cfn-lint" infra/*.yaml infra/functions/*.yaml
