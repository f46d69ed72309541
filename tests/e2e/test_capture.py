"""framering-capture as a user and a service manager see it. The numbers are rows of the fault list."""

import fcntl
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from capture_rig import CAPTURE, CaptureCase, ipc_objects, remove_ipc_objects, write_y4m


class Stopping(CaptureCase):
    def test_P4_sigterm_at_any_moment_ends_it_within_a_second_and_leaves_nothing(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        for turn in range(25):
            with self.subTest(seed=seed, turn=turn):
                process = self.capture(source="synthetic:noise=0", stderr=subprocess.DEVNULL)
                time.sleep(chance.random() ** 2 * 0.3)
                took_s = self.stop(process, chance.choice([signal.SIGTERM, signal.SIGINT]))
                # Before it has blocked its signals it has made nothing, and may die of one.
                self.assertIn(process.returncode, (0, -signal.SIGTERM, -signal.SIGINT))
                self.assertLess(took_s, 1.0)
                self.assertEqual(ipc_objects(), [])
                self.assertFalse(os.path.exists(f"{self.rundir}/cam0/ring"))

    def test_P4_readers_are_told(self):
        reader = self.reader()
        process = self.capture()
        reader.frame()
        self.stop(process)
        self.assertEqual(process.returncode, 0)
        reader.lines.until("^gone$")

    def test_a_manager_hears_ready_status_and_stopping(self):
        manager = self.manager()
        process = self.capture("--fps", "50", env={"NOTIFY_SOCKET": manager.path})
        manager.until("^READY=1$")
        manager.until(r"^STATUS=[1-9][\d.]* frames/s, \d+ frames, \d+ dropped.* from synthetic scene")
        self.stop(process)
        manager.until("^STOPPING=1$")
        self.assertEqual(process.returncode, 0)


class Alone(CaptureCase):
    def test_S11_of_fifty_writers_started_at_once_exactly_one_runs(self):
        everyone = [self.capture() for _ in range(50)]
        reader = self.reader()
        epoch = reader.frame().epoch
        running = set(everyone)
        deadline = time.monotonic() + 60
        while len(running) > 1 and time.monotonic() < deadline:
            running = {process for process in running if process.poll() is None}
            time.sleep(0.02)
        self.assertEqual(len(running), 1)
        for process in everyone:
            if process not in running:
                code, said = self.ends(process)
                self.assertEqual(code, 1)
                self.assertIn(f"{self.rundir}/cam0/lock", said)
        winner = running.pop()
        for _ in range(10):
            self.assertEqual(reader.frame().epoch, epoch)
        self.assertIsNone(winner.poll())
        self.stop(winner)

    def test_S12_a_stopped_writer_is_still_the_writer(self):
        first = self.capture()
        self.reader().frame()
        first.send_signal(signal.SIGSTOP)
        code, said = self.ends(self.capture())
        self.assertEqual(code, 1)
        self.assertIn("cam0/lock", said)
        first.send_signal(signal.SIGCONT)
        self.stop(first)

    def test_P8_root_is_warned(self):
        process = self.capture()
        if os.geteuid() == 0:
            process.log.until("running as root")
        else:
            self.assertNotIn("running as root", process.log.next())
        self.reader().frame()
        self.stop(process)


class Logging(CaptureCase):
    def full_pipe(self):
        """A pipe that takes nothing more."""
        read_fd, write_fd = os.pipe()
        self.addCleanup(lambda: [os.close(fd) for fd in self.open_fds])
        self.open_fds = [read_fd, write_fd]
        fcntl.fcntl(write_fd, fcntl.F_SETFL, os.O_NONBLOCK)
        try:
            while True:
                os.write(write_fd, b"x" * 4096)
        except BlockingIOError:
            pass
        fcntl.fcntl(write_fd, fcntl.F_SETFL, 0)  # blocking, as a daemon gets it
        return read_fd, write_fd

    def test_P5_a_log_that_nobody_reads_and_sighup_do_not_stop_it(self):
        _, write_fd = self.full_pipe()
        reader = self.reader()
        process = self.capture("--fps", "100", stderr=write_fd)
        first = reader.frame()
        for _ in range(3):
            process.send_signal(signal.SIGHUP)
            remove_ipc_objects()  # something to say a line about
            self.assertGreater(reader_epoch_after(reader, first.epoch), first.epoch)
            first = reader.frame()
        self.stop(process)
        self.assertEqual(process.returncode, 0)

    def test_P5_a_log_whose_reader_went_away_does_not_stop_it(self):
        read_fd, write_fd = self.full_pipe()
        os.close(read_fd)
        self.open_fds.remove(read_fd)
        reader = self.reader()
        process = self.capture("--fps", "100", stderr=write_fd)
        first = reader.frame()
        remove_ipc_objects()
        self.assertGreater(reader_epoch_after(reader, first.epoch), first.epoch)
        self.stop(process)
        self.assertEqual(process.returncode, 0)


def reader_epoch_after(reader, epoch):
    """The first epoch other than `epoch` of which a frame comes."""
    while True:
        frame = reader.frame()
        if frame.epoch != epoch:
            return frame.epoch


class Deaths(CaptureCase):
    def test_S8_killed_at_any_moment_and_started_again_it_goes_on(self):
        seed = random.randrange(1 << 32)
        chance = random.Random(seed)
        reader = self.reader()
        epoch = 0
        for turn in range(8):
            with self.subTest(seed=seed, turn=turn):
                process = self.capture("--fps", "500")
                epoch = reader_epoch_after(reader, epoch)
                time.sleep(chance.random() * 0.05)
                process.kill()
                process.wait()
                reader.lines.until("^gone$")
        last = self.capture()
        self.assertGreater(reader_epoch_after(reader, epoch), epoch)
        self.stop(last)
        self.assertEqual(ipc_objects(), [])  # the killed ones' too

    def test_S16_objects_removed_under_it_begin_a_new_epoch(self):
        reader = self.reader()
        process = self.capture("--fps", "50")
        epoch = reader.frame().epoch
        for what in ("shm", "sem", "shm sem"):
            with self.subTest(removed=what):
                for kind in what.split():
                    remove_ipc_objects(kind)
                epoch = reader_epoch_after(reader, epoch)
                process.log.until("the ring was removed under us")
        self.stop(process)
        self.assertEqual(process.returncode, 0)

    def test_C9_frames_that_waited_while_it_was_stopped_are_no_stall(self):
        # A frame each 0.2 s, and 1.1 s after some of them a look whether there were others. When it is
        # stopped shortly before such a look, the look is what it goes on with; so it is stopped anywhere.
        process = self.capture("--fps", "5", "--stall-timeout", "1.1")
        reader = self.reader()
        reader.frame()
        for pause_s in (0.92, 1.0, 1.08, 1.16, 1.24, 0.96):
            time.sleep(pause_s)
            process.send_signal(signal.SIGSTOP)
            time.sleep(1.3)
            process.send_signal(signal.SIGCONT)
        reader.frame()
        self.stop(process)
        self.assertNotIn("no frame for", self.ends(process)[1])


class Limits(CaptureCase):
    def limit(self, name, value):
        """Sets a limit of this test's IPC namespace, until the test ends."""
        path = pathlib.Path("/proc/sys/kernel", name)
        if not os.access(path, os.W_OK):
            self.skipTest(f"{path} cannot be written here")
        before = path.read_text()
        self.addCleanup(path.write_text, before)
        path.write_text(value)

    def test_S17_a_limit_that_is_too_low_ends_the_start_with_its_name_and_what_raises_it(self):
        for name, value, told in (
                ("shmmax", "10000", r"at most 10000 bytes in a shared memory segment \(SHMMAX\), and "
                                    r"(\d+) were asked for; raise it with `sudo (sysctl -w "
                                    r"kernel.shmmax=\1)`"),
                ("shmmni", "0", r"at most 0 shared memory segments \(SHMMNI\), and (1) were asked for; "
                                r"raise it with `sudo (sysctl -w kernel.shmmni=1)`"),
                ("shmall", "1", r"at most 1 pages of shared memory in all \(SHMALL\), and (\d+) were "
                                r"asked for; raise it with `sudo (sysctl -w kernel.shmall=\1)`"),
                ("sem", "32 32000 9 128", r"at most 9 operations in a call on semaphores \(SEMOPM\), "
                                          r"and (35) were asked for; raise it with `sudo "
                                          r"(sysctl -w kernel.sem='32 32000 35 128')`")):
            with self.subTest(limit=name):
                self.limit(name, value)
                code, said = self.ends(self.capture())
                self.assertEqual(code, 1, said)
                match = re.search(f"no ring: .*{told}", said)
                self.assertTrue(match, said)
                self.assertEqual(ipc_objects(), [])
                subprocess.run(f"{match[2]} >/dev/null", shell=True, check=True)
                process = self.capture()
                self.reader().frame()
                self.stop(process)


    def test_a_plan_tells_the_ring_and_makes_none(self):
        done = subprocess.run([CAPTURE, "--camera", "cam0", "--source", "synthetic:", "--size", "64x48",
                               "--slots", "6", "--plan"], env=self.env, capture_output=True, text=True,
                              timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"(?s)^source synthetic:\ndevice synthetic scene.*\npicture 64x48 "
                                      r"YU12\npath synthetic\nslots 6\nhand 2\nneed \d+ 27 19 35\n$")
        done = subprocess.run([CAPTURE, "--camera", "cam0", "--source", "v4l2:/dev/video-none", "--plan"],
                              env=self.env, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("\nproblem absent there is no /dev/video-none", done.stdout)
        self.assertEqual(ipc_objects(), [])
        self.assertEqual(os.listdir(self.rundir), [])


class Watchdog(CaptureCase):
    def test_P2_frames_feed_the_watchdog(self):
        manager = self.manager()
        process = self.capture("--fps", "50", env={"NOTIFY_SOCKET": manager.path,
                                                   "WATCHDOG_USEC": "400000"})
        manager.until("^READY=1$")
        for _ in range(5):
            manager.until("^WATCHDOG=1$")
        self.stop(process)

    def test_P2_a_source_that_gives_no_frames_does_not_feed_it_though_the_loop_turns(self):
        film = f"{self.folder}/film.y4m"
        write_y4m(film, 3)
        manager = self.manager()
        process = self.capture("--fps", "0.01", source=f"replay:{film}", size=None,
                               env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000"})
        process.log.until("WatchdogSec must be")
        manager.until("^WATCHDOG=1$")  # the first frame
        for _ in range(3):  # the loop's own seconds
            manager.until("^STATUS=.*1 frames")
        fed = [line for _, line in manager.seen if line == "WATCHDOG=1"]
        self.assertEqual(len(fed), 1, manager.seen)
        self.stop(process)

    def test_P2_waiting_for_an_absent_camera_feeds_it(self):
        manager = self.manager()
        process = self.capture(source="v4l2:/dev/video-that-is-not-there", size=None,
                               env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "400000"})
        manager.until("^STATUS=waiting for v4l2:/dev/video-that-is-not-there: ")
        manager.until("^READY=1$")
        for _ in range(3):
            manager.until("^WATCHDOG=1$")
        self.assertLess(self.stop(process), 1.0)
        self.assertEqual(process.returncode, 0)

    def test_P5_a_manager_that_does_not_read_stops_no_camera_and_hears_all_later(self):
        manager = self.manager()
        full = manager.fill()
        process = self.capture("--fps", "50", env={"NOTIFY_SOCKET": manager.path,
                                                   "WATCHDOG_USEC": "400000"})
        reader = self.reader()
        for _ in range(100):  # two seconds of it: many an alive and two statuses
            reader.frame()
        for _ in range(full):
            self.assertEqual(manager.take(), ["X_FULL=1"])
        self.assertEqual(manager.take()[0], "READY=1")  # what came with it is a matter of chance
        manager.until("^STATUS=streaming |^STATUS=.* frames")
        for _ in range(3):
            manager.until("^WATCHDOG=1$")
        manager.fill()
        for _ in range(10):
            reader.frame()
        self.stop(process)
        self.assertEqual(process.returncode, 0)


class Sources(CaptureCase):
    def test_a_recording_comes_whole_and_ends_cleanly(self):
        film = f"{self.folder}/film.y4m"
        write_y4m(film, 40, rate=50)
        reader = self.reader()
        reader.lines.until("^gone$")  # it waits for the ring
        process = self.capture(source=f"replay:{film}", size=None)
        frames = [reader.frame() for _ in range(40)]
        self.assertEqual([frame.luma for frame in frames], list(range(1, 41)))
        self.assertEqual([frame.missed for frame in frames], [0] * 40)
        reader.lines.until("^gone$")
        code, said = self.ends(process)
        self.assertEqual(code, 0)
        self.assertIn("the recording is at its end: 40 frames", said)

    def test_a_recording_loops_when_told_to(self):
        film = f"{self.folder}/film.y4m"
        write_y4m(film, 5, rate=100)
        reader = self.reader()
        process = self.capture("--loop", "yes", source=f"replay:{film}", size=None)
        for _ in range(23):
            frame = reader.frame()
            self.assertEqual(frame.luma, frame.sequence % 5 + 1)
        self.stop(process)

    def test_C8_a_source_that_is_absent_is_waited_for_told_once_and_found_when_it_appears(self):
        film = f"{self.folder}/gate/film.y4m"
        manager = self.manager()
        reader = self.reader()
        process = self.capture(source=f"replay:{film}", size=None,
                               env={"NOTIFY_SOCKET": manager.path})
        process.log.until("waiting for the source: .*film.y4m")
        manager.until("^READY=1$")
        time.sleep(1.2)  # two more tries at least
        os.mkdir(os.path.dirname(film))
        write_y4m(film + ".part", 30)
        os.rename(film + ".part", film)
        self.assertEqual(reader.frame().luma - 1, 0)
        code, said = self.ends(process)
        self.assertEqual(code, 3)  # the manager is not to start it again
        self.assertEqual(said.count("waiting for the source"), 0)  # it was told above, once

    def test_C8_a_lost_source_leaves_the_ring_and_the_epoch_goes_on_when_it_is_back(self):
        film = f"{self.folder}/film.y4m"
        write_y4m(film, 5, rate=50)
        manager = self.manager()
        reader = self.reader()
        process = self.capture("--loop", "yes", source=f"replay:{film}", size=None,
                               env={"NOTIFY_SOCKET": manager.path})
        epoch = reader.frame().epoch
        reader.lines.seen.clear()
        os.truncate(film, 0)
        process.log.until("source lost: .*the ring stays")
        manager.until("^STATUS=waiting for replay:")
        self.assertTrue(os.path.exists(f"{self.rundir}/cam0/ring"))
        self.assertEqual(len(ipc_objects()), 3)
        write_y4m(film + ".part", 5, rate=50, first=101)
        os.rename(film + ".part", film)
        frame = reader.frame()
        while frame.luma < 101:
            frame = reader.frame()
        self.assertEqual(frame.epoch, epoch)
        self.assertNotIn("gone", reader.lines.seen)
        process.log.until("same epoch")

        # And with another geometry a new epoch begins.
        os.truncate(film, 0)
        process.log.until("source lost")
        write_y4m(film + ".part", 5, width=32, height=32, rate=50, first=201)
        os.rename(film + ".part", film)
        self.assertGreater(reader_epoch_after(reader, epoch), epoch)
        self.stop(process)


class Refusals(CaptureCase):
    def config(self, text):
        path = pathlib.Path(self.folder, "cam0.conf")
        path.write_text(text)
        path.chmod(0o644)
        return str(path)

    def check(self, expected_code, expected_text, *words, **options):
        options.setdefault("size", None)
        code, said = self.ends(self.capture(*words, **options))
        self.assertEqual(code, expected_code, said)
        self.assertIn(expected_text, said)
        self.assertFalse(os.path.exists(f"{self.rundir}/cam0/ring"))

    def test_a_wrong_command_line_is_2(self):
        self.check(2, "expected v4l2:/dev/videoN", source="webcam")
        self.check(2, "expected v4l2:/dev/video0", source="/dev/video0")
        self.check(2, "'speed' is not a parameter", source="synthetic:speed=9")
        self.check(2, "expected replay:PATH", source="replay:")
        self.check(2, "expected sides from 16", size="8x8")
        self.check(2, "no such option", "--colour")
        self.check(2, "expected a whole number from 4 to 32", "--slots", "3")
        self.check(2, "there is no group", "--group", "nobody-has-this-group")
        self.check(2, "", camera="../x")
        text = f"{self.folder}/notes.txt"
        pathlib.Path(text).write_text("this is no recording\n" * 100)
        self.check(2, "notes.txt", source=f"replay:{text}")
        done = subprocess.run([CAPTURE], capture_output=True, text=True, timeout=60, env=self.env)
        self.assertEqual(done.returncode, 2)
        self.assertIn("--camera NAME", done.stderr)

    def test_F8_a_wrong_configuration_is_78(self):
        path = self.config("[capture]\nsource = webcam\n")
        self.check(78, "expected v4l2:/dev/videoN", "--config", path, source=None)
        path = self.config("[capture]\nsource = synthetic:\nsize = 8x8\n")
        self.check(78, "expected sides from 16", "--config", path, source=None)
        path = self.config("[capture]\nsource = synthetic:\nspeed = 9\n")
        self.check(78, "cam0.conf:3:", "--config", path, source=None)
        # What the command line says is its own fault.
        path = self.config("[capture]\nsource = synthetic:\n")
        self.check(2, "expected v4l2:/dev/videoN", "--config", path, source="webcam")

    def test_F10_sighup_reads_the_file_again_and_a_wrong_one_changes_nothing(self):
        conf = os.path.join(self.folder, "cam0.conf")

        def write(text):
            with open(conf, "w") as file:
                file.write(text)
            os.chmod(conf, 0o644)

        def reload(pattern):
            capture.send_signal(signal.SIGHUP)
            capture.log.until(pattern)
        write("[capture]\nfps = 10\n[controls]\nbrightness = 1\n")
        capture = self.capture("--config", conf)
        capture.log.until(f"{conf}:4: .controls. are those of a camera; synthetic: has none")
        reader = self.reader()
        reader.frame()
        reload("the settings were read again; nothing has changed")
        write("[capture]\nfps = 11\nslots = 9\nsize = 8x8\n[controls]\nbrightness = 1\n")
        # The size is the command line's, whatever the file says.
        reload("in force after a restart only: fps, slots$")
        write("[capture]\nfps = fast\n")
        reload(f"{conf}:2: fps: .*; the old settings stay")
        os.unlink(conf)
        reload("cam0.conf: No such file or directory; the old settings stay")
        reader.frame()
        self.stop(capture)

    def test_the_cameras_own_file_is_read(self):
        folder = pathlib.Path(self.folder, "etc", "cameras")
        folder.mkdir(parents=True)
        path = folder / "cam0.conf"
        path.write_text("[capture]\nsource = synthetic:seed=5\nsize = 32x32\nfps = 50\n")
        path.chmod(0o644)
        process = self.capture(source=None, size=None)
        process.log.until("streaming 32x32 YU12 at 50 frames/s from synthetic scene, seed 5")
        self.reader().frame()
        self.stop(process)

    def test_help_tells_the_scenes_parameters_and_list_never_fails_for_want_of_cameras(self):
        done = subprocess.run([CAPTURE, "--help"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertEqual(done.stderr, "")
        for word in ("--camera", "--source", "--size", "--fps", "--format", "--slots", "--config",
                     "--list", "--version", "seed=N", "objects=N", "noise=N", "still=S", "move=S",
                     "light=S", "dim=P"):
            self.assertIn(word, done.stdout)
        done = subprocess.run([CAPTURE, "--list"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
