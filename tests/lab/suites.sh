# Runs suites of tests and adds up what they say; sourced by test.sh and lab.sh.
#
#   run_suite NAME PROGRAM ARGUMENT...   runs one, shows what it prints, and remembers its figures
#   print_total                          the closing line, and the exit status for the whole
#
# The figures are those of Microsoft.Testing.Platform's own summary. A suite that prints none (it crashed, it could
# not be started) counts as one failure, so that nothing can be lost in silence.

passed=0 failed=0 skipped=0

run_suite() {
  local name=$1 log status=0 figures
  shift
  log=artifacts/logs/$name.log
  mkdir -p artifacts/logs
  echo "=== $name"
  "$@" 2>&1 | tee "$log" || status=$?
  figures=$(awk '/^ *failed: [0-9]+/{f=$2; seen=1} /^ *succeeded: [0-9]+/{p=$2} /^ *skipped: [0-9]+/{s=$2}
    END{if (seen) printf "%d %d %d", p, f, s}' "$log")
  if [ -z "$figures" ]; then
    echo "$name: printed no summary (exit status $status)"
    figures="0 1 0"
  elif [ "$status" -ne 0 ] && [ "$(cut -d' ' -f2 <<<"$figures")" -eq 0 ]; then
    echo "$name: all tests passed, yet the exit status was $status"
    figures="$(cut -d' ' -f1 <<<"$figures") 1 $(cut -d' ' -f3 <<<"$figures")"
  fi
  local p f s
  read -r p f s <<<"$figures"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

print_total() {
  if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  [ "$failed" -eq 0 ]
}
