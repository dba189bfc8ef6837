#!/usr/bin/env bash
# Runs the CDK's command line on this application: infra/cdk.sh deploy|diff|destroy|bootstrap [NAME=VALUE ...]. PROFILE and REGION say
# whose account and where, as the AWS CLI takes them; NAME=VALUE are settings, as cdk.json has them.
set -euo pipefail
cd "$(dirname "$0")/.."
verb=${1:?"one of deploy, diff, destroy, bootstrap"}
shift
case "$verb" in deploy | diff) lambdas/console/web/build.sh ;; esac # nothing is deployed without the console: infra refuses as well
tools=$(infra/nag/setup.sh)
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=1 CDK_DISABLE_CLI_TELEMETRY=true JSII_DEPRECATED=quiet
settings=()
if [ -n "${PROFILE:-}" ]; then settings+=(--profile "$PROFILE"); fi
if [ -n "${REGION:-}" ]; then
	export AWS_REGION="$REGION"
	settings+=(-c "mirrorwatch:regions=$REGION")
fi
for s in "$@"; do settings+=(-c "mirrorwatch:$s"); done
cdk=("$tools/node_modules/.bin/cdk" --no-notices)
case "$verb" in
bootstrap)
	account=$(aws sts get-caller-identity --query Account --output text ${PROFILE:+--profile "$PROFILE"})
	exec "${cdk[@]}" bootstrap "aws://$account/${REGION:?"REGION=, such as eu-central-1"}" "aws://$account/us-east-1" "${settings[@]}"
	;;
deploy | diff) exec "${cdk[@]}" "$verb" --all "${settings[@]}" ;;
destroy) exec "${cdk[@]}" destroy --all -c packages=none "${settings[@]}" ;; # nothing is built to take it away
*)
	echo "infra/cdk.sh: $verb is none of deploy, diff, destroy, bootstrap" >&2
	exit 2
	;;
esac
