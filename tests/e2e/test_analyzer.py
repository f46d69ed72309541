"""framering-analyzer beside framering-capture: real processes, a real ring, events on stdout."""

import datetime
import fcntl
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from capture_rig import BUILD, PATIENCE_S, CaptureCase, Lines, ipc_objects

ANALYZER = BUILD / "analyzer" / "framering-analyzer"
# Rest, motion, rest and so on.
SCENE = "synthetic:still=0.7,move=0.7,light=0"
QUICK = ("--motion-end", "0.3")
IS_SANITIZED = any(name in ANALYZER.read_bytes() for name in (b"__asan_init", b"__tsan_init"))


class Events:
    """The events that an analyzer writes."""

    def __init__(self, pipe):
        self.lines = Lines(pipe)
        self.seen = []

    def next(self, patience_s=PATIENCE_S):
        self.seen.append(json.loads(self.lines.next(patience_s)))
        return self.seen[-1]

    def until(self, kind, patience_s=PATIENCE_S):
        deadline = time.monotonic() + patience_s
        while True:
            event = self.next(max(0.0, deadline - time.monotonic()))
            if event["event"] == kind:
                return event

    def rest(self):
        """All that comes until the end of the output."""
        try:
            while True:
                self.next()
        except AssertionError:
            return self.seen


class AnalyzerCase(CaptureCase):
    def setUp(self):
        super().setUp()
        os.makedirs(os.path.join(self.folder, "etc", "analyzers"))

    def tearDown(self):
        for process in reversed(self.started):  # what a kill would leave behind is no fault here
            if process.poll() is None:
                self.stop(process)
        super().tearDown()

    def scene(self, *words, **options):
        options.setdefault("source", SCENE)
        options.setdefault("size", "320x240")
        options.setdefault("stderr", subprocess.DEVNULL)
        return self.capture("--fps", "50", *words, **options)

    def analyzer(self, *words, camera="cam0", env=None, stdout=subprocess.PIPE, **options):
        command = [str(ANALYZER), "--camera", camera, *words]
        process = subprocess.Popen(command, env={**self.env, **(env or {})}, stdout=stdout,
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **options)
        self.started.append(process)
        process.log = Lines(process.stderr)
        if stdout == subprocess.PIPE:
            process.events = Events(process.stdout)
            self.addCleanup(process.stdout.close)
        return process

    def frames(self, path):
        """The frame log so far, whole lines only."""
        text = pathlib.Path(path).read_text() if os.path.exists(path) else ""
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def until_frames(self, path, n):
        """As long as it takes, while more of them come."""
        last, seen = time.monotonic(), 0
        while seen < n:
            before, seen = seen, len(self.frames(path))
            last = time.monotonic() if seen > before else last
            self.assertLess(time.monotonic() - last, PATIENCE_S, f"{seen} of {n} frames")
            time.sleep(0.02)


