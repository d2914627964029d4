#!/usr/bin/env bash
# Keeps one box (see README.md): a disk of its own over a root file system that many share, cgroups of its own, and
# systemd-nspawn whenever it is to be up. Everything that it has lies in /run/nodeagent-box/NAME and is put away at the
# end of its standard input: so a box ends with whoever started it, however that ended.
#   usage: tests/lab/box/run.sh NAME ROOTFS
#   input: "boot" boots it      output: "disk PATH", then after each end of the box "down STATUS"
# NOTIFY_SOCKET, where set, is told the PID of the box's systemd (X_NSPAWN_LEADER_PID) and when it is up (READY=1).
set -uo pipefail
. "$(dirname "$0")/away.sh"
name=$1 rootfs=$2
home=$boxes/$name

hold_boxes
mkdir -p "$home" || exit
exec 8>"$home/lock"
flock --nonblock 8 || { echo "box: $name is there already" >&2; exit 1; }
release_boxes
trap 'put_away "$name"' EXIT
trap 'exit 1' INT TERM HUP

mkdir -p "$home/disk" "$home/root"
mount -t tmpfs -o size=4G,mode=755 nodeagent-box "$home/disk" || exit
mkdir "$home/disk/upper" "$home/disk/work"
mount -t overlay -o "lowerdir=$rootfs,upperdir=$home/disk/upper,workdir=$home/disk/work" nodeagent-box "$home/root" || exit
echo "$name" >"$home/root/etc/hostname"
tr -d - </proc/sys/kernel/random/uuid >"$home/root/etc/machine-id"
echo "disk $home/root"

# A cgroup in every hierarchy, below which the box arranges its own.
join_cgroups() {
  local group
  make_cgroups "$name"
  for group in $(cgroups "$name"); do
    echo "$BASHPID" >"$group/cgroup.procs"
  done
}

devices=()
for device in /dev/kvm /dev/net/tun; do
  [ ! -e "$device" ] || devices+=("--bind=$device")
done

boot() {
  (
    # The lock is the keeper's alone, so that it falls with the keeper.
    exec 8>&- 2>>"$home/console.log"
    join_cgroups
    # No filter of system calls: a host's systemd has none either.
    SYSTEMD_SECCOMP=0 systemd-nspawn --quiet --directory="$home/root" --machine="$name" --notify-ready=yes \
      --register=no --keep-unit --kill-signal=SIGRTMIN+3 --capability=all --private-network "${devices[@]}" \
      --link-journal=no --resolv-conf=off --timezone=off --settings=no --console=pipe \
      /usr/local/sbin/box-init </dev/null >&2
    echo "down $?"
  ) &
  disown
}

while read -r word; do
  case $word in
    boot) boot ;;
    *) echo "box: $word is not understood" >&2 ;;
  esac
done
