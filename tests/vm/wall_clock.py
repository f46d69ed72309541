#!/usr/bin/env python3
"""In the virtual machine, whose clock is ours to set: row C13 of the fault list.

Cameras are captured and analysed while the wall clock jumps by days, is stepped as NTP steps it, and
gets a leap second from the kernel. Frames and events must go on as if nothing had happened, and only
what people read is told in the new time.
"""

import ctypes
import datetime
import itertools
import json
import pathlib
import statistics
import struct
import sys
import time
import unittest

sys.dont_write_bytecode = True
import vivid_camera as rig  # noqa: E402
from usb_webcam import Reader  # noqa: E402

DAY_S = 24 * 3600
FRAMES = 15  # that are looked at after each jump
# struct timex of adjtimex(2), where it matters.
ADJ_MAXERROR, ADJ_STATUS, ADJ_SETOFFSET, ADJ_NANO, STA_INS = 0x4, 0x10, 0x100, 0x2000, 0x10
TIMEX_BYTES, STATUS_AT, TIME_AT = 208, 40, 72
TIME_OOP, TIME_WAIT = 3, 4  # the leap second is, and was

libc = ctypes.CDLL(None, use_errno=True)


def adjtimex(modes=0, status=0, seconds=0, nanoseconds=0):
    timex = ctypes.create_string_buffer(TIMEX_BYTES)
    struct.pack_into("=I", timex, 0, modes)
    struct.pack_into("=i", timex, STATUS_AT, status)
    struct.pack_into("=qq", timex, TIME_AT, seconds, nanoseconds)
    state = libc.adjtimex(timex)
    if state < 0:
        raise OSError(ctypes.get_errno(), "adjtimex")
    return state


def jump(seconds):
    time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)


