#!/usr/bin/env bash
# Checks (or with --fix mends) the form of the C# code and of the contract.
#   usage: tests/lab/lint.sh [--fix]
set -euo pipefail
cd "$(dirname "$0")/../.."
buf=$PWD/tests/tools/buf/node_modules/@bufbuild/buf-linux-x64/bin/buf

check=(--verify-no-changes)
format=(--diff --exit-code)
if [ "${1:-}" = --fix ]; then
  check=()
  format=(--write)
fi

echo "lint: the form of proto/"
"$buf" format "${format[@]}" proto

# What the contract imports from others comes with a package of the build; buf wants it beside our own files.
dotnet restore src/NodeAgent.Contract --verbosity quiet
packages=$(dotnet nuget locals global-packages --list | sed 's/^[^:]*: *//')
version=$(sed -n 's/.*"Google.Api.CommonProtos" Version="\([^"]*\)".*/\1/p' Directory.Packages.props)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/imports/google"
cp -r proto tests/tools/buf/buf.yaml "$work/"
cp -r "${packages%/}/google.api.commonprotos/$version/content/protos/google/rpc" "$work/imports/google/"
echo "lint: the rules of proto/"
(cd "$work" && "$buf" lint)

# Whitespace and what .editorconfig calls a warning. The analyzers run at every build, where a warning is an error.
echo "lint: the form of the C# code"
dotnet format whitespace NodeAgent.sln --no-restore "${check[@]}" --exclude '**/obj'
dotnet format style NodeAgent.sln --no-restore --severity warn "${check[@]}"
for script in tests/lab/*.sh tests/lab/box/*.sh tests/lab/host/*.sh tests/guests/build.sh tests/guests/*/build.sh packaging/*.sh packaging/*/build.sh .ci/run; do
  bash -n "$script"
done
for script in packaging/deb/p*inst packaging/deb/p*rm tests/lab/box/init tests/lab/host/init; do
  sh -n "$script"
done
perl -c tests/lab/escapee 2>/dev/null
echo "lint: clean"
