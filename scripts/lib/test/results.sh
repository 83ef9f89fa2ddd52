# Runs parts of the tests and counts what passed. To be sourced by scripts/test.
# shellcheck shell=bash

RESULTS="$LOGS/test"
rm -rf "$RESULTS"
mkdir -p "$RESULTS"

# Runs scripts/lib/test/<part>.sh in a shell of its own. What it prints is kept in a log; what it counts is in <part>.count.
run_part() {
    local part=$1 start=$SECONDS status=0
    say "=== $part"
    # shellcheck source=/dev/null
    (COUNT="$RESULTS/$part.count"; . "scripts/lib/test/$part.sh") </dev/null 2>&1 | tee "$RESULTS/$part.log" || status=$?
    sed -n 's/^test result: [a-zA-Z]*\. \([0-9]*\) passed; \([0-9]*\) failed;.*/\1 \2/p' "$RESULTS/$part.log" >>"$RESULTS/$part.count"
    # A part that ended early failed, even if none of its tests could say so.
    if ((status != 0)) && ! awk '{ failed += $2 } END { exit !failed }' "$RESULTS/$part.count"; then
        say "0 1" >>"$RESULTS/$part.count"
    fi
    say "$((SECONDS - start))" >"$RESULTS/$part.seconds"
}

# check <title> <command>...: a command that is one test.
check() {
    local title=$1
    shift
    if "$@"; then
        say "ok: $title"
        say "1 0" >>"$COUNT"
    else
        say "FAILED: $title"
        say "0 1" >>"$COUNT"
    fi
}

# The numbers of all parts; the last line is for machines.
summarize() {
    local part passed failed all_passed=0 all_failed=0
    say
    printf '%-10s%8s%8s%8s\n' part passed failed time
    for part in "${PARTS[@]}"; do
        read -r passed failed < <(awk '{ passed += $1; failed += $2 } END { print passed + 0, failed + 0 }' "$RESULTS/$part.count")
        printf '%-10s%8d%8d%6d s%s\n' "$part" "$passed" "$failed" "$(<"$RESULTS/$part.seconds")" \
            "$( ((failed == 0)) || printf '  see %s' "$RESULTS/$part.log")"
        all_passed=$((all_passed + passed))
        all_failed=$((all_failed + failed))
    done
    say
    say "$all_passed passed, $all_failed failed"
    ((all_failed == 0 && all_passed > 0))
}

# Ends the deployed stack, if it was these tests that started it.
end_stack() {
    [[ ! -f $RESULTS/stack-started ]] || scripts/down
}
