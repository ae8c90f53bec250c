#!/usr/bin/env bash
# Builds the pages into stb-api/web/dist, which is committed and embedded. With --check it builds them from a
# copy of the sources, and fails where the committed ones are not what the sources give. With --modules it only makes
# sure that the packages are in stb-api/web/node_modules, where tests take the players from.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
source scripts/versions.sh

# build FOLDER: checks and builds the pages whose sources are there.
build() (
	cd "$1"
	npm ci --no-audit --no-fund --loglevel=error </dev/null
	npm run --silent check </dev/null
	npm run --silent build </dev/null
)

# unpacked FROM TO: a copy with the gzipped files unpacked, for the bytes of gzip depend on its version.
unpacked() {
	mkdir -p "$2"
	cp -R "$1/." "$2/"
	find "$2" -name '*.gz' | while read -r file; do
		gzip -dc "$file" >"$file.unpacked"
		rm "$file"
	done
}

scripts/install-tools.sh node
case ${1:-} in
"")
	build stb-api/web
	;;
--check)
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	# The pages import the messages from the folder beside them.
	mkdir -p "$work/stb-api/web"
	cp -R stb-api/message "$work/stb-api/"
	tar -C stb-api/web -cf - --exclude=./node_modules --exclude=./dist . | tar -C "$work/stb-api/web" -xf -
	build "$work/stb-api/web"
	unpacked stb-api/web/dist "$work/committed"
	unpacked "$work/stb-api/web/dist" "$work/built"
	if ! (cd "$work" && diff -rq committed built); then
		echo "stb-api/web/dist is not what its sources give: run make web and commit it" >&2
		exit 1
	fi
	echo "stb-api/web/dist is fresh"
	;;
--modules)
	# npm notes what it has installed; where it is what the lock file asks for, nothing is done.
	if ! node - stb-api/web 2>/dev/null <<'JS'
const fs = require('fs'), path = require('path'), folder = process.argv[2];
const read = (file) => JSON.parse(fs.readFileSync(path.join(folder, file), 'utf8'));
const wanted = read('package-lock.json').packages;
for (const name of ['hls.js', 'dashjs', 'shaka-player']) {
	const place = 'node_modules/' + name;
	if (read(place + '/package.json').version !== wanted[place].version) process.exit(1);
}
JS
	then
		(cd stb-api/web && npm ci --no-audit --no-fund --loglevel=error </dev/null)
	fi
	;;
*)
	echo "unknown argument $1, expected --check, --modules or nothing" >&2
	exit 2
	;;
esac
