#!/bin/bash
# check.sh [--quick]: checks the ring's model (ring.pml), as common/ring/ does it: gates closed ahead, a
# spare, and the next slot let go ahead. Configurations that must hold, then mutations (BUG_…) that must be
# found, which shows what each step is for. About fifteen minutes and 4 GB; --quick: half a minute.
# Wants spin and gcc.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v spin >/dev/null || {
    echo "skipped: spin is missing (apt-get install spin)"
    exit 77
}
protocol="-DAHEAD -DK=3 -DSPARE"
bad=0
n=0

# run NAME MODE DEFINES...: MODE is SAFETY (assertions, dead ends) or NP (a process that turns for ever
# without progress). 0: holds; 1: violated; 2: could not be checked
run() {
    local name=$1 mode=$2 flags=
    shift 2
    mkdir "$work/$name" && cd "$work/$name" || exit 1
    # shellcheck disable=SC2086
    spin -a $protocol "$@" "$here/ring.pml" >/dev/null || return 2
    gcc -O2 -w -D"$mode" -DCOLLAPSE -DVECTORSZ=4096 -DMEMLIM=8000 -o pan pan.c || return 2
    [ "$mode" = NP ] && flags=-l
    timeout 900 ./pan $flags -m400000 -n >out 2>&1
    grep -qE 'errors: [1-9]' out && return 1
    grep -q 'errors: 0' out && ! grep -q 'not completed' out && return 0
    return 2
}

holds() {
    local mode defines rc
    while read -r mode defines; do
        # shellcheck disable=SC2086
        run "ok$((++n))" "$mode" $defines
        rc=$?
        if [ $rc = 0 ]; then
            echo "holds      $mode $defines: $(awk '/states, stored/ {print $1; exit}' "$work/ok$n/out") states"
        else
            echo "VIOLATED ($rc) $mode $defines"
            bad=1
        fi
    done
}

found() {
    local bug mode defines rc
    while read -r bug mode defines; do
        # shellcheck disable=SC2086
        run "$bug" "$mode" -DBUG_"$bug" $defines
        rc=$?
        if [ $rc = 1 ]; then
            echo "found      $bug"
        else
            echo "NOT FOUND ($rc) $bug"
            bad=1
        fi
    done
}

hog="-DE=1 -DFILLS=4 -DKILLW=0 -DR0=3 -DR1=0 -DHOG -DN=4"
one="-DE=1 -DFILLS=3 -DKILLW=1 -DR0=1 -DR1=0 -DN=4"
if [ "${1:-}" = --quick ]; then
    holds <<'LIST'
NP -DE=1 -DFILLS=2 -DKILLW=1 -DR0=1 -DR1=0 -DN=4
SAFETY -DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=0 -DN=4
SAFETY -DE=1 -DFILLS=4 -DKILLW=0 -DR0=4 -DR1=0 -DHOG -DN=4 -DCOPY
LIST
    found <<LIST
CLAIM_NEWEST SAFETY $hog
EVEN_FIRST SAFETY $hog
NO_WITHHOLD SAFETY $hog
GATES_NO_UNDO SAFETY $one
NO_ALIVE NP -DE=1 -DFILLS=2 -DKILLW=1 -DR0=1 -DR1=0 -DN=4
LIST
    exit $bad
fi

holds <<'LIST'
SAFETY -DE=1 -DFILLS=3 -DKILLW=1 -DR0=1 -DR1=0 -DN=4
SAFETY -DE=1 -DFILLS=3 -DKILLW=0 -DR0=2 -DR1=4 -DN=4 -DCOPY
SAFETY -DE=1 -DFILLS=4 -DKILLW=0 -DR0=3 -DR1=0 -DHOG -DN=4
SAFETY -DE=1 -DFILLS=4 -DKILLW=0 -DR0=4 -DR1=0 -DHOG -DN=5 -DD=3 -DCOPY
SAFETY -DE=2 -DFILLS=2 -DKILLW=1 -DR0=2 -DR1=0 -DKILLR=1 -DN=4
SAFETY -DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=0 -DHOSTILE=2 -DN=4
NP -DE=1 -DFILLS=2 -DKILLW=1 -DR0=1 -DR1=0 -DN=4
NP -DE=1 -DFILLS=3 -DKILLW=0 -DR0=3 -DR1=0 -DCOPY -DN=4
LIST
found <<LIST
CLAIM_NEWEST SAFETY $hog
EVEN_FIRST SAFETY $hog
INDEX_AFTER_HEAD SAFETY $hog
GATES_ALL_CLOSED SAFETY $hog
NO_CHECK_AFTER_PIN SAFETY $hog
NO_FRAME_CHECK SAFETY $hog
NO_RECHECK SAFETY $hog
NO_WITHHOLD SAFETY $hog
ODD_AFTER_QBUF SAFETY $hog
PLUS_PLUS SAFETY $hog
GATES_NO_UNDO SAFETY $one
START_OLD SAFETY $one
NO_OWN SAFETY -DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=0 -DHOSTILE=1 -DN=4
UNRECORDED SAFETY -DE=2 -DFILLS=2 -DKILLW=1 -DR0=1 -DR1=0 -DN=4
NO_ALIVE NP -DE=1 -DFILLS=2 -DKILLW=1 -DR0=1 -DR1=0 -DN=4
LIST
# HEAD_BEFORE_UNPIN needs a frame that was not let go ahead, which is checked without -DSPARE:
protocol="-DAHEAD -DK=3"
found <<LIST
HEAD_BEFORE_UNPIN SAFETY -DE=1 -DFILLS=3 -DKILLW=1 -DR0=1 -DR1=0
LIST
exit $bad
