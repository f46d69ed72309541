#!/bin/bash
# mutants.sh [--schedules N] [NAME…]: takes out one check or step of the library at a time (mutants.tsv: name,
# file, sed script, what goes wrong then), and tells which seed of ring-sim finds it. All must be found within
# N schedules (1000000). Leaves the tree as it is.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
schedules=1000000
if [ "${1:-}" = --schedules ]; then
    schedules=$2
    shift 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
cc=${CC:-gcc}
flags=(-std=gnu17 -O1 -w -D_GNU_SOURCE -I "$root" -I "$root/common/ring/include")
simulated=(-include "$root/tests/sim/library.h")
library=(ring_writer ring_reader view pixfmt names sysv sweep writer reader attachment)
for name in "${library[@]}"; do
    "$cc" "${flags[@]}" "${simulated[@]}" -c "$root/common/ring/$name.c" -o "$name.o" || exit 1
done
"$cc" "${flags[@]}" -r "$root"/tests/sim/*.c -o simulation.o || exit 1

bad=0
n=0
while IFS=$'\t' read -r name file script why; do
    [ $# = 0 ] || [[ " $* " = *" $name "* ]] || continue
    n=$((n + 1))
    base=$(basename "$file" .c)
    sed "$script" "$root/$file" >mutant.c
    if cmp -s "$root/$file" mutant.c; then
        echo "NOT APPLIED $name: $file has changed"
        bad=1
        continue
    fi
    objects=("${library[@]/%/.o}")
    objects=("${objects[@]/#$base.o/mutant.o}")
    if ! "$cc" "${flags[@]}" "${simulated[@]}" -c mutant.c || ! "$cc" "${objects[@]}" simulation.o -o mutant; then
        echo "NOT BUILT   $name"
        bad=1
        continue
    fi
    timeout 1200 ./mutant --schedules "$schedules" >out 2>&1
    code=$?
    if [ $code = 1 ] && grep -q 'the simulation is at fault' out; then
        echo "NOT THE SAME AGAIN $name: $(tail -n 3 out)"
        bad=1
    elif [ $code = 1 ]; then
        printf 'found       %-22s %s\n' "$name" "$(sed -n 's/^ring-sim: seed \([0-9]*\) fails: /seed \1: /p' out)"
    else
        printf 'NOT FOUND   %-22s (%s) %s\n' "$name" "$code" "$why"
        bad=1
    fi
done <"$root/tests/sim/mutants.tsv"
echo "$n mutants"
[ "$n" -gt 0 ] || bad=1
exit $bad
