"""That the frames of programs which load libframering are logged and judged, as `judged` promises: the
other scripts of this folder run under it, and would not notice if it saw nothing."""

import os
import pathlib
import re
import select
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["FRAMERING_BUILD"])
ACTOR = BUILD / "tests/e2e/ring_actor"
JUDGED = [BUILD / "tests/history/judged", BUILD / "tests/history/libfr_history_preload.so"]
SUMMARY = re.compile(r"^history: (\d+) epochs, (\d+) frames published; (\d+) readers, (\d+) frames taken, "
                     r"\d+ missed, (\d+) accepted, 0 torn; (\d+) faults$", re.M)


class Actor:
    def __init__(self, *words):
        self.process = subprocess.Popen([ACTOR, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self):
        line = self.process.stdout.readline()
        assert line.startswith("ok "), line
        return int(line.split()[1])

    def do(self, line):
        self.ask(line)
        return self.answer()

    def has_answered(self):
        return bool(select.select([self.process.stdout], [], [], 0.05)[0])


def play(does_spoil):
    """A writer, and a reader that takes a frame and gives it back."""
    writer, reader = Actor("write", "cam0"), Actor("hold", "cam0")
    writer.answer()
    reader.answer()
    writer.do("begin GREY 64 48")
    reader.ask("take")
    while not reader.has_answered():
        writer.do("publish 1")
    reader.answer()
    if does_spoil:
        writer.do("spoil")
    reader.do("give")
    for actor in (reader, writer):
        actor.process.stdin.close()
        actor.process.wait(60)


class Judged(unittest.TestCase):
    def judge(self, *command):
        """The exit code, what was said, and the numbers of its last line."""
        folder = tempfile.mkdtemp(prefix="framering-history-test-")
        self.addCleanup(shutil.rmtree, folder)
        done = subprocess.run([*JUDGED, *command], env=dict(os.environ, FRAMERING_RUNDIR=folder), timeout=120,
                              capture_output=True, text=True)
        summary = SUMMARY.search(done.stderr)
        self.assertTrue(summary, done.stderr)
        return done.returncode, done.stderr, [int(n) for n in summary.groups()]

    def test_frames_of_other_programs_are_seen(self):
        code, said, (epochs, published, readers, taken, accepted, faults) = self.judge(
            sys.executable, "-B", __file__, "play")
        self.assertEqual((code, epochs, readers, taken, accepted, faults), (0, 1, 1, 1, 1, 0), said)
        self.assertGreaterEqual(published, 1)

    def test_a_frame_that_was_changed_after_its_publishing_is_a_failure(self):
        code, said, numbers = self.judge(sys.executable, "-B", __file__, "spoil")
        self.assertEqual((code, numbers[-1]), (1, 1), said)
        self.assertRegex(said, r"accepted, and not what was published: torn")

    def test_it_ends_as_its_command_does(self):
        self.assertEqual(self.judge("sh", "-c", "exit 77")[0], 77)
        self.assertEqual(self.judge("sh", "-c", "kill -9 $$")[0], 128 + 9)
        self.assertEqual(self.judge("/does/not/exist")[0], 127)


if __name__ == "__main__":
    if sys.argv[1:] in (["play"], ["spoil"]):
        play(sys.argv[1] == "spoil")
    else:
        unittest.main()
