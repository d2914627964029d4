# Where boxes lie and how one is put away; sourced by run.sh and sweep.sh.

boxes=/run/nodeagent-box

# Held while a box is begun and while left ones are looked for, so that nobody takes the one for the other. It goes with
# the process; the file stays, because two who hold files of the same name hold nothing.
hold_boxes() {
  exec 7>/run/lock/nodeagent-box
  flock 7
}

release_boxes() { exec 7>&-; }

# The cgroups of a box: one in each hierarchy, of the older layout and the newer.
cgroups() {
  local group
  for group in $(awk '$3 == "cgroup" || $3 == "cgroup2" {print $2}' /proc/self/mounts | sort -u); do
    [ ! -d "$group/nodeagent-box-$1" ] || echo "$group/nodeagent-box-$1"
  done
}

make_cgroups() {
  local group
  for group in $(awk '$3 == "cgroup" || $3 == "cgroup2" {print $2}' /proc/self/mounts | sort -u); do
    mkdir -p "$group/nodeagent-box-$1" || return
    # A cpuset without processors and memory takes no process.
    for file in cpuset.cpus cpuset.mems; do
      [ ! -f "$group/$file" ] || cat "$group/$file" >"$group/nodeagent-box-$1/$file"
    done
    [ ! -f "$group/cgroup.clone_children" ] || echo 1 >"$group/nodeagent-box-$1/cgroup.clone_children"
  done
  return 0
}

# Ends every process of a box, and takes away its mounts, cgroups and files. What is gone already is no error.
put_away() {
  local name=$1 tries group pids
  for tries in $(seq 200); do
    pids=$(for group in $(cgroups "$name"); do
      find "$group" -name cgroup.procs -exec cat {} +
    done 2>/dev/null | sort -u)
    [ -n "$pids" ] || break
    # In the cgroup of a box is nothing but the box.
    kill -9 $pids 2>/dev/null
    sleep 0.05
  done
  for tries in $(seq 100); do
    for group in $(cgroups "$name"); do
      find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
    done
    [ -n "$(cgroups "$name")" ] || break
    sleep 0.05
  done
  for mount in root disk; do
    mountpoint --quiet "$boxes/$name/$mount" && { umount "$boxes/$name/$mount" 2>/dev/null || umount --lazy "$boxes/$name/$mount"; }
  done
  rm -rf "${boxes:?}/$name" "/run/systemd/nspawn/propagate/$name"
  [ -z "$(cgroups "$name")" ] || echo "box: cgroups of $name are left" >&2
}
