#!/usr/bin/env python3
"""In the virtual machine: the built programs on a USB webcam of our own, driven by the kernel's uvcvideo.

The camera (usb_camera/) draws a number into each picture and keeps a log of what it sent, so that each
test can say which frames had to arrive and which had not to. Whatever it does wrong, it is told to.
"""

import os
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
from processes import ANALYZER, CAPTURE, TIME_ESTIMATED, Case, run  # noqa: E402
from usb_webcam import Reader, Udev, Webcam, compare, load, set_nodrop  # noqa: E402

SIZE, FPS = "320x240", 15
CONF = pathlib.Path("/run/test/cam0.conf")
DATA = pathlib.Path(os.environ["FRAMERING_DATA"])

# What becomes of a bad frame: the reason that it is counted with. What the driver drops by itself
# leaves a hole in its counter. Of the last one it tells nothing at all.
REASONS = {
    "C5": {"truncated": "undecodable", "garbage": "undecodable", "html": "short", "tiny": "short"},
    "C7": {"progressive": "undecodable", "arithmetic": "undecodable", "cmyk": "undecodable",
           "lossless": "undecodable", "12-bit": "undecodable", "wrong-size": "undecodable"},
    "C1": {"error-bit": "lost_by_source", "overrun": "lost_by_source", "empty": "lost_by_source",
           "stuck-fid": None},
}
HARMLESS = ("no-tables", "stale-tail", "junk-head", "extraneous", "no-eof")


class WebcamCase(Case):
    """One camera for all tests, well behaved and plugged in at the beginning of each."""

    webcam_words, serial = (), "0001"

    @classmethod
    def setUpClass(cls):
        cls.webcam = Webcam(udev, *cls.webcam_words, serial=cls.serial)

    @classmethod
    def tearDownClass(cls):
        cls.webcam.tell("quit")
        cls.webcam.end()

    def setUp(self):
        super().setUp()
        self.well_behaved()

    def well_behaved(self):
        self.webcam.behave()
        if self.webcam.tell("status")["state"] == "unplugged":
            self.webcam.plug()

    def capture(self, *words, device=None, size=SIZE, fps=FPS, format="MJPG"):
        return self.start(CAPTURE, "--camera", "cam0", "--source", f"v4l2:{device or self.webcam.by_id}",
                          "--size", size, "--fps", fps, "--format", format, *words)

    def reader(self):
        reader = Reader()
        self.started.append(reader)
        return reader

    def reading(self, *words, **options):
        """A capture that streams, and a reader that has its first frame."""
        capture, _ = self.streaming(*words, **options)
        reader = self.reader()
        reader.take()
        self.dropped = self.info()["dropped"]
        return capture, reader

    def assert_accounted(self, frames, drops):
        """No bad frame was shown, and each good one was: or it is counted."""
        lost, shown = compare(self.webcam.sent(), frames)
        missed = sum(frame["missed"] for frame in frames[1:])
        self.assertEqual(shown, [])
        self.assertLessEqual(len(lost), missed + drops, f"lost without a word: {lost}")
        numbers = [frame["drawn"] for frame in frames]
        self.assertNotIn(None, numbers)
        self.assertEqual(numbers, sorted(set(numbers)))

    def misbehave(self, reader, fault, count=2):
        """So many frames with a fault, and one after them; how the counters of drops changed since the
        last time, and the frames seen."""
        number = self.webcam.tell("status")["number"]
        self.webcam.tell("fault", fault, count)
        bad = []
        while len(bad) < count:
            last = reader.until(number)["drawn"]
            bad = [n for _, n, _, kind in self.webcam.sent() if n > number and kind == fault]
        if last < bad[-1]:
            reader.until(bad[-1])
        before, self.dropped = self.dropped, self.info()["dropped"]
        return {name: self.dropped[name] - before[name] for name in before}, reader.since(number)

    def assert_counted(self, reader, fault, reason):
        """Frames with a fault are counted for that reason and not shown. On a busy host the driver may
        lose one before anybody sees what is wrong with it."""
        drops, seen = self.misbehave(reader, fault)
        self.assert_accounted(seen, sum(drops.values()))
        for _ in range(3):
            if not reason or drops[reason] >= 1:
                return
            drops, _ = self.misbehave(reader, fault)
        self.fail(f"{fault}: not counted as {reason}, but {drops}")


