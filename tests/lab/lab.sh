#!/usr/bin/env bash
# make lab: the long forms of the tests that make test runs in short (NODEAGENT_EFFORT=whole), and those that have no short
# form, which run on a lab host (tests/lab/host).
#   usage: tests/lab/lab.sh [FILTER...]
set -uo pipefail
cd "$(dirname "$0")/../.."
. tests/lab/suites.sh
export PATH=$PWD/artifacts/tools:$PATH NODEAGENT_EFFORT=whole

# A lab host emulates its processor and wants one to itself; with three tests at a time QEMU inside was too slow to answer.
run_suite lab tests/NodeAgent.FunctionalTests/bin/Debug/net10.0/NodeAgent.FunctionalTests \
  -maxThreads 2 -trait effort=scaled -trait effort=whole "$@"
print_total
