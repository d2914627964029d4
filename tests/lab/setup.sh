#!/usr/bin/env bash
# Gets a Debian machine ready to build, test and show NodeAgent: installs the packages that are missing and nothing
# else, and checks that the .NET SDK is there. Safe to run again; without anything to do it asks nobody.
#   usage: tests/lab/setup.sh
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v apt-get >/dev/null; then
  echo "setup: this machine has no apt-get. NodeAgent is built and tested on Debian 12 or newer." >&2
  exit 1
fi

# apt as root, by sudo where we are not; in the background nobody can answer questions.
apt() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "setup: needs root to install packages. Run it as root, or install sudo. What is missing: ${missing[*]}" >&2
      exit 1
    fi
    as_root=(sudo)
  fi
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q=2 -o Dpkg::Use-Pty=0 "$@"
}

# What runs: QEMU, its disk tool, SQLite's library.  What compiles natively: clang and zlib.
# What makes the test guests: an assembler, depmod, cpio, xz.  What drives the tests: processes by number.
# What the tests of D-Bus talk over: a bus of their own.  What checks the manual: mandoc.
# What makes the Debian package, and checks it: dpkg-dev, lintian.
# What boots hosts of the tests' own: systemd in a container, and a small Debian for it; a file system for one with a
# kernel of its own, and the way into that.
# Whose gRPC the tests call the agent with besides our own: Python's.
# What makes and checks the RPM and the policies of mandatory access control.
missing=()
for package in \
	qemu-system-x86 qemu-utils libsqlite3-0 \
	clang zlib1g-dev \
	binutils kmod cpio xz-utils \
	procps curl dbus-daemon mandoc \
	systemd systemd-container mmdebstrap util-linux e2fsprogs openssh-client \
	dpkg-dev lintian \
	python3-grpcio python3-protobuf \
	rpm rpmlint checkpolicy semodule-utils apparmor; do
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
# npm fetches buf, which checks proto/; it may have come from elsewhere than Debian, and so may ip, by which tests cut a
# wire between a node and its manager.
command -v npm >/dev/null || missing+=(npm)
[ -x /usr/sbin/ip ] || missing+=(iproute2)

# The test guests are made from packages that are fetched and not installed, so the lists are needed in any case.
if ! apt-cache show linux-image-cloud-amd64 >/dev/null 2>&1; then
  echo "setup: fetching the package lists"
  apt update
elif [ ${#missing[@]} -gt 0 ]; then
  apt update
fi

if [ ${#missing[@]} -gt 0 ]; then
  echo "setup: installing ${missing[*]}"
  apt install --yes --no-install-recommends "${missing[@]}" >/dev/null
fi

# unpack PACKAGE: fetches it and unpacks it into $unpacked, without installing it.
unpack() {
  unpacked=$(mktemp -d)
  chmod 755 "$unpacked"
  [ "$(id -u)" -ne 0 ] || chown _apt "$unpacked"
  (cd "$unpacked" && apt-get -q=2 download "$1" && dpkg-deb --extract "$1"_*.deb .)
}
unpacked=
trap '[ -z "$unpacked" ] || rm -rf "$unpacked"' EXIT

# The package of promtool would start a Prometheus server on this machine.
if ! command -v promtool >/dev/null && [ ! -x artifacts/tools/promtool ]; then
  echo "setup: fetching promtool"
  unpack prometheus
  install -D -m 755 "$unpacked/usr/bin/promtool" artifacts/tools/promtool
  rm -rf "$unpacked"
fi

# A reference policy of SELinux, in which the rules of our module are looked up; its package would make it this machine's.
if [ ! -s artifacts/tools/selinux/base.pp ]; then
  echo "setup: fetching a reference policy of SELinux"
  unpack selinux-policy-default
  mkdir -p artifacts/tools/selinux
  for module in unconfined qemu virt base; do
    bunzip2 "$unpacked/usr/share/selinux/default/$module.pp.bz2"
    mv "$unpacked/usr/share/selinux/default/$module.pp" artifacts/tools/selinux/
  done
  rm -rf "$unpacked"
fi

if [ ! -x tests/tools/buf/node_modules/@bufbuild/buf-linux-x64/bin/buf ]; then
  echo "setup: fetching buf"
  (cd tests/tools/buf && npm ci --silent --no-audit --no-fund)
fi

if ! version=$(dotnet --version 2>/dev/null); then
  echo "setup: the .NET SDK 10 is not there, or not the one that global.json asks for." >&2
  echo "       Debian has no package of it: see https://learn.microsoft.com/dotnet/core/install/linux-debian" >&2
  echo "       (package dotnet-sdk-10.0), then run make setup again." >&2
  exit 1
fi

if [ ! -e /dev/kvm ]; then
  echo "setup: no /dev/kvm here. Everything builds; guests run under TCG, and what needs KVM is skipped."
fi
echo "setup: ready (.NET SDK $version, $(qemu-system-x86_64 --version | head -1))"
