"""For the tests in the virtual machine that want systemd: it is booted there in a process namespace of its
own, and runs the test as a unit. Boots nothing by itself."""

import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

OUT = pathlib.Path("/run/out")
PATIENCE_S = 90  # emulation is slow, and its host may be busy

TEST_UNIT = """
[Unit]
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
Environment=FRAMERING_BUILD={build}
ExecStart={command} --inside
StandardOutput=file:{out}/inside.log
StandardError=file:{out}/inside.log
"""


def run(*words, check=True):
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S,
                          stdin=subprocess.DEVNULL)
    if check and done.returncode != 0:
        raise AssertionError(f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def wait_for(what, check):
    """The first true answer of check()."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        answer = check()
        if answer:
            return answer
        time.sleep(1)  # each look is a process, which is dear in emulation
    raise AssertionError(f"waited {PATIENCE_S} s for {what}")


def property_of(unit, name):
    return run("systemctl", "show", "-P", name, unit).strip()


def run_inside(script):
    """Boots systemd, runs `script --inside` as a unit in it, and returns its exit status."""
    pathlib.Path("/sys/fs/cgroup").mkdir(exist_ok=True)
    if not os.path.ismount("/sys/fs/cgroup"):
        run("mount", "-t", "cgroup2", "cgroup2", "/sys/fs/cgroup")
    unit = pathlib.Path("/run/systemd/system/framering-test.service")
    unit.parent.mkdir(parents=True, exist_ok=True)
    # A boot empties /tmp, and this may stand in there.
    folder = pathlib.Path("/run/framering-test")
    folder.mkdir()
    for path in (script, __file__):
        shutil.copy(path, folder)
    unit.write_text(TEST_UNIT.format(
        command=f"{sys.executable} {folder / pathlib.Path(script).name}", out=OUT,
        build=os.environ["FRAMERING_BUILD"]))
    # The variable makes systemd act as in a container: it ends with the unit's exit status.
    done = subprocess.run(["unshare", "--fork", "--pid", "--mount-proc", "env", "-i",
                           "container=other", f"PATH={os.environ['PATH']}",
                           "/lib/systemd/systemd", "--system", "--unit=framering-test.service",
                           "--log-target=journal"], stdin=subprocess.DEVNULL)
    log = OUT / "inside.log"
    print(log.read_text() if log.exists() else "systemd ended without running the tests", flush=True)
    return done.returncode


def main(boot, *units):
    """Outside: boot(), which ends with run_inside(). Inside: the script's tests, and, when one fails, what the
    journal has of the units."""
    if "--inside" not in sys.argv:
        sys.exit(boot())
    sys.argv.remove("--inside")
    result = unittest.main(verbosity=2, exit=False).result
    if not result.wasSuccessful():
        chosen = [word for unit in units for word in ("-u", unit)]
        print(run("journalctl", *chosen, "-n", "80", "--no-pager", check=False))
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
