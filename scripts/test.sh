#!/usr/bin/env bash
# The whole check: tools, lint, the pages, and the tests with real servers. From nothing it takes half an hour
# on two processors at most, and a few minutes with the tools built.
#
# A test whose server is missing fails instead of being skipped: PODIUM_TEST=full. GO_TEST_FLAGS are given to go
# test.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
source scripts/versions.sh
export PODIUM_TEST=full

declare -a summary=()
failed=0

# phase TITLE COMMAND...: runs it under a heading, and notes how it went. A phase that fails does not keep the
# others from being run, so that one round tells everything.
phase() {
	local title=$1 began=$SECONDS outcome=ok
	shift
	printf '\n==> %s\n' "$title"
	if ! "$@" </dev/null; then
		outcome=FAILED
		failed=$((failed + 1))
	fi
	summary+=("$(printf '%-7s %5d s  %s' "$outcome" $((SECONDS - began)) "$title")")
	if [[ $outcome == FAILED ]]; then
		printf '==> %s: failed\n' "$title"
		return 1
	fi
}

summarize() {
	printf '\n==> Summary\n'
	printf '%s\n' "${summary[@]}"
	printf '%d passed, %d failed\n' $((${#summary[@]} - failed)) "$failed"
}

# Two packages at a time: each may run a browser, encoders and servers of its own.
# shellcheck disable=SC2086,SC2317  # GO_TEST_FLAGS are several words; phase runs it.
go_test() { go test -race -p 2 -timeout 15m ${GO_TEST_FLAGS:-} ./...; }

# shellcheck disable=SC2317  # phase runs it.
web_is_fresh() {
	if [[ ! -e stb-api/web/package.json ]]; then
		echo "no pages"
		return
	fi
	scripts/web.sh --check
}

# Nothing works without these two.
if ! phase "Debian packages" scripts/install-packages.sh || ! phase "Tools" scripts/install-tools.sh; then
	summarize
	exit 1
fi
phase "Lint" scripts/lint.sh || true
phase "Pages" web_is_fresh || true
phase "Web players" scripts/web.sh --modules || true
phase "Build" scripts/build.sh || true
phase "Go tests" go_test || true
summarize
exit $((failed > 0))
