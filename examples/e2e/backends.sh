#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the programs that the end-to-end tests talk to, from their Go modules at pinned versions:
# the OpenTelemetry Collector (with the components in collector/manifest.yaml), Jaeger and Prometheus.
#
#   backends.sh          build what is missing (about 14 minutes on two cores; at once when nothing is missing)
#   backends.sh paths    print where each program is or will be, as name=path; builds nothing
#
# They are kept outside the repository, in $LMCACHE_OTEL_E2E_CACHE (default: lmcache-otel/e2e in the user's cache directory),
# one directory for each program and version, so that a new version is built beside the old one.
set -euo pipefail

collector_version=v0.155.0
jaeger_version=v1.76.0      # the Go module's version of Jaeger 2.13.0
prometheus_version=v0.316.0 # the Go module's version of Prometheus 3.16.0

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${LMCACHE_OTEL_E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/lmcache-otel/e2e}
manifest=$here/collector/manifest.yaml
manifest_sum=$(cksum <"$manifest" | cut -d' ' -f1)

collector=$cache/collector/$collector_version-$manifest_sum/otelcol-e2e
jaeger=$cache/jaeger/$jaeger_version/jaeger
prometheus=$cache/prometheus/$prometheus_version/prometheus

# Each build_… runs in an empty directory of its own and leaves its program there under the name it is given.

build_collector() { # name
	cp "$manifest" manifest.yaml
	# A dependency that only tests of a component have may be missing. The builder fails on that after it has written
	# its sources; `go mod tidy -e` goes on without it.
	go run "go.opentelemetry.io/collector/cmd/builder@$collector_version" --config manifest.yaml --skip-compilation || [ -f build/go.mod ]
	cd build
	go mod tidy -e
	go build -trimpath -ldflags="-s -w" -o "../$1" .
}

build_jaeger() { # name
	# Its go.mod has replace directives, which `go install` refuses: build in a copy of the sources.
	local source
	go mod download "github.com/jaegertracing/jaeger@$jaeger_version"
	source=$(go env GOMODCACHE)/github.com/jaegertracing/jaeger@$jaeger_version
	cp -R "$source" source
	chmod -R u+w source
	cd source
	go build -trimpath -ldflags="-s -w" -o "../$1" ./cmd/jaeger
}

build_prometheus() { # name
	GOBIN=$PWD go install -trimpath -ldflags="-s -w" "github.com/prometheus/prometheus/cmd/prometheus@$prometheus_version"
}

say() { printf '%s e2e: %s\n' "$(date +%H:%M:%S)" "$*"; }

work='' job=''
clean_up() {
	[ -z "$job" ] || kill -- "-$job" 2>/dev/null || true
	[ -z "$work" ] || rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
set -m # each build is a process group, which clean_up ends as a whole

# attempt runs one build in a new temporary directory, $work, and says now and then that it goes on. It leaves the exit status
# in $status: as the condition of an if, it would run without errexit.
attempt() { # what, name of the program, log, start of the first attempt
	local what=$1 name=$2 log=$3 start=$4
	status=0
	work=$(mktemp -d "$cache/.$what.XXXXXX")
	(
		cd "$work"
		export CGO_ENABLED=0 GOWORK=off GOFLAGS=
		"build_$what" "$name"
	) >"$log" 2>&1 &
	job=$!
	while kill -0 "$job" 2>/dev/null; do
		sleep 1
		if [ $(((SECONDS - start) % 30)) -eq 0 ]; then say "$what: still building after $((SECONDS - start)) s"; fi
	done
	wait "$job" || status=$?
	job=''
}

# ensure builds one program unless it is there. The finished program is renamed into place, so that an interrupted build is
# never taken for a finished one. A build that fails is tried again: most failures are downloads of modules that were cut off,
# and what has been downloaded and compiled is kept.
ensure() { # what, version, path of the program, how long a cold build takes
	local what=$1 version=$2 program=$3 expected=$4 log=$cache/$1.log start=$SECONDS tries=3 try status
	if [ -x "$program" ]; then
		say "$what $version: already built ($program)"
		return
	fi
	mkdir -p "$(dirname "$program")"
	say "$what $version: building, cold about $expected (output in $log)"
	for ((try = 1; ; try++)); do
		attempt "$what" "$(basename "$program")" "$log" "$start"
		if [ "$status" -eq 0 ]; then break; fi
		rm -rf "$work"
		tail -n 30 "$log" >&2
		say "$what $version: attempt $try of $tries failed after $((SECONDS - start)) s; its whole output is in $log" >&2
		if [ "$try" -eq "$tries" ]; then exit 1; fi
	done
	mv "$work/$(basename "$program")" "$program"
	rm -rf "$work"
	work=''
	say "$what $version: built in $((SECONDS - start)) s ($program)"
}

case ${1:-build} in
paths)
	printf 'collector=%s\njaeger=%s\nprometheus=%s\n' "$collector" "$jaeger" "$prometheus"
	;;
build)
	ensure collector "$collector_version" "$collector" "2 min 30 s"
	ensure jaeger "$jaeger_version" "$jaeger" "5 min"
	ensure prometheus "$prometheus_version" "$prometheus" "6 min 30 s"
	say "all backends are ready after $SECONDS s"
	;;
*)
	echo "usage: backends.sh [build|paths]" >&2
	exit 2
	;;
esac
