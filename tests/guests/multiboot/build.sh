#!/usr/bin/env bash
# Assembles the 32-bit multiboot guest: OUT/multiboot.elf.
#   usage: tests/guests/multiboot/build.sh OUT
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=$(realpath -m "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"

as --32 -o "$work/guest.o" "$here/guest.S"
# Everything is one writable section, the header first: a multiboot loader looks in the first 8 KiB only.
ld -m elf_i386 -N --no-warn-rwx-segments -Ttext 0x100000 -o "$work/multiboot.elf" "$work/guest.o"
mv "$work/multiboot.elf" "$out/multiboot.elf"
echo "guests: 32-bit multiboot guest"
