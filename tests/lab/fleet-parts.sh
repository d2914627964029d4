# A manager and nodes on this machine, in a folder of their own; sourced by fleet.sh and demo-fleet.sh.
#
#   start_manager, start_node NAME    start one and return when it is ready
#   reference-manager …, on NAME …    the manager's command line; nodectl for one of the nodes
#   join NAME                         lets one join by a token
#   say, note, show, show_on, indent  what is told, and what is run and shown
#   until_says WORDS COMMAND…         waits until a command prints what is wanted
#
# Everything is gone at the end, also after Ctrl-C or a failure.

work=$(mktemp -d /tmp/nodeagent-fleet-XXXXXX)
manager_binary=$PWD/tests/ReferenceManager/bin/Debug/net10.0/reference-manager
export PATH=$PWD/artifacts/bin:$PATH REFERENCE_MANAGER_DATA=$work/manager
# Where the manager listens: it must be the same when it comes back.
address=127.$((RANDOM % 200 + 20)).$((RANDOM % 256)).$((RANDOM % 254 + 1)):7443
manager=
declare -A agents=()

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
else
  bold='' dim='' plain=''
fi

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
note() { printf '   %s\n' "$*"; }
indent() { sed -E -e 's/\x1b(\[[0-9;?]*[A-Za-z]|c)//g; s/\r//g; s/^/   /' -e '$a\'; }

# The first lines; unlike head it reads the rest too, so that who writes is not ended by it.
first() { sed -n "1,${1}p"; }

# Shows a command, runs it, and sets off what it prints.
show() {
  printf '%s $ %s%s\n' "$dim" "$*" "$plain"
  "$@" 2>&1 | indent
}

# The same for nodectl on one of the nodes.
show_on() {
  printf '%s $ nodectl %s      # on %s%s\n' "$dim" "${*:2}" "$1" "$plain"
  on "$@" 2>&1 | indent
}

reference-manager() { "$manager_binary" "$@"; }

# nodectl for one of the nodes.
on() {
  local node=$1
  shift
  NODECTL_HOST=unix:$work/$node/run/api.sock nodectl "$@"
}

# A string of the JSON that a command for a node prints.
field() {
  local name=$1
  shift
  on "$@" -o json | sed -nE 's/^ *"'"$name"'": *"?([^",]+)"?,?$/\1/p' | first 1
}

# Waits for what a command says; gives up after half a minute.
until_says() {
  local wanted=$1 until=$((SECONDS + 30))
  shift
  while [ "$SECONDS" -lt "$until" ]; do
    if grep -qE -- "$wanted" <<<"$("$@" 2>/dev/null || true)"; then
      return
    fi
    sleep 0.1
  done
  echo "'$*' did not say '$wanted' within half a minute" >&2
  return 1
}

until_connected() { for node in "$@"; do until_says '"connected": *true' on "$node" node membership -o json; done; }

start_manager() {
  printf '%s $ reference-manager serve --listen %s --lease-interval 1s &%s\n' "$dim" "$address" "$plain"
  rm -f "$work/ready"
  "$manager_binary" serve --listen "$address" --ready-file "$work/ready" --fleet demo --lease-interval 1s \
    >>"$work/manager.log" 2>&1 &
  manager=$!
  until [ -s "$work/ready" ]; do
    kill -0 "$manager" 2>/dev/null || { indent <"$work/manager.log"; exit 1; }
    sleep 0.1
  done
}

# All nodes are this host: what tells them apart is their directories, and the id in them.
start_node() {
  mkdir -p "$work/$1/state/images"
  cp artifacts/guests/tick.raw "$work/$1/state/images/"
  nodeagentd --state-dir "$work/$1/state" --run-dir "$work/$1/run" --metrics-listen none 2>>"$work/$1/agent.log" &
  agents[$1]=$!
  until on "$1" vm list >/dev/null 2>&1; do
    kill -0 "${agents[$1]}" 2>/dev/null || { indent <"$work/$1/agent.log"; exit 1; }
    sleep 0.05
  done
}

join() {
  token=$(reference-manager token)
  printf '%s $ nodectl node join %s…      # on %s%s\n' "$dim" "${token:0:48}" "$1" "$plain"
  on "$1" node join - <<<"$token" | first 2 | indent
}

clean_up() {
  local status=$? pid
  trap - EXIT
  # A second Ctrl-C must not leave half of it.
  trap '' INT TERM
  set +e
  for node in "${!agents[@]}"; do
    for vm in $(on "$node" vm list -o name 2>/dev/null); do
      on "$node" vm stop "${vm##*/}" --force >/dev/null 2>&1
    done
    kill "${agents[$node]}" 2>/dev/null
  done
  [ -z "$manager" ] || kill "$manager" 2>/dev/null
  # A guest that outlived its agent names its disk in this folder, as nothing else does.
  for pid in $(pgrep -f -- "qemu-system.*$work/"); do kill -9 "$pid"; done
  wait 2>/dev/null
  if [ "$status" -ne 0 ] && [ "$status" -ne 130 ]; then
    printf '\nIt ended early (status %s). What was said last:\n' "$status"
    tail -n 8 "$work"/manager.log "$work"/*/agent.log | indent
  fi
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