def step_as_ntp(seconds):
    whole = int(seconds // 1)
    adjtimex(ADJ_SETOFFSET | ADJ_NANO, seconds=whole, nanoseconds=int((seconds - whole) * 1e9))


def leap():
    """The kernel inserts a second at the end of a day: the last of its seconds comes twice."""
    time.clock_settime(time.CLOCK_REALTIME, time.time() // DAY_S * DAY_S + DAY_S - 2.5)
    adjtimex(ADJ_STATUS | ADJ_MAXERROR, STA_INS)  # an error of 0: or all it answers is that it is not exact
    end = time.monotonic() + rig.PATIENCE_S
    while adjtimex() not in (TIME_OOP, TIME_WAIT):
        if time.monotonic() > end:
            raise AssertionError("the leap second did not come")
        time.sleep(0.1)
    adjtimex(ADJ_STATUS, 0)


# In the end the clock stands where it would have stood, but for seconds.
CHANGES = {"a day on": lambda: jump(DAY_S), "two days back": lambda: jump(-2 * DAY_S),
           "another day on": lambda: jump(DAY_S),
           "a step on": lambda: step_as_ntp(1.5), "a step back": lambda: step_as_ntp(-1.5),
           "a leap second": leap}


def wall(event, key="time"):
    return datetime.datetime.fromisoformat(event[key]).timestamp()


class WallClock(rig.Camera):
    def setUp(self):
        super().setUp()
        self.ahead_s = time.time() - time.monotonic()

    def tearDown(self):
        time.clock_settime(time.CLOCK_REALTIME, time.monotonic() + self.ahead_s)
        super().tearDown()

    def scene(self):
        """Something that moves for a moment and rests for a moment, seen by an analyzer."""
        capture = self.start(rig.CAPTURE, "--camera", "drawn", "--size", "160x120", "--fps", 10, "--source",
                             "synthetic:still=1.3,move=1.3,light=0")
        capture.wait_for("streaming ")
        return capture, self.analyzer("drawn")

    def analyzer(self, camera, *words):
        return self.start(rig.ANALYZER, "--camera", camera, "--motion-end", "0.5", *words)

    def gaps(self, frames):
        self.assert_in_order(frames)
        return [b["captured_ns"] - a["captured_ns"] for a, b in itertools.pairwise(frames)]

    def next_event(self, analyzer, kind, since):
        at, line = analyzer.wait_for(f'"event":"{kind}"', since)
        return at + 1, json.loads(line.string)

    def test_C13_frames_and_motions_go_on_whatever_the_wall_clock_does(self):
        capture, _ = self.streaming("--fps", 10, "--size", "320x180")
        drawn, mover = self.scene()
        watcher, reader = self.analyzer("cam0"), Reader()
        self.started.append(reader)
        before = statistics.median(self.gaps([reader.take() for _ in range(FRAMES)]))
        ids = set()
        for name, change in CHANGES.items():
            with self.subTest(change=name):
                change()
                at = len(mover.lines)
                after = self.gaps([reader.take() for _ in range(FRAMES)])
                self.assertTrue(before / 3 < statistics.median(after) < 3 * before, (before, after))
                at, start = self.next_event(mover, "motion_start", at)
                at, end = self.next_event(mover, "motion_end", at)
                self.assertEqual(start["id"], end["id"])
                self.assertNotIn(start["id"], ids)
                ids.add(start["id"])
                self.assertTrue(0.3 < end["duration"] < 10, end)
                self.assertAlmostEqual(wall(end, "began"), wall(start, "began"), delta=0.5)
                # It is told in the new time, without a jump between the two of one motion.
                self.assertAlmostEqual(wall(end), time.time(), delta=rig.PATIENCE_S)
                self.assertTrue(0 < wall(end) - wall(start) < 10, (start, end))
        told = "\n".join(map(str, (capture, drawn, mover, watcher)))
        for words in ("source lost", "no frame for", "signal", "slept"):
            self.assertNotIn(words, told)
        self.assertEqual(reader.gone, 0)
        reader.stop()
        for program in (watcher, mover):
            self.assertEqual(program.stop(), 0, str(program))
        self.assertEqual(drawn.stop(), 0, str(drawn))
        self.stop(capture)

    def test_C13_waits_end_when_they_should_while_the_clock_is_turned(self):
        capture, _ = self.streaming("--stall-timeout", "2")
        watcher = self.analyzer("cam0", "--signal-timeout", "3")
        watcher.wait_for("epoch .* of cam0")
        # It sends nothing from now on: only the time-out can tell, and it is not the wall clock's.
        rig.control(self.device, **{"Percentage of Dropped Buffers": 100})
        began = time.monotonic()
        jump(-DAY_S)
        capture.wait_for("no frame for .*; stopping and starting the stream")
        watcher.wait_for('"signal_lost"')
        self.assertGreater(time.monotonic() - began, 1)
        rig.control(self.device, **{"Percentage of Dropped Buffers": 0})
        watcher.wait_for('"signal_back"')
        self.assertEqual(watcher.stop(), 0, str(watcher))
        self.stop(capture)

    def test_C13_what_was_made_before_the_clock_was_set_back_is_not_made_again(self):
        """Names of events and epochs, and files: two lives that begin in the same second by the clock."""
        second, folder = time.time() // 1 + 1, pathlib.Path("/run/test/pictures")
        folder.mkdir()
        ids, epochs = [], []
        for life in range(2):
            time.clock_settime(time.CLOCK_REALTIME, second)
            drawn, mover = self.scene()
            _, start = self.next_event(mover, "motion_start", 0)
            ids.append(start["id"])
            epochs.append(start["epoch"])
            rig.run(rig.COMMAND, "snapshot", "drawn", "-o", folder / f"{life}.jpg")
            self.assertEqual(mover.stop(), 0, str(mover))
            self.stop(drawn)
        self.assertNotEqual(ids[0], ids[1])
        self.assertGreater(epochs[1], epochs[0])
        self.assertEqual(sorted(path.name for path in folder.iterdir()), ["0.jpg", "1.jpg"])
        self.assertNotEqual((folder / "0.jpg").stat().st_size, 0)


def setUpModule():
    rig.load()


if __name__ == "__main__":
    unittest.main(verbosity=2)
