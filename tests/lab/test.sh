#!/usr/bin/env bash
# make test: the unit tests, then the functional tests against the published native programs.
#   usage: tests/lab/test.sh [FILTER...]     filters of the test programs, for instance -class '*Console*'
set -uo pipefail
cd "$(dirname "$0")/../.."
. tests/lab/suites.sh
export PATH=$PWD/artifacts/tools:$PATH

run_suite unit tests/NodeAgent.Tests/bin/Debug/net10.0/NodeAgent.Tests "$@"
# What needs a whole host has no short form: make lab runs it.
run_suite functional tests/NodeAgent.FunctionalTests/bin/Debug/net10.0/NodeAgent.FunctionalTests -trait- effort=whole "$@"
print_total
