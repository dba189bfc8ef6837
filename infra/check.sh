#!/usr/bin/env bash
# Writes the templates without building what they deploy, and holds them against cdk-nag and, where it is there, cfn-lint. Settings are
# given as NAME=VALUE. Asks AWS nothing and needs no account.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$(infra/nag/setup.sh)
out=build/cdk.out
rm -rf "$out"
go build -o build/infra ./infra
# What the CDK says of code that is not built, of subnets that are named and not looked up, and of itself.
noise='objectVersion is not defined|codeFromBucketObject|No routeTableId|noSubnetRouteTableId|^\[ack|waitid: no child processes|jsii-runtime\.|^!!|^$'
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1 JSII_DEPRECATED=quiet
# The application alone: the CDK's command line would add seconds, and ask nothing more of it.
CDK_OUTDIR="$out" CDK_CONTEXT_JSON=$(node -e '
	const context = require("./cdk.json").context;
	for (const [name, value] of process.argv.slice(1).map((s) => [s.split("=", 1)[0], s.slice(s.indexOf("=") + 1)])) context["mirrorwatch:" + name] = value;
	console.log(JSON.stringify({ ...context, packages: "none" }));
' "account=${ACCOUNT:-111122223333}" "regions=${REGION:-eu-central-1}" "$@") build/infra 2>&1 | grep -vE "$noise" || true
[ -e "$out/manifest.json" ] || exit 1
NODE_PATH="$tools/node_modules" node infra/nag/check.cjs "$out" &
nag=$!
lint=0
if command -v cfn-lint >/dev/null; then
	# W3005: a DependsOn that a reference implies. The CDK writes them; they do no harm.
	cfn-lint --ignore-checks W3005 --regions "${REGION:-eu-central-1}" -- "$out"/*.template.json && echo "cfn-lint: no findings" || lint=$?
else
	echo "cfn-lint is not installed: its checks are left out"
fi
wait "$nag" && [ "$lint" -eq 0 ]
