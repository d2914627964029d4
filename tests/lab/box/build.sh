#!/usr/bin/env bash
# Makes the root file system of a box (see README.md): a small Debian with systemd and what nodeagentd needs, of the same
# release as this machine, from the mirror that apt uses here. Made once: what is there already is left alone.
#   usage: tests/lab/box/build.sh OUTDIR      prints nothing but OUTDIR/<hash>, the root file system
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
reason=$("$here/check.sh")
if [ -n "$reason" ]; then
  echo "box: none here: $reason. What needs one is skipped." >&2
  exit
fi
mkdir -p "$1"
out=$(cd "$1" && pwd)
. /etc/os-release

# What a server with systemd has, what the packages' dependencies name, and what the tests look with.
packages=(
  systemd-sysv udev dbus systemd-container libpam-systemd libnss-systemd
  qemu-system-x86 libsqlite3-0
  procps iproute2 util-linux kmod rpm
)

# Debian's own archives only, as apt found them; written in the one form that every apt reads.
sources=$(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' 'Origin: Debian' |
  grep -E " $VERSION_CODENAME(-updates|-security)? " | sort -u)
if [ -z "$sources" ]; then
  echo "box: apt knows no archive of Debian $VERSION_CODENAME here" >&2
  exit 1
fi

hash=$(cat "$0" "$here/init" - <<<"${packages[*]} $sources" | sha256sum | cut -c 1-16)
root=$out/$hash
exec 9>"$out/.lock"
flock 9
if [ -d "$root" ]; then
  echo "$root"
  exit
fi
echo "box: making a Debian $VERSION_CODENAME with systemd, a minute or two" >&2
# Others' root file systems are of earlier forms of this script, and nothing runs on them after a sweep.
find "$out" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +

# How this machine reaches the archive: proxies, and whether its clock can be trusted.
mapfile -t reach < <(apt-config dump --format '%F "%v";%n' |
  grep -E '^Acquire::(https?::|Check-|Retries|ForceIPv)' | grep -v ' "";$' | sed 's/^/--aptopt=/')

work=$out/.making
trap 'rm -rf "$work"' EXIT
mmdebstrap --quiet --mode=root --variant=apt --include="$(IFS=,; echo "${packages[*]}")" \
  --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "${reach[@]}" \
  --aptopt='APT::Install-Recommends "false"' --dpkgopt=force-unsafe-io \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/zoneinfo/*' \
  "$VERSION_CODENAME" "$work" - >&2 <<<"$sources"

# What was left out of Debian's packages is not to be left out of ours.
rm -f "$work"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
install -m 755 "$here/init" "$work/usr/local/sbin/box-init"
unit=$work/usr/local/lib/systemd/system/nodeagentd.service.d
mkdir -p "$unit"
printf '[Service]\nBindReadOnlyPaths=/run/box-boot-id:/proc/sys/kernel/random/boot_id\n' >"$unit/box.conf"
: >"$work/etc/fstab"
: >"$work/etc/resolv.conf"
# The journal is kept on the disk, so that it can be read when the box is off.
mkdir -p "$work/var/log/journal"
# Not wanted on a host that lives for a minute: terminals, timers, things that only a first boot does.
mask=(
  console-getty.service getty.target systemd-networkd-wait-online.service systemd-update-utmp.service
  systemd-update-utmp-runlevel.service systemd-hwdb-update.service systemd-journal-catalog-update.service
  systemd-update-done.service ldconfig.service systemd-random-seed.service systemd-firstboot.service
  systemd-timesyncd.service e2scrub_reap.service e2scrub_all.timer fstrim.timer apt-daily.timer
  apt-daily-upgrade.timer dpkg-db-backup.timer
)
for unit in "${mask[@]}"; do
  ln -sf /dev/null "$work/etc/systemd/system/$unit"
done
chroot "$work" systemctl --quiet set-default multi-user.target
mv "$work" "$root"
echo "$root"
