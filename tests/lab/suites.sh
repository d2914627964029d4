# Runs suites of tests and adds up what they say; sourced by test.sh and lab.sh.
#
#   run_suite NAME PROGRAM ARGUMENT...   runs one, shows what it prints, and remembers its figures
#   print_total                          the closing line, and the exit status for the whole
#
# The figures are those of the test runner's own summary, in which an error is what happened outside of a test: a leak
# at the end of the run, say. A suite that prints no summary (it crashed, it could not be started) counts as one
# failure, so that nothing is lost in silence.

passed=0 failed=0 skipped=0

run_suite() {
  local name=$1 status=0 total errors failures skips
  shift
  mkdir -p artifacts/logs
  echo "=== $name"
  "$@" -noLogo -noColor -junit "artifacts/logs/$name.xml" 2>&1 | tee "artifacts/logs/$name.log" || status=$?
  read -r total errors failures skips < <(
    sed -nE 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+).*/\1 \2 \3 \4/p' \
      "artifacts/logs/$name.log" | tail -n 1)
  if [ -z "${total:-}" ]; then
    echo "$name: printed no summary (exit status $status)"
    failed=$((failed + 1))
    return
  fi
  if [ "$status" -ne 0 ] && [ $((errors + failures)) -eq 0 ]; then
    echo "$name: all tests passed, yet the exit status was $status"
    errors=1
  fi
  passed=$((passed + total - failures - skips))
  failed=$((failed + failures + errors))
  skipped=$((skipped + skips))
}

print_total() {
  if [ "$skipped" -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  [ "$failed" -eq 0 ]
}
