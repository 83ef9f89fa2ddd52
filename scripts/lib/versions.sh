# The tools that the scripts install into the checkout, from PyPI unless it says otherwise. The emulator and SAM pin different versions of
# botocore, so each has an environment of its own.
# shellcheck shell=bash disable=SC2034

EMULATOR_TOOLS=(ministack==1.5.33 aws-sam-translator==1.115.0 boto3==1.43.106 cryptography==50.0.2 websockets==17.4)
SAM_TOOLS=(aws-sam-cli==1.170.0 cfn-lint==1.58.0)
BUILD_TOOLS=(cargo-lambda==1.9.2)
CROSS_TOOLS=(ziglang==0.17.0)
CONTRACT_TOOLS=(schemathesis==4.32.5 cryptography==50.0.2)

# nginx comes from the distribution's packages: the version that its hosts run. Only 1.22 and later is known to work.
NGINX_PACKAGES=(nginx nginx-core libpcre2-8-0 libssl3 libssl3t64 zlib1g libcrypt1)

# The document that e2e imports: npm's @octokit/openapi of this version.
LARGE_DOCUMENT=github-openapi-23.0.2
