#!/usr/bin/env bash
# Puts every file of a package where it lies on a host, into a tree that DEB and RPM are both made from: same bytes,
# same modes, same times. What differs between distributions, and no more, depends on KIND.
#   usage: packaging/stage.sh deb|rpm DEST     DEST must not exist or be empty; NODEAGENT_PROGRAMS says where the
#                                              programs are, by default artifacts/bin
#
# Only what is built already is copied; where something is missing, the make target that builds it is named. What only
# one kind of package knows (its changelog, copyright, scriptlets) its own build adds.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -ne 2 ] || { [ "$1" != deb ] && [ "$1" != rpm ]; }; then
  echo "usage: packaging/stage.sh deb|rpm DEST" >&2
  exit 2
fi
kind=$1
programs=${NODEAGENT_PROGRAMS:-artifacts/bin}
mkdir -p "$2"
dest=$(cd "$2" && pwd)
if [ -n "$(ls -A "$dest")" ]; then
  echo "stage: $dest is not empty" >&2
  exit 1
fi
umask 022

# put MODE TARGET SOURCE...: one file to a path, or several into a folder (TARGET ends with '/').
put() {
  local mode=$1 target=$2 source
  shift 2
  for source in "$@"; do
    if [ ! -f "$source" ]; then
      case $source in
        "$programs"/*) hint="make publish" ;;
        artifacts/selinux/*) hint="packaging/selinux/build.sh" ;;
        artifacts/*) hint="make docs" ;;
        *) hint="it belongs to the source tree" ;;
      esac
      echo "stage: $source is missing ($hint)" >&2
      exit 1
    fi
    case $target in
      */) install -D -m "$mode" "$source" "$dest$target$(basename "$source")" ;;
      *) install -D -m "$mode" "$source" "$dest$target" ;;
    esac
  done
}

# Programs
put 755 /usr/sbin/ "$programs/nodeagentd"
put 755 /usr/bin/ "$programs/nodectl"
put 755 /usr/libexec/nodeagent/ "$programs/nodeagent-vm"

# Configuration
put 644 /etc/nodeagent/ packaging/nodeagentd.conf
put 644 /etc/nodeagent/ packaging/policy.conf
mkdir -p "$dest/etc/nodeagent/conf.d"

# Units, the group of those who may use the agent, folders
put 644 /usr/lib/systemd/system/ systemd/nodeagentd.service systemd/nodeagentd.socket systemd/nodeagentd-again.timer
put 644 /usr/lib/sysusers.d/nodeagent.conf systemd/nodeagent.sysusers
put 644 /usr/lib/tmpfiles.d/nodeagent.conf systemd/nodeagent.tmpfiles
put 644 /usr/lib/systemd/logind.conf.d/nodeagent.conf systemd/nodeagent-logind.conf

# Manual pages, compressed without a time and a name, and completions
put 644 /usr/share/man/man1/ artifacts/man/man1/*.1
put 644 /usr/share/man/man5/ artifacts/man/man5/*.5
put 644 /usr/share/man/man8/ artifacts/man/man8/*.8
find "$dest/usr/share/man" -type f -exec gzip -9n {} +
put 644 /usr/share/bash-completion/completions/nodectl artifacts/completions/nodectl.bash
put 644 /usr/share/fish/vendor_completions.d/nodectl.fish artifacts/completions/nodectl.fish
case $kind in
  deb) put 644 /usr/share/zsh/vendor-completions/_nodectl artifacts/completions/_nodectl ;;
  rpm) put 644 /usr/share/zsh/site-functions/_nodectl artifacts/completions/_nodectl ;;
esac

# What monitors read
put 644 /usr/share/nodeagent/prometheus/ packaging/prometheus/nodeagent.rules.yml
put 644 /usr/share/nodeagent/grafana/ packaging/grafana/nodeagent.json

# Mandatory access control: AppArmor where Debian has it, SELinux where Red Hat has it
case $kind in
  deb) put 644 /etc/apparmor.d/usr.sbin.nodeagentd packaging/apparmor/usr.sbin.nodeagentd ;;
  rpm) put 644 /usr/share/selinux/packages/targeted/ artifacts/selinux/nodeagent.pp ;;
esac

# Documents, examples, and what the programs were made from
put 644 /usr/share/doc/nodeagent/ SECURITY.md CHANGELOG.md docs/*.md
put 644 /usr/share/doc/nodeagent/examples/ docs/examples/*
put 644 /usr/share/doc/nodeagent/nodeagent.cdx.json artifacts/sbom/nodeagent.cdx.json

find "$dest" -exec touch --no-dereference --date "@$(packaging/version.sh epoch)" {} +
