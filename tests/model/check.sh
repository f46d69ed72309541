#!/bin/bash
# check.sh [--quick]: checks the ring's model (ring.pml). Configurations that must hold, then mutations (BUG_…)
# that must be found, which shows what each step is for. Prints a table of Markdown: docs/robustness.md has one.
# All of it takes some twenty minutes of one processor and 4 GB; --quick: half a minute. Wants spin and gcc.
set -u
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
command -v spin >/dev/null || {
    echo "skipped: spin is missing (apt-get install spin)"
    exit 77
}
bad=0

# run MODE DEFINES...: MODE is SAFETY (assertions, dead ends) or NP (a process that turns for ever without
# progress). 0: holds; 1: violated; 2: could not be checked. What the checker said is in $work/out.
run() {
    local mode=$1 flags=
    shift
    cd "$work" || exit 1
    rm -f out pan ./*.trail
    # shellcheck disable=SC2086
    spin -a "$@" "$here/ring.pml" >out 2>&1 || return 2
    gcc -O2 -w -D"$mode" -DCOLLAPSE -DVECTORSZ=4096 -DMEMLIM=5500 -o pan pan.c || return 2
    [ "$mode" = NP ] && flags=-l
    timeout 3000 ./pan $flags -m400000 -n >out 2>&1
    grep -qE 'errors: [1-9]' out && return 1
    grep -q 'errors: 0' out && ! grep -q 'not completed' out && return 0
    return 2
}

# What the checker's output says: states, depth, seconds, megabytes; and what it found.
states() { awk '/states, stored/ {print $1; exit}' "$work/out"; }
depth() { sed -n 's/.*depth reached \([0-9]*\).*/\1/p' "$work/out"; }
megabytes() { awk '/total actual memory usage/ {printf "%.0f", $1}' "$work/out"; }
finding() {
    sed -n 's/^pan:1: //p' "$work/out" | sed 's/ (at depth.*//; s/^assertion violated.*/assertion/'
}

holds() {
    local what mode defines rc began
    echo "| configuration | defines | states | depth | MB | s | |"
    echo "| --- | --- | --- | --- | --- | --- | --- |"
    while IFS='|' read -r what mode defines; do
        began=$SECONDS
        # shellcheck disable=SC2086
        run "$mode" $defines
        rc=$?
        case $rc in
        0) verdict=holds ;;
        1) verdict="VIOLATED: $(finding)" bad=1 ;;
        *) verdict="NOT CHECKED" bad=1 ;;
        esac
        echo "| $what | \`$mode $defines\` | $(states) | $(depth) | $(megabytes) | $((SECONDS - began)) | $verdict |"
    done
    echo
}

found() {
    local bug mode defines rc
    echo "| mutation | found by | in |"
    echo "| --- | --- | --- |"
    while read -r bug mode defines; do
        # shellcheck disable=SC2086
        run "$mode" -DBUG_"$bug" $defines
        rc=$?
        case $rc in
        1) verdict=$(finding) ;;
        *) verdict="NOT FOUND ($rc)" bad=1 ;;
        esac
        echo "| $bug | $verdict | \`$mode $defines\` |"
    done
    echo
}

# Small rings to find a mutation in: one pinned reader; with a spare; with a driver and a writer that may die; with
# a reader that hogs all; with two readers of which one may die; with a pin that is kept for too long.
pin="-DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=0 -DN=4 -DCOPY"
spare="-DSPARE $pin"
dies="-DSPARE -DE=1 -DFILLS=3 -DKILLW=1 -DR0=1 -DR1=0 -DN=4"
hog="-DSPARE -DE=1 -DFILLS=4 -DKILLW=0 -DR0=3 -DR1=0 -DHOG -DN=4"
two="-DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=1 -DN=4 -DCOPY -DKILLR=1"
kept="-DE=1 -DFILLS=4 -DKILLW=0 -DR0=1 -DR1=0 -DN=3 -DCOPY -DPATIENCE=1"

if [ "${1:-}" = --quick ]; then
    holds <<LIST
a writer that may die, liveness|NP|-DSPARE -DE=1 -DFILLS=2 -DKILLW=1 -DR0=1 -DR1=0 -DN=4 -DCOPY
a pinned reader, a spare|SAFETY|-DSPARE -DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=0 -DN=4 -DCOPY
a hostile reader|SAFETY|-DE=1 -DFILLS=2 -DKILLW=0 -DR0=1 -DR1=0 -DN=4 -DCOPY -DHOSTILE=1
a slot that is taken back|SAFETY|$kept
LIST
    found <<LIST
CLAIM_NEWEST SAFETY $pin
EVEN_FIRST SAFETY $hog
NO_WITHHOLD SAFETY $hog
GATES_NO_UNDO SAFETY $dies
NO_ALIVE NP $dies
UNPIN_NO_UNDO SAFETY $two
NO_RECHECK SAFETY $kept
LIST
    exit $bad
fi

