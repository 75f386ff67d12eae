# Steps of a CI run, to be sourced: `step NAME [BUDGET]` ends the step before it and begins the next. When the run ends, also by a
# failure, it prints how long each step took, against its budget in seconds if it has one, and how many tests passed and failed.

TEST_COUNTS=$(mktemp)
export TEST_COUNTS MOCHA_OPTIONS="--reporter ./tools/countingReporter.cjs"
name="" budget="" begun=0 before=0 summary="" missed=""

step() {
  finish ok
  name=$1 budget=${2:-} begun=$SECONDS before=$(wc -l <"$TEST_COUNTS")
  printf '\n== %s (%s s so far)\n' "$name" "$SECONDS"
}

# Adds the current step to the summary. $1: ok or FAILED
finish() {
  [ -n "$name" ] || return 0
  local took="$((SECONDS - begun)) s${budget:+ of $budget s}"
  summary+=$(printf '%-6s %16s  %s%s' "$1" "$took" "$name" "$(counts $((before + 1)))")$'\n'
  name=""
}

# Sums of the lines "PASSED FAILED SKIPPED" from line $1 on, each of which is a run of Mocha.
counts() {
  tail -n +"$1" "$TEST_COUNTS" | awk '
    { passed += $1; failed += $2; skipped += $3 }
    END { if (NR) printf ": %d passed, %d failed%s", passed, failed, skipped ? ", " skipped " skipped" : "" }'
}

summarise() {
  local status=$?
  if [ "$status" -eq 0 ]; then finish ok; else finish FAILED; fi
  printf '\n== %s after %s s%s\n%s%s\n' "$([ "$status" -eq 0 ] && echo done || echo FAILED)" "$SECONDS" "$(counts 1)" "$summary" "$missed"
  rm -f "$TEST_COUNTS"
}
trap summarise EXIT
