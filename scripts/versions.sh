# shellcheck shell=bash
# The tools Podium is tested with, and where they are kept. Sourced by the other scripts.
# shellcheck disable=SC2034  # Read by the scripts that source this one.

GOFUMPT_VERSION=v0.12.0
GOLANGCI_LINT_VERSION=v2.5.0
# The last MinIO release that go install takes: a real server for the tests of the object store.
MINIO_VERSION=v0.0.0-20260212201848-7aac2a2c5b7c
# The oldest Node.js that Vite runs on, and the one that is fetched where the system's is older.
NODE_OLDEST=20.19
NODE_VERSION=20.19.6

export PODIUM_TOOLS="${PODIUM_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/podium/bin}"
PATH="$PODIUM_TOOLS:$PATH"
export PATH