class Streaming(WebcamCase):
    def test_the_list_shows_its_formats_sizes_and_rates(self):
        text = run(CAPTURE, "--list")
        self.assertRegex(text, r"/dev/video\d+: Test Camera \(driver uvcvideo, usb-vhci_hcd")
        for line in ("MJPG 320x240 at 30, 15, 5", "MJPG 1280x720 at 30, 15, 5", "YUYV 640x480 at 15, 5"):
            self.assertIn(f"  {line} frames/s\n", text)

    def check(self, path, size=SIZE, frames=20, **options):
        capture, told = self.streaming(*options.pop("words", ()), size=size, **options)
        self.assertEqual(told.split(" (")[0], path)
        reader = self.reader()
        seen = [reader.take() for _ in range(frames)]
        self.assertEqual({f"{frame['width']}x{frame['height']}" for frame in seen}, {size})
        self.assert_in_order(seen)
        self.assert_accounted(seen, self.info()["dropped_total"])
        reader.stop()
        self.stop(capture)

    def test_mjpeg_arrives_in_order_and_whole(self):
        self.check("MJPEG")

    def test_yuyv_arrives_in_order_and_whole_without_a_copy(self):
        self.check("USERPTR", format="YUYV")

    def test_yuyv_arrives_in_order_and_whole_with_one_copy(self):
        self.check("MMAP", format="YUYV", words=("--zero-copy", "no"))

    def test_larger_sizes_stream(self):
        self.check("MJPEG", size="640x480", frames=8)
        self.check("USERPTR", size="640x480", frames=8, format="YUYV", fps=5)

    def test_a_real_webcams_frame_is_shown(self):
        path = DATA / "jpeg/timsc_webcam_640x480_nodht.jpg"
        if not path.exists():
            self.skipTest(f"no footage at {DATA}")
        self.webcam.tell("files", "good", path)
        capture, _ = self.streaming(size="640x480", fps=5)
        self.assertEqual(len(self.probe(3)), 3)
        self.stop(capture)


class Isochronous(WebcamCase):
    """As most webcams stream: what is lost on the bus is lost, and the driver knows."""

    webcam_words, serial = ("--isochronous",), "0002"

    def test_mjpeg_and_yuyv_arrive_in_order_and_whole(self):
        for format, path in (("MJPG", "MJPEG"), ("YUYV", "USERPTR")):
            with self.case(format=format):
                capture, told = self.streaming(format=format)
                self.assertEqual(told.split(" (")[0], path)
                reader = self.reader()
                seen = [reader.take() for _ in range(15)]
                self.assert_in_order(seen)
                self.dropped = self.info()["dropped"]
                self.assert_accounted(seen, sum(self.dropped.values()))
                self.assert_counted(reader, "lost-payload", "lost_by_source")
                reader.stop()
                self.stop(capture)


