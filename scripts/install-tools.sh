#!/usr/bin/env bash
# Builds the pinned tools into $PODIUM_TOOLS, outside the checkout. A tool of the pinned version is left.
#
#   scripts/install-tools.sh                 all of them
#   scripts/install-tools.sh gofumpt minio   some
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/versions.sh
source scripts/versions.sh

# built NAME VERSION: the program was built from that version of its module.
built() {
	[[ -x $PODIUM_TOOLS/$1 ]] &&
		[[ $(go version -m "$PODIUM_TOOLS/$1" | awk '$1 == "mod" { print $3; exit }') == "$2" ]]
}

install_go() {
	local name=$1 path=$2 version=$3 began=$SECONDS
	if built "$name" "$version"; then
		echo "$name $version: there"
		return
	fi
	echo "$name $version: building"
	# Into a folder of its own first, so that a build that is cut short leaves no half program.
	local dir
	dir=$(mktemp -d "$PODIUM_TOOLS/.$name.XXXXXX")
	if ! (cd / && GOBIN=$dir GOFLAGS=-buildvcs=false CGO_ENABLED=0 go install -trimpath -ldflags="-s -w" "$path@$version"); then
		rm -rf "$dir"
		echo "$name $version: could not be built" >&2
		return 1
	fi
	mv -f "$dir/$name" "$PODIUM_TOOLS/$name"
	rm -rf "$dir"
	echo "$name $version: built in $((SECONDS - began)) s"
}

# node_version is the major and minor version of a Node.js, as 20.19.
node_version() { "$1" --version 2>/dev/null | sed -n 's/^v\([0-9]*\.[0-9]*\)\..*/\1/p'; }

new_enough() {
	local version
	version=$(node_version "$1")
	[[ -n $version ]] && printf '%s\n%s\n' "$NODE_OLDEST" "$version" | sort -V -C
}

install_node() {
	local node
	if node=$(command -v node) && new_enough "$node"; then
		echo "node $("$node" --version): there"
		return
	fi
	echo "node $NODE_VERSION: fetching"
	npm install --silent --no-audit --no-fund --prefix "$PODIUM_TOOLS/../node" "node@$NODE_VERSION" </dev/null
	ln -sf ../node/node_modules/node/bin/node "$PODIUM_TOOLS/node"
	if ! new_enough "$PODIUM_TOOLS/node"; then
		echo "node $NODE_VERSION: could not be fetched; the pages need $NODE_OLDEST or later" >&2
		return 1
	fi
}

install() {
	case $1 in
	gofumpt) install_go gofumpt mvdan.cc/gofumpt "$GOFUMPT_VERSION" ;;
	golangci-lint) install_go golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint "$GOLANGCI_LINT_VERSION" ;;
	minio) install_go minio github.com/minio/minio "$MINIO_VERSION" ;;
	node) install_node ;;
	*)
		echo "unknown tool $1, expected gofumpt, golangci-lint, minio or node" >&2
		return 2
		;;
	esac
}

mkdir -p "$PODIUM_TOOLS"
if (($# == 0)); then
	set -- gofumpt golangci-lint minio node
fi
# One after another: each build takes all processors by itself, and two of them much memory.
for tool in "$@"; do
	install "$tool"
done