holds <<'LIST'
one pinned reader|SAFETY|-DSPARE -DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=0 -DN=4 -DCOPY
a writer that may die|SAFETY|-DSPARE -DE=1 -DFILLS=3 -DKILLW=1 -DR0=1 -DR1=0 -DN=4
two readers, both pinned, one may die|SAFETY|-DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=1 -DN=4 -DCOPY -DKILLR=1
two readers, three slots, writer and reader may die|SAFETY|-DE=1 -DFILLS=2 -DKILLW=1 -DR0=2 -DR1=3 -DN=3 -DCOPY -DKILLR=1
the same, and the writer comes back|SAFETY|-DE=2 -DFILLS=2 -DKILLW=1 -DR0=1 -DR1=0 -DN=3 -DCOPY -DKILLR=1
two readers, one of each kind, a spare|SAFETY|-DSPARE -DE=1 -DFILLS=3 -DKILLW=0 -DR0=2 -DR1=4 -DN=4 -DCOPY
a reader that pins all, a driver|SAFETY|-DSPARE -DE=1 -DFILLS=3 -DKILLW=0 -DR0=3 -DR1=0 -DHOG -DN=4
a reader that pins all, three in hand|SAFETY|-DSPARE -DE=1 -DFILLS=3 -DKILLW=0 -DR0=4 -DR1=0 -DHOG -DN=5 -DD=3 -DCOPY
two hostile operations|SAFETY|-DSPARE -DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=0 -DHOSTILE=2 -DN=4 -DCOPY
stray +1 on what nobody has pinned|SAFETY|-DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=0 -DHOSTILE=2 -DSTRAY -DN=4 -DCOPY
slots that are taken back, two readers, one may die|SAFETY|-DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=1 -DN=3 -DCOPY -DKILLR=1 -DPATIENCE=2
slots that are taken back, a driver, a reader that pins all|SAFETY|-DSPARE -DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=0 -DHOG -DN=4 -DPATIENCE=2
slots that are taken back, a writer that may die|SAFETY|-DE=1 -DFILLS=4 -DKILLW=1 -DR0=1 -DR1=0 -DN=3 -DPATIENCE=2
no pins, a peek reader|SAFETY|-DE=1 -DFILLS=5 -DKILLW=0 -DR0=4 -DR1=0 -DN=4 -DCOPY -DNOPINS
liveness, a writer that may die|NP|-DSPARE -DE=1 -DFILLS=2 -DKILLW=1 -DR0=1 -DR1=0 -DN=4
liveness, a writer that comes back|NP|-DE=2 -DFILLS=2 -DKILLW=1 -DR0=1 -DR1=0 -DN=3 -DCOPY
liveness, a slot that is taken back|NP|-DE=1 -DFILLS=3 -DKILLW=0 -DR0=1 -DR1=0 -DN=3 -DCOPY -DPATIENCE=1
liveness, a peek reader|NP|-DE=1 -DFILLS=3 -DKILLW=0 -DR0=4 -DR1=0 -DN=4 -DCOPY
LIST
found <<LIST
CLAIM_NEWEST SAFETY $pin
NO_OWN SAFETY $pin -DHOSTILE=1
NO_CLAIM SAFETY $pin
CLAIM_WAITS SAFETY -DE=1 -DFILLS=2 -DKILLW=0 -DR0=0 -DR1=0 -DHOG -DN=4 -DCOPY
HAND_FREE SAFETY $pin
ODD_AFTER_QBUF SAFETY $hog
PLUS_PLUS SAFETY $hog
EVEN_FIRST SAFETY $hog
NO_WITHHOLD SAFETY $hog
NO_REFILL SAFETY $hog
WITHHELD_EVEN SAFETY $hog
NO_MEND SAFETY $pin -DHOSTILE=1
P_SMALL SAFETY $pin -DHOSTILE=1 -DSTRAY
SPARE_TWICE SAFETY $spare
GIVE_UNCOVERED SAFETY $hog
GIVE_TWO SAFETY $hog
GIVE_TWICE SAFETY $spare
HEAD_BEFORE_UNPIN SAFETY $pin
INDEX_AFTER_HEAD SAFETY $hog
OPEN_BEFORE_HEAD SAFETY $pin
NO_CLOSE SAFETY $pin
CLOSE_TWICE SAFETY $pin
CLOSE_AFTER_HEAD SAFETY $pin
GATES_ALL_CLOSED SAFETY $pin
GATE_2_OPEN SAFETY $pin
GATES_NO_UNDO SAFETY $dies
ALIVE_NO_UNDO SAFETY $dies
ALIVE_LATE SAFETY $pin
FILE_FIRST SAFETY $pin
UNRECORDED SAFETY -DSPARE -DE=2 -DFILLS=1 -DKILLW=1 -DR0=0 -DR1=0 -DN=4
NO_RMID SAFETY $pin
START_OLD SAFETY $pin
REENTER NP $dies
NO_ALIVE NP $dies
RETRY NP $pin
PIN_NO_UNDO SAFETY $two
UNPIN_NO_UNDO SAFETY $two
NO_UNPIN SAFETY $pin
PIN_WAITS SAFETY $dies
NO_CHECK_AFTER_PIN SAFETY $hog
NO_FRAME_CHECK SAFETY $hog
NO_RECHECK SAFETY $hog
NO_RECHECK SAFETY $kept
LIST
exit $bad