class Motion(AnalyzerCase):
    def test_motion_is_told_from_its_start_to_its_end(self):
        self.scene()
        before = datetime.datetime.now(datetime.timezone.utc)
        analyzer = self.analyzer("--name", "yard", *QUICK, env={"TZ": "Asia/Kolkata"})
        start = analyzer.events.until("motion_start")
        end = analyzer.events.until("motion_end")
        for event in (start, end):
            self.assertEqual((event["camera"], event["analyzer"]), ("cam0", "yard"))
            self.assertEqual((event["width"], event["height"]), (320, 240))
            self.assertGreater(event["frame"], 0)
            self.assertGreater(event["epoch"], 0)
            self.assertTrue(0 < event["share"] < 0.5, event)
            self.assertGreater(len(event["boxes"]), 0)
            for box in event["boxes"]:
                self.assertGreater(min(box["width"], box["height"], box["area"]), 0)
                self.assertTrue(box["x"] >= 0 and box["x"] + box["width"] <= 320, box)
                self.assertTrue(box["y"] >= 0 and box["y"] + box["height"] <= 240, box)
            areas = [box["area"] for box in event["boxes"]]
            self.assertEqual(areas, sorted(areas, reverse=True))
            self.assertTrue(event["time"].endswith("+05:30"), event["time"])
            told = datetime.datetime.fromisoformat(event["time"])
            after = datetime.datetime.now(datetime.timezone.utc)
            self.assertTrue(before - datetime.timedelta(seconds=1) < told < after, event["time"])
        self.assertEqual(start["id"], end["id"])
        self.assertEqual(start["began"], end["began"])
        self.assertEqual(end["reason"], "quiet")
        # A round's moving part, or what is left of it for who comes late; by the frames' own times.
        self.assertGreater(end["duration"], 0.04, end)
        self.assertTrue(2 <= end["frames"] <= 50 * end["duration"] + 2, end)
        self.assertEqual(end["peak_area"], round(end["share"] * 320 * 240))

    def test_two_analyzers_with_settings_of_their_own_read_one_camera(self):
        conf = pathlib.Path(self.folder, "etc", "analyzers", "blind.conf")
        conf.write_text("[analyzer]\ncamera = cam0\nobject_min = 90\n")
        conf.chmod(0o644)
        self.scene()
        seeing = self.analyzer(*QUICK)
        blind = subprocess.Popen([str(ANALYZER), "--name", "blind"], env=self.env,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.started.append(blind)
        blind_events = Events(blind.stdout)
        for _ in range(2):
            seeing.events.until("motion_end")
        self.stop(blind)
        self.assertEqual(blind_events.rest(), [])
        self.assertEqual(blind.returncode, 0)
        blind.stdout.close()

    def test_N5_it_needs_no_pins_and_sees_the_same_with_them(self):
        for pins, read_mode in (("no", ()), ("yes", ("--read-mode", "pinned"))):
            with self.subTest(pins=pins):
                capture = self.scene("--pins", pins)
                analyzer = self.analyzer(*read_mode, *QUICK)
                analyzer.events.until("motion_start")
                analyzer.events.until("motion_end")
                self.stop(analyzer)
                self.stop(capture)

    def test_N1_readers_that_hold_every_slot_do_not_blind_it(self):
        self.scene("--slots", "6")
        holder = subprocess.Popen([BUILD / "tests/e2e/ring_actor", "hold", "cam0"], env=self.env, text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.started.append(holder)
        self.addCleanup(holder.stdout.close)
        self.addCleanup(holder.stdin.close)
        held = 0
        while held < 4:  # two are the writer's, always
            holder.stdin.write("take\n")
            holder.stdin.flush()
            answer = holder.stdout.readline()
            self.assertRegex(answer, "^ok |no writer of camera cam0")
            held += answer.startswith("ok ")
        analyzer = self.analyzer(*QUICK)
        analyzer.events.until("motion_start")
        analyzer.events.until("motion_end")

    def test_packed_luma_is_read_as_it_is(self):
        self.scene("--format", "YUYV")
        analyzer = self.analyzer(*QUICK)
        analyzer.events.until("motion_start")
        analyzer.events.until("motion_end")

    def test_a_change_of_light_is_told_as_that(self):
        self.scene(source="synthetic:objects=0,still=1,move=0,light=2,dim=40")
        analyzer = self.analyzer()
        for _ in range(2):
            self.assertEqual(analyzer.events.next()["event"], "light_change")


class Deaths(AnalyzerCase):
    def test_a_killed_capture_is_signal_lost_and_events_resume_with_the_next(self):
        for size in ("320x240", "352x288"):
            with self.subTest(size=size):
                capture = self.scene()
                analyzer = self.analyzer(*QUICK)
                analyzer.events.until("motion_start")
                capture.kill()
                capture.wait()
                ended = analyzer.events.until("motion_end")
                self.assertEqual(ended["reason"], "signal_lost")
                lost = analyzer.events.next()
                self.assertEqual((lost["event"], lost["reason"]), ("signal_lost", "no_writer"))
                again = self.scene(size=size)
                back = analyzer.events.next()
                self.assertEqual(back["event"], "signal_back")
                self.assertEqual((back["width"], back["height"]), tuple(map(int, size.split("x"))))
                self.assertGreater(back["epoch"], lost["epoch"])
                self.assertGreater(back["duration"], 0)
                analyzer.events.until("motion_start")
                analyzer.events.until("motion_end")
                self.stop(analyzer)
                self.stop(again)

    def test_S9_what_a_dead_capture_left_is_no_writer_and_none_of_it_is_analysed(self):
        log = os.path.join(self.folder, "frames")
        for n in range(2):
            with self.subTest(turn=n):
                reader = self.reader()
                capture = self.scene()
                stale = reader.frame().epoch
                reader.frame()  # so that there is something old to be had
                capture.kill()
                capture.wait()
                analyzer = self.analyzer("--frame-log", f"{log}{n}", "--signal-timeout", "1")
                event = analyzer.events.next()
                self.assertEqual((event["event"], event["reason"]), ("signal_lost", "no_writer"))
                self.assertEqual(self.frames(f"{log}{n}"), [])
                again = self.scene()
                self.until_frames(f"{log}{n}", 3)
                self.assertNotIn(stale, {frame["epoch"] for frame in self.frames(f"{log}{n}")})
                self.stop(analyzer)
                self.stop(again)

    def test_a_killed_analyzer_comes_back_with_new_ids_and_nobody_noticed(self):
        capture = self.scene()
        ids = set()
        for _ in range(3):
            analyzer = self.analyzer(*QUICK)
            event = analyzer.events.until("motion_start")
            self.assertNotIn(event["id"], ids)
            ids.add(event["id"])
            analyzer.kill()
            analyzer.wait()
        self.assertIsNone(capture.poll())
        self.stop(capture)
        self.assertEqual(ipc_objects(), [])

    def test_a_stopped_capture_is_no_frames_and_back_when_it_goes_on(self):
        capture = self.scene(source="synthetic:objects=0")
        log = os.path.join(self.folder, "frames")
        analyzer = self.analyzer("--signal-timeout", "0.5", "--frame-log", log)
        self.until_frames(log, 5)
        capture.send_signal(signal.SIGSTOP)
        lost = analyzer.events.next()
        self.assertEqual((lost["event"], lost["reason"]), ("signal_lost", "no_frames"))
        capture.send_signal(signal.SIGCONT)
        back = analyzer.events.next()
        self.assertEqual(back["event"], "signal_back")
        # From frame to frame by their own times, which a source may plan ahead.
        self.assertGreater(back["duration"], 0.2)

    def test_an_analyzer_waits_for_a_camera_that_is_not_there_yet(self):
        analyzer = self.analyzer("--signal-timeout", "0.3", *QUICK)
        lost = analyzer.events.next()
        self.assertEqual((lost["event"], lost["reason"]), ("signal_lost", "no_writer"))
        self.assertNotIn("frame", lost)
        self.scene()
        self.assertEqual(analyzer.events.next()["event"], "signal_back")
        analyzer.events.until("motion_start")  # and on a busy machine more of the two before it


class Output(AnalyzerCase):
    BUSY = "synthetic:still=0.25,move=0.25,light=0,objects=1"
    MANY = ("--motion-start", "0", "--motion-end", "0.1")

    def test_P5_a_blocked_stdout_stops_nothing_and_what_is_lost_is_told(self):
        self.scene(source=self.BUSY)
        log = os.path.join(self.folder, "frames")
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        analyzer = self.analyzer("--queue-events", "3", "--frame-log", log, *self.MANY,
                                 stdout=writing)
        os.close(writing)
        analyzer.log.until("stdout does not take the events: nobody reads them")
        n = len(self.frames(log))
        self.until_frames(log, n + 50)
        with os.fdopen(reading, "rb", buffering=0) as pipe:
            events = Events(pipe)
            dropped = events.until("events_dropped")
            self.assertGreater(dropped["dropped"], 0)
            self.assertIn(events.next()["event"], ("motion_start", "motion_end"))
            self.stop(analyzer)
        self.assertEqual(analyzer.returncode, 0)

    def test_P5_a_reader_that_left_stops_nothing(self):
        self.scene(source=self.BUSY)
        log = os.path.join(self.folder, "frames")
        reading, writing = os.pipe()
        os.close(reading)
        analyzer = self.analyzer("--frame-log", log, *self.MANY, stdout=writing)
        os.close(writing)
        analyzer.log.until("stdout does not take the events: Broken pipe")
        self.until_frames(log, len(self.frames(log)) + 25)
        self.stop(analyzer)
        self.assertEqual(analyzer.returncode, 0)

    def test_P5_a_closed_stdout_stops_nothing_and_no_file_takes_its_place(self):
        self.scene(source=self.BUSY)
        log = os.path.join(self.folder, "frames")
        analyzer = self.analyzer("--frame-log", log, *self.MANY, stdout=None,
                                 preexec_fn=lambda: os.close(1))
        self.until_frames(log, 60)
        self.stop(analyzer)
        self.assertEqual(analyzer.returncode, 0)
        for line in pathlib.Path(log).read_text().splitlines():
            self.assertEqual(list(json.loads(line)), ["epoch", "frame", "missed", "hash", "verdict"])

    def test_P5_a_stderr_that_nobody_reads_stops_nothing_nor_does_a_wrong_file_on_sighup(self):
        self.scene()
        conf = pathlib.Path(self.folder, "etc", "analyzers", "cam0.conf")
        conf.write_text("[analyzer]\n")
        conf.chmod(0o644)
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"x")
        except BlockingIOError:
            os.set_blocking(writing, True)
        process = subprocess.Popen([str(ANALYZER), "--camera", "cam0", *QUICK], env=self.env,
                                   stdout=subprocess.PIPE, stderr=writing)
        self.started.append(process)
        os.close(writing)
        events = Events(process.stdout)
        events.until("motion_start")
        conf.write_text("[analyzer]\nmotion_end = lots\n")
        process.send_signal(signal.SIGHUP)
        for _ in range(2):
            events.until("motion_end")
        self.assertLess(self.stop(process), 1.0)
        os.close(reading)
        process.stdout.close()


class Service(AnalyzerCase):
    def test_P4_sigterm_ends_it_within_a_second_and_the_motion_with_it(self):
        self.scene()
        analyzer = self.analyzer(*QUICK)
        start = analyzer.events.until("motion_start")
        self.assertLess(self.stop(analyzer), 1.0)
        self.assertEqual(analyzer.returncode, 0)
        end = analyzer.events.rest()[-1]
        self.assertEqual((end["event"], end["reason"]), ("motion_end", "stopped"))
        self.assertEqual(end["id"], start["id"])

    def test_P4_sigterm_ends_it_within_a_second_without_a_camera(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            manager_log = self.analyzer("--signal-timeout", "0.1")
            manager_log.events.until("signal_lost")
            self.assertLess(self.stop(manager_log, number), 1.0)
            self.assertEqual(manager_log.returncode, 0)

    def test_P4_sigterm_ends_it_within_a_second_though_stdout_is_blocked(self):
        self.scene(source=Output.BUSY)
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        analyzer = self.analyzer("--queue-events", "2", *Output.MANY, stdout=writing)
        os.close(writing)
        analyzer.log.until("stdout does not take the events")
        self.assertLess(self.stop(analyzer), 1.0)
        self.assertEqual(analyzer.returncode, 0)
        os.close(reading)

    def test_a_manager_hears_ready_status_watchdog_and_stopping(self):
        manager = self.manager()
        env = {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000"}
        analyzer = self.analyzer(env=env)
        manager.until("^READY=1$")
        # The work of an analyzer without a camera is to wait for it.
        manager.until("^WATCHDOG=1$")
        manager.until("^WATCHDOG=1$")
        self.scene()
        manager.until(r"^STATUS=cam0: 320x240, \d+ frames, \d+ motions")
        manager.until("^WATCHDOG=1$")
        self.stop(analyzer)
        manager.until("^STOPPING=1$")

    def test_P2_a_stopped_analyzer_feeds_no_watchdog(self):
        manager = self.manager()
        self.scene()
        env = {"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000"}
        analyzer = self.analyzer(env=env)
        manager.until("^WATCHDOG=1$")
        analyzer.send_signal(signal.SIGSTOP)
        while manager.take(0.5):
            pass
        self.assertEqual(manager.take(1.0), [])
        analyzer.send_signal(signal.SIGCONT)
        manager.until("^WATCHDOG=1$")

    def test_sighup_takes_new_settings_and_F10_keeps_the_old_when_they_are_wrong(self):
        conf = pathlib.Path(self.folder, "etc", "analyzers", "cam0.conf")
        conf.write_text("[analyzer]\nobject_min = 90\nmotion_end = 0.5\n")
        conf.chmod(0o644)
        self.scene()
        log = os.path.join(self.folder, "frames")
        analyzer = self.analyzer("--frame-log", log)
        self.until_frames(log, 75)  # a whole round, and nothing told
        conf.write_text("[analyzer]\nobject_min = 0.03\nmotion_end = lots\n")
        analyzer.send_signal(signal.SIGHUP)
        analyzer.log.until(r"the old ones stay: .*cam0\.conf:3: motion_end")
        self.until_frames(log, 150)
        conf.write_text("[analyzer]\nobject_min = 0.03\nmotion_end = 0.5\n")
        analyzer.send_signal(signal.SIGHUP)
        analyzer.log.until("settings read again")
        n = len(self.frames(log))
        start = analyzer.events.until("motion_start")
        self.assertGreaterEqual(start["frame"], n)

    @unittest.skipIf(IS_SANITIZED, "a sanitizer's memory is not the analyzer's")
    def test_memory_beside_the_ring_is_the_detectors_and_4_mb_at_most(self):
        self.scene(size="1920x1080")
        log = os.path.join(self.folder, "frames")
        analyzer = self.analyzer("--frame-log", log)
        self.until_frames(log, 60)
        own = ring = 0
        is_ring = False
        for line in pathlib.Path(f"/proc/{analyzer.pid}/smaps").read_text().splitlines():
            words = line.split()
            if not words[0].endswith(":"):
                is_ring = "/SYSV" in line
            elif words[0] == "Rss:" and is_ring:
                ring += int(words[1]) * 1024
            elif words[0] in ("Private_Clean:", "Private_Dirty:") and not is_ring:
                own += int(words[1]) * 1024
        detector = 1920 * 1080 * 9 // 4  # a unit test holds the detector to this
        self.assertGreater(ring, 1920 * 1080, "it did not read the ring")
        self.assertGreater(own, detector // 2, "this did not measure the detector")
        self.assertLess(own, detector + (4 << 20))


class Usage(AnalyzerCase):
    def run_it(self, *words):
        return subprocess.run([str(ANALYZER), *words], env=self.env, capture_output=True, text=True,
                              timeout=PATIENCE_S)

    def test_wrong_usage_is_2_and_wrong_configuration_78(self):
        conf = pathlib.Path(self.folder, "a.conf")
        conf.write_text("[analyzer]\nthreshold = 70\n")
        conf.chmod(0o644)
        for words, code, said in (
            ((), 2, "--camera NAME"),
            (("--camera", "../x"), 2, "camera"),
            (("--camera", "cam0", "--treshold", "3"), 2, "threshold"),
            (("--camera", "cam0", "--threshold", "97"), 2, "from 1 to 96"),
            (("--camera", "cam0", "--threshold", "70"), 2, "threshold_most 64"),
            (("--camera", "cam0", "--config", str(conf)), 78, "threshold_most 64"),
            (("--camera", "cam0", "--frame-log", "/nowhere/x"), 1, "/nowhere/x"),
        ):
            with self.subTest(words=words):
                done = self.run_it(*words)
                self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                self.assertIn(said, done.stderr)

    def test_help_names_every_setting(self):
        done = self.run_it("--help")
        self.assertEqual(done.returncode, 0)
        for option in ("--camera", "--frame-log", "--threshold", "--static-time", "--motion-end",
                       "--queue-events", "--signal-timeout", "--config"):
            self.assertIn(option, done.stdout)


if __name__ == "__main__":
    unittest.main()