class Faults(WebcamCase):
    def check_bad(self, row, **options):
        capture, reader = self.reading(**options)
        for fault, reason in REASONS[row].items():
            with self.subTest(fault=fault):
                self.assert_counted(reader, fault, reason)
        self.assertFalse([line for line in capture.lines if "source lost" in line])
        self.stop(capture)

    def test_C1_frames_that_the_driver_finds_broken_are_holes_in_order(self):
        self.check_bad("C1")

    def test_C1_frames_that_the_driver_flags_are_not_published(self):
        self.webcam.tell("unplug")
        set_nodrop(True)
        try:
            self.webcam.plug()
            for format, faults in (("MJPG", ("error-bit", "overrun")),
                                   ("YUYV", ("error-bit", "truncated", "lost-payload"))):
                with self.case(format=format):
                    capture, reader = self.reading(format=format)
                    for fault in faults:
                        self.assert_counted(reader, fault, "corrupt")
                    reader.stop()
                    self.stop(capture)
        finally:
            self.webcam.tell("unplug")
            set_nodrop(False)

    def test_C5_mjpeg_that_is_none_is_counted_and_not_published(self):
        self.check_bad("C5")

    def test_C7_mjpeg_of_other_kinds_and_sizes_is_counted_and_not_published(self):
        self.check_bad("C7")

    def test_C6_frames_that_are_only_odd_are_published(self):
        capture, reader = self.reading()
        for fault in HARMLESS:
            with self.subTest(fault=fault):
                drops, seen = self.misbehave(reader, fault, 3)
                self.assertEqual(drops["undecodable"], 0)
                self.assert_accounted(seen, sum(drops.values()))
        # One line at most about what is odd in each frame.
        self.assertLessEqual(len([line for line in capture.lines if "warning" in line.lower()]), 1,
                             str(capture))
        self.stop(capture)

    def test_a_transfer_that_fails_costs_frames_and_not_the_stream(self):
        capture, reader = self.reading()
        number = reader.frames[-1]["drawn"]
        self.webcam.tell("transfer-error")
        reader.until(number + 5)
        self.assertEqual(compare(self.webcam.sent(), reader.frames)[1], [])
        self.assertFalse([line for line in capture.lines if "source lost" in line])
        self.stop(capture)

    def test_C12_times_of_the_camera_that_lie_do_no_harm(self):
        capture, reader = self.reading()
        for clock in ("zero", "backwards", "random", "good"):
            self.webcam.tell("clock", clock)
            reader.until(reader.frames[-1]["drawn"] + 4)
        self.assert_in_order([{**frame, "flags": frame["flags"] & ~TIME_ESTIMATED}
                              for frame in reader.frames])
        self.stop(capture)

    def test_a_rate_that_is_not_kept_and_bursts_lose_nothing(self):
        capture, reader = self.reading(fps=30)
        for words in (("rate", 5), ("burst", 3)):
            self.webcam.tell(*words)
            reader.until(reader.frames[-1]["drawn"] + 6)
        self.assert_in_order(reader.frames)
        self.assert_accounted(reader.frames, self.info()["dropped_total"])
        self.assertFalse([line for line in capture.lines if "source lost" in line])
        self.stop(capture)

    def test_controls_that_are_refused_do_not_stop_the_stream(self):
        self.webcam.tell("refuse", "all", "forever")
        capture, reader = self.reading()
        self.stop(capture)


