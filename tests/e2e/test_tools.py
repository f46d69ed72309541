"""The two commands of the README: what they refuse, what they add up, what the demo leaves behind."""

import os
import pathlib
import re
import signal
import stat
import subprocess
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ["FRAMERING_BUILD"])
SOURCE = pathlib.Path(os.environ["FRAMERING_SOURCE"])


def run(*words, **options):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120,
                          stdin=subprocess.DEVNULL, **options)


class Usage(unittest.TestCase):
    def test_help_is_printed(self):
        for tool in ("demo", "test"):
            done = run(SOURCE / "tools" / tool, "--help")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(f"Usage: tools/{tool}", done.stdout)

    def test_wrong_usage_is_told(self):
        for words in (("test", "--slow"), ("demo", "now"), ("demo", "--seconds"),
                      ("demo", "--seconds", "0"), ("demo", "--seconds=1.5"),
                      ("demo", "--source", "camera"), ("demo", "--source=")):
            done = run(SOURCE / "tools" / words[0], *words[1:])
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("expected", done.stderr)


JUNIT = """<?xml version="1.0"?><testsuite>
<testcase name="unit.a" status="run"><system-out>fine</system-out></testcase>
<testcase name="e2e.b" status="run"><system-out>test_x (__main__.B.test_x) ... skipped 'no camera'
</system-out></testcase>
<testcase name="unit.c" status="fail"><failure message="Failed"/>
<system-out>Running
c.c:12:F:c:promise:0: Assertion failed
</system-out></testcase>
<testcase name="vm.d" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
<system-out>vm: skipped: qemu is missing</system-out></testcase>
<testcase name="e2e.f" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/>
<system-out>skipped: no footage
history: 0 epochs</system-out></testcase>
<testcase name="unit.e" status="notrun"><skipped message="Unable to find executable"/>
<system-out/></testcase></testsuite>"""


class Sum(unittest.TestCase):
    def sum(self, junit, steps=""):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "release.xml").write_text(junit)
            (pathlib.Path(folder) / "steps.tsv").write_text(steps)
            return run(SOURCE / "tools/sum_tests", folder)

    def test_every_test_is_counted_with_its_reason(self):
        done = self.sum(JUNIT, "build.clang\tpassed\t\nbuild.dev\tfailed\tsee its log\n")
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[-1], "3 passed, 3 failed, 3 skipped")
        self.assertIn("  release: unit.c: c.c:12:F:c:promise:0: Assertion failed", lines)
        self.assertIn("  release: vm.d: vm: skipped: qemu is missing", lines)
        self.assertIn("  release: e2e.b, test_x: no camera", lines)
        self.assertIn("  release: e2e.f: skipped: no footage", lines)
        self.assertIn("  release: unit.e: Unable to find executable", lines)
        self.assertIn("  build.dev: see its log", lines)

    def test_a_skip_is_no_failure(self):
        done = self.sum(re.sub(r'<testcase name="unit\.[ce]".*?</testcase>', "", JUNIT, flags=re.S))
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1]),
                         (0, "2 passed, 0 failed, 3 skipped"))

    def test_no_tests_at_all_are_a_failure(self):
        self.assertEqual(self.sum("<testsuite/>").returncode, 1)


class Demo(unittest.TestCase):
    """The running part alone, on the programs of this build."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="framering-demo-test-")
        self.addCleanup(lambda: run("rm", "-rf", self.folder))
        self.assertEqual(stat.S_IMODE(os.stat(self.folder).st_mode), 0o700)
        self.command = [str(SOURCE / "tools/demo_show"), "--build", str(BUILD)]
        self.environment = {**os.environ, "FRAMERING_RUNDIR": self.folder}
        self.before = run("ipcs").stdout

    def start(self, *words):
        process = subprocess.Popen([*self.command, *words], stdout=subprocess.PIPE, text=True,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                   env=self.environment)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def read_until(self, process, pattern):
        """All that it says up to the first line with the pattern."""
        said = []
        for line in process.stdout:
            said.append(line)
            if re.search(pattern, line):
                return said
        self.fail(f"it never said {pattern}: {''.join(said)}")

    def programs(self):
        """Command lines of capture and analyzer that run with our folder."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if self.folder.encode() in (path / "environ").read_bytes():
                    words = (path / "cmdline").read_bytes().split(b"\0")
                    if b"framering-" in words[0]:
                        found.append((int(path.name), os.path.basename(words[0]).decode()))
            except OSError:
                continue
        return found

    def check_nothing_is_left(self, may_stay=False):
        self.assertEqual(self.programs(), [])
        self.assertFalse(os.path.exists(self.folder) and not may_stay)
        self.assertEqual(run("ipcs").stdout, self.before)

    def test_it_shows_events_and_rates_and_leaves_nothing(self):
        process = self.start("--source", "synthetic:")
        self.read_until(process, r'The ring "demo" is there: \d+x\d+ ')
        self.read_until(process, r"frames/s, \d+ frames in all, (none|\d+) dropped; 1 reading")
        self.read_until(process, r"Motion began: [\d.]+ % of the picture, \d+x\d+ pixels at")
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        self.assertEqual(process.wait(60), 0, rest)
        self.assertIn("Nothing is left behind", rest)
        self.check_nothing_is_left()

    def test_it_stops_after_its_seconds(self):
        began = time.monotonic()
        done = run(*self.command, "--source", "synthetic:", "--seconds", "4", env=self.environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertGreaterEqual(time.monotonic() - began, 4)
        self.check_nothing_is_left()

    def test_what_is_killed_is_started_again(self):
        process = self.start("--source", "synthetic:")
        for name in ("framering-capture", "framering-analyzer"):
            self.read_until(process, r"1 reading")
            (pid,) = [pid for pid, running in self.programs() if running == name]
            os.kill(pid, signal.SIGKILL)
            self.read_until(process, "was killed by SIGKILL; starting it again")
        self.read_until(process, r"1 reading")
        process.send_signal(signal.SIGTERM)
        self.assertEqual((process.stdout.read() and 0, process.wait(60)), (0, 0))
        self.check_nothing_is_left()

    def test_killed_itself_it_takes_its_programs_along(self):
        process = self.start("--source", "synthetic:")
        self.read_until(process, r'The ring "demo" is there')
        process.kill()
        process.wait()
        end = time.monotonic() + 30
        while self.programs() and time.monotonic() < end:
            time.sleep(0.1)
        self.check_nothing_is_left(may_stay=True)  # tools/demo removes the folder

    def test_a_wrong_source_is_a_failure_with_its_reason(self):
        done = run(*self.command, "--source", "tape:1", env=self.environment)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"Failed: .*tape")
        self.check_nothing_is_left()


if __name__ == "__main__":
    unittest.main()
