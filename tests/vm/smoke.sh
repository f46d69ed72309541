#!/bin/sh
# In the virtual machine: the machine is what the other tests there count on. When this fails, look
# at tests/vm/run and its helpers, not at framering.
set -u

expect() { # WHAT COMMAND…
    what=$1
    shift
    if ! "$@"; then
        echo "FAILED: $what ($*)"
        exit 1
    fi
    echo "ok: $what"
}

expect "vivid loads" modprobe vivid n_devs=1
expect "its camera is there" test -c /dev/video0
expect "the source tree is visible" test -e "$FRAMERING_SOURCE/tests/vm/smoke.sh"
expect "the build tree is visible" test -e "$FRAMERING_BUILD/CMakeCache.txt"
expect "the build tree can be written to in here" touch "$FRAMERING_BUILD/only-in-the-machine"
expect "/run and /tmp are memory" touch /run/a /tmp/a
expect "Python runs" python3 -c 'import json, unittest'
expect "an argument with a blank arrives whole" test "${1:-}" = "two words"
echo "a result" >/run/out/result