class Life(WebcamCase):
    def test_C8_unplugged_and_plugged_in_again_the_same_ring_goes_on(self):
        capture, reader = self.reading()
        analyzer = self.start(ANALYZER, "--camera", "cam0", "--signal-timeout", "0.5")
        seen, told, epoch = 0, 0, reader.frames[-1]["epoch"]
        # In the same place; in another one; and as another node, for the old one is still open.
        for port, is_held in ((0, False), (3, False), (0, True)):
            with self.subTest(port=port, held=is_held):
                node = os.path.realpath(self.webcam.by_id)
                held = open(node) if is_held else None
                number = self.webcam.tell("status")["number"]
                self.webcam.tell("unplug")
                told, _ = capture.wait_for("source lost: .*gone.*; the ring stays", told)
                seen, _ = analyzer.wait_for('"signal_lost"', seen)
                self.webcam.plug(port)
                told, match = capture.wait_for("streaming .* (new|same) epoch", told + 1)
                self.assertEqual(match[1], "same")
                seen, _ = analyzer.wait_for('"signal_back"', seen)
                self.assertEqual(reader.until(number)["epoch"], epoch)
                if held:
                    self.assertNotEqual(os.path.realpath(self.webcam.by_id), node)
                    held.close()
        self.assertEqual(len([line for line in capture.lines if "source lost" in line]), 3, str(capture))
        self.assertEqual(reader.gone, 0)
        self.stop(capture)

    def test_C8_controls_are_set_again_each_time_that_it_is_plugged_in(self):
        """It forgets them when it is pulled out, as cameras do."""
        CONF.write_text("[controls]\nauto_exposure = Manual Mode\nexposure_time_absolute = 77\n"
                        "brightness = -20\n")
        wanted = {"auto_exposure": 1, "exposure_time_absolute": 77, "brightness": -20}
        factory = self.controls(wanted)
        self.assertFalse(set(wanted.items()) & set(factory.items()))
        capture, reader = self.reading("--config", CONF)
        self.assertEqual(self.controls(wanted), wanted)
        at = 0
        for port in (0, 2):
            number = self.webcam.tell("status")["number"]
            self.webcam.tell("unplug")
            at, _ = capture.wait_for("source lost: ", at)
            self.assertEqual(self.controls(wanted), factory)
            self.webcam.plug(port)
            at, _ = capture.wait_for("streaming .* same epoch", at)
            reader.until(number)
            self.assertEqual(self.controls(wanted), wanted)
        self.stop(capture)

    def controls(self, names):
        told = self.webcam.tell("controls")
        return {name: told[name] for name in names}

    def test_C8_a_camera_is_found_by_its_place_too(self):
        self.webcam.tell("unplug")
        capture = self.capture(device="/dev/v4l/by-path/platform-vhci_hcd.0-usb-0:6:1.0-video-index0")
        capture.wait_for("waiting for the source: there is no ")
        self.webcam.plug(5)
        capture.wait_for("streaming ")
        self.probe(2)
        self.stop(capture)

    def test_C17_pulled_out_at_any_state_it_is_lost_once_and_found_again(self):
        for state in ("silence", "hang", "halt"):
            with self.case(state=state):
                capture, reader = self.reading()
                number = reader.frames[-1]["drawn"]
                self.webcam.tell(state)
                self.webcam.tell("unplug")
                at, _ = capture.wait_for("source lost: ")
                self.webcam.tell("resume")
                self.webcam.plug()
                capture.wait_for("streaming .* same epoch", at)
                reader.until(number)
                self.assertEqual(len([line for line in capture.lines if "source lost" in line]), 1,
                                 str(capture))
                reader.stop()
                self.stop(capture)

    def test_C17_pulled_out_while_it_is_opened_it_is_waited_for(self):
        self.webcam.tell("hang")
        at = len(self.webcam.lines)
        capture = self.capture()
        self.webcam.wait_for("holds a request", at)
        self.webcam.tell("unplug")
        capture.wait_for("waiting for the source: ")
        self.webcam.tell("resume")
        self.webcam.plug()
        capture.wait_for("streaming ")
        self.probe(2)
        self.stop(capture)

    def test_C17_a_camera_that_refuses_to_start_is_asked_again(self):
        self.webcam.tell("refuse", "commit", 1)
        capture = self.capture()
        capture.wait_for("waiting for the source: .* starting the stream failed")
        capture.wait_for("streaming ")
        self.probe(2)
        self.stop(capture)

    def test_C9_a_camera_that_falls_silent_is_opened_anew(self):
        for state in ("silence", "halt"):
            with self.case(state=state):
                capture, reader = self.reading("--stall-timeout", "1")
                number = reader.frames[-1]["drawn"]
                self.webcam.tell(state)
                # A halted endpoint is cleared by stopping the stream; silence is not so easily broken.
                at, _ = capture.wait_for("no frame for .*stopping and starting the stream")
                if state == "silence":
                    at, _ = capture.wait_for("source lost: no frame for ", at)
                self.webcam.tell("resume")
                capture.wait_for("streaming .* same epoch", at)
                reader.until(number)
                reader.stop()
                self.stop(capture)


def setUpModule():
    global udev
    load()
    udev = Udev()


if __name__ == "__main__":
    unittest.main(verbosity=2)
