# Which guests run on; packages say so when the agent is removed. Put into their scripts, without comments, where
# @GUESTS@ stands.
#
# Prints "  process PID NAME" of each process that runs as one of our guests: it has a UUID whose run directory is here.
guests() {
  for directory in /run/nodeagent/vms/*/; do
    [ -d "$directory" ] || continue
    uuid=$(basename "$directory")
    for process in /proc/[0-9]*; do
      # Arguments end with NUL; a process that has gone meanwhile is none.
      arguments=$(tr '\0' '\n' <"$process/cmdline" 2>/dev/null) || continue
      if printf '%s\n' "$arguments" | grep -qxF -e "$uuid" && printf '%s\n' "$arguments" | grep -qxF -e -uuid; then
        name=$(printf '%s\n' "$arguments" | sed -n 's/^guest=\([^,]*\).*/\1/p' | head -n 1)
        echo "  process ${process#/proc/} ${name:-$uuid}"
      fi
    done
  done
}
