"""What framering-capture does, counts and says when a member of the group is at its semaphores."""

import ctypes
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from capture_rig import BUILD, PATIENCE_S, CaptureCase

LIBC = ctypes.CDLL(None, use_errno=True)
SETVAL, IPC_NOWAIT = 16, 0o4000
FREE = 32767  # a slot that nobody has
SLOTS = 8


class Operation(ctypes.Structure):
    _fields_ = [("number", ctypes.c_ushort), ("by", ctypes.c_short), ("flags", ctypes.c_short)]


class Tampering(CaptureCase):
    def start(self, *words):
        process = self.capture("--fps", "200", "--slots", str(SLOTS), *words)
        self.follower = self.reader()
        self.follower.frame()
        text = pathlib.Path(self.rundir, "cam0", "ring").read_text(encoding="ascii")
        self.pins = int(dict(line.split() for line in text.splitlines()[:-1])["pins"])
        return process

    def info(self):
        done = subprocess.run(
            [str(BUILD / "monitor" / "framering"), "info", "cam0", "--json", "--window", "0"],
            env=self.env, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def set_all(self, value):
        for slot in range(SLOTS):
            self.assertEqual(LIBC.semctl(self.pins, slot, SETVAL, value), 0)

    def take_all(self):
        """As a reader pins, but nothing gives it back, not even its death."""
        for slot in range(SLOTS):
            LIBC.semop(self.pins, ctypes.byref(Operation(slot, -1, IPC_NOWAIT)), 1)

    def until(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)

    def look_again_after(self, frames):
        """Two looks with so many frames between them, at least."""
        before = after = self.info()
        while after["frames"] < before["frames"] + frames:
            self.follower.frame()
            after = self.info()
        return before, after

    def log_at_the_end(self, process):
        self.stop(process)
        self.assertEqual(process.returncode, 0)
        code, rest = self.ends(process)
        return "\n".join(process.log.seen) + rest

    def test_N2_pins_that_others_set_are_put_right_counted_and_told_once(self):
        process = self.start()
        self.set_all(FREE)
        process.log.until(r"\d+ slots taken back: .*pin_patience$")
        mended = self.info()["mended"]
        self.assertGreater(mended, 0)
        def more_is_counted():
            self.set_all(FREE)
            return self.info()["mended"] > mended + 5

        self.until(more_is_counted, "more was not counted")
        self.assertEqual(self.log_at_the_end(process).count("slots taken back"), 1)

    def test_N2_pins_that_nobody_has_are_taken_back_after_the_patience_of_the_settings(self):
        process = self.start("--pin-patience", "0.2")
        withheld = self.info()["withheld"]
        # All of them: those of the writer's hand as well, as it lets them go.
        while self.info()["withheld"] < withheld + 20:
            self.take_all()
        process.log.until(r"slots taken back")
        self.assertLess(self.info()["withheld"], 200 * 9, "it waited for as long as by default")
        self.until(self.nothing_is_withheld_any_more, "frames are withheld for ever")
        self.assertIn("frames withheld: readers hold every other slot", self.log_at_the_end(process))

    def nothing_is_withheld_any_more(self):
        before, after = self.look_again_after(4 * SLOTS)
        return after["withheld"] == before["withheld"]

    def test_N1_with_a_patience_of_0_they_stay(self):
        process = self.start("--pin-patience", "0")
        while not all(slot["pins"] or slot["is_writers"] for slot in self.info()["slot"]):
            self.take_all()
        before, after = self.look_again_after(100)
        # Each of them; but the two counters of one look are not read at the same time.
        self.assertGreaterEqual(after["withheld"] - before["withheld"],
                                after["frames"] - before["frames"] - 2)
        self.assertEqual(after["mended"], 0)
        self.stop(process)


if __name__ == "__main__":
    unittest.main()
