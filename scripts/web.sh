#!/usr/bin/env bash
# Builds the pages into stb-api/web/dist, which is committed and embedded. With --check it builds them
# elsewhere and fails where the committed ones are not what the sources give.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
source scripts/versions.sh

scripts/install-tools.sh node
cd stb-api/web
npm ci --no-audit --no-fund --loglevel=error </dev/null
npm run --silent check </dev/null
if [[ ${1:-} != --check ]]; then
	npm run --silent build </dev/null
	exit
fi

# A copy of the sources, so that a build that fails leaves the committed pages alone. The messages are
# imported from beside the pages.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/stb-api"
cp -R ../message "$work/stb-api/" 2>/dev/null || true
tar -cf - --exclude=./node_modules --exclude=./dist . | tar -xf - -C "$work/stb-api" --one-top-level=web
ln -s "$PWD/node_modules" "$work/stb-api/web/node_modules"
(cd "$work/stb-api/web" && npm run --silent build </dev/null)
if ! diff -rq dist "$work/stb-api/web/dist"; then
	echo "stb-api/web/dist is not what its sources give: run make web and commit it" >&2
	exit 1
fi
echo "stb-api/web/dist is fresh"
