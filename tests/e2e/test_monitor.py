"""The framering command as an operator uses it, beside a writer that does what the test says."""

import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
import unittest

BUILD = pathlib.Path(os.environ["FRAMERING_BUILD"])
COMMAND = str(BUILD / "monitor" / "framering")
CAPTURE = str(BUILD / "capture" / "framering-capture")
ACTOR = str(BUILD / "tests" / "e2e" / "ring_actor")
COMMANDS = ("list", "info", "snapshot", "cat", "remove", "doctor")
FOURCCS = ("GREY", "NV12", "NV21", "YU12", "YV12", "422P", "YUYV", "UYVY")
WAIT_S = 60  # for what comes at once unless something is wrong


def sample(c, x, y, n):
    return 40 + 20 * c + (x * (c + 1) + y * (3 - c) + n * 5) % 128


def planes(fourcc, width, height, n):
    """Y, U, V of a frame of ring_actor, one after another, as Y4M has them."""
    sizes = [(width, height)]
    if fourcc != "GREY":
        rows = height if fourcc in ("422P", "YUYV", "UYVY") else (height + 1) // 2
        sizes += [((width + 1) // 2, rows)] * 2
    return bytes(sample(c, x, y, n) for c, (w, h) in enumerate(sizes)
                 for y in range(h) for x in range(w))


def chroma(fourcc):
    return {"GREY": "mono", "422P": "422", "YUYV": "422", "UYVY": "422"}.get(fourcc, "420jpeg")


class Actor:
    """ring_actor: a writer, or a reader that never lets go."""

    def __init__(self, mode, camera, env):
        self.process = subprocess.Popen([ACTOR, mode, camera], stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, env=env, bufsize=1)
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line.startswith("ok "):
            raise AssertionError(f"ring_actor says {line!r}")
        return int(line.split()[1])

    def send(self, words):
        self.process.stdin.write(words + "\n")

    def do(self, words):
        self.send(words)
        return self.answer()

    def kill(self):
        self.process.kill()
        self.close()

    def close(self):
        if self.process.stdin and not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.wait(WAIT_S)
        self.process.stdout.close()


class Drain:
    """Reads a stream to its end, in a thread, so that nobody waits for a full pipe."""

    def __init__(self, stream):
        self.stream = stream
        self.pieces = []
        self.total = 0
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        while piece := os.read(self.stream.fileno(), 1 << 16):
            self.pieces.append(piece)
            self.total += len(piece)

    def length(self):
        return self.total

    def finish(self):
        self.thread.join(WAIT_S)
        return b"".join(self.pieces)


class Monitor(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.actors = []
        self.env = dict(os.environ, FRAMERING_RUNDIR=os.path.join(self.folder.name, "run"))
        os.mkdir(self.env["FRAMERING_RUNDIR"])

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run_command(self, *words, text=True, **options):
        return subprocess.run([COMMAND, *words], capture_output=True, text=text, env=self.env,
                              timeout=WAIT_S, **options)

    def start_command(self, *words):
        process = subprocess.Popen([COMMAND, *words], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.env)
        self.addCleanup(self.stop, process)
        return process

    @staticmethod
    def stop(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream and not stream.closed:
                stream.close()

    def actor(self, mode="write", camera="cam0"):
        actor = Actor(mode, camera, self.env)
        self.addCleanup(actor.close)
        self.actors.append(actor)
        return actor

    def close_actors(self):
        while self.actors:
            self.actors.pop().close()

    def writer(self, begin="YU12 34 20", camera="cam0"):
        actor = self.actor("write", camera)
        actor.do("begin " + begin)
        return actor

    def info(self, *words):
        done = self.run_command("info", "cam0", "--json", "--window", "0", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def wait_for_readers(self, n):
        for _ in range(2000):  # a process each: some seconds in all
            if self.info()["readers"] == n:
                return
        self.fail(f"there never were {n} readers")

    def read_exactly(self, stream, n):
        """n bytes, or what came until the stream ended."""
        data = b""
        while len(data) < n:
            ready, _, _ = select.select([stream], [], [], WAIT_S)
            self.assertTrue(ready, "nothing came")
            piece = os.read(stream.fileno(), n - len(data))
            if not piece:
                break
            data += piece
        return data

    def read_line(self, stream):
        line = b""
        while not line.endswith(b"\n"):
            piece = self.read_exactly(stream, 1)
            if not piece:
                break
            line += piece
        return line.decode()

    def first_frame(self, writer, process):
        """Publishes until the process has got one (it may attach at any time); its header line
        and the frame's number."""
        while True:
            n = writer.do("publish 1")
            ready, _, _ = select.select([process.stdout], [], [], 0.05)
            if ready:
                return self.read_line(process.stdout), n

    def snapshot_while_publishing(self, writer, *words, text=True):
        """framering snapshot, with frames until it has one."""
        process = self.start_command("snapshot", "cam0", *words)
        out = []
        reader = threading.Thread(target=lambda: out.extend(process.communicate()))
        reader.start()
        while reader.is_alive():
            writer.do("publish 1")
            reader.join(0.02)
        return process.returncode, out[0], out[1].decode()

    # ------------------------------------------------------------ command line

    def test_help_and_version_go_to_stdout(self):
        for words in (("--help",), *((name, "--help") for name in COMMANDS)):
            done = self.run_command(*words)
            self.assertEqual(done.returncode, 0)
            self.assertIn("Usage: framering", done.stdout)
            self.assertEqual(done.stderr, "")
        self.assertRegex(self.run_command("--version").stdout, r"^framering \d+\.\d+\.\d+\n$")

    def test_help_names_every_command(self):
        text = self.run_command("--help").stdout
        for name in COMMANDS:
            self.assertRegex(text, rf"(?m)^  {name} ")

    def test_wrong_usage_exits_2_and_says_what_was_expected(self):
        for words, expected in (
                ((), "COMMAND"), (("look",), "list, info"), (("info",), "CAMERA"),
                (("info", "a", "b"), "unexpected"), (("info", "../x"), "A-Z"),
                (("info", "-x"), "no such option"), (("info", "cam0", "--window", "x"), "seconds"),
                (("snapshot", "cam0"), "-o FILE"), (("snapshot", "cam0", "-o", ""), "file"),
                (("snapshot", "cam0", "-o", "x", "--quality", "0"), "1 to 100"),
                (("snapshot", "cam0", "-o", "x", "--quality", "101"), "1 to 100"),
                (("snapshot", "cam0", "-o", "x", "--timeout", "-1"), "seconds"),
                (("snapshot", "cam0", "-o", "x", "--timeout", "inf"), "seconds"),
                (("cat", "cam0", "--frames", "0"), "from 1"), (("remove",), "CAMERA"),
                (("remove", ""), "A-Z"), (("doctor", "x"), "unexpected"), (("list", "cam0"), "unexpected")):
            done = self.run_command(*words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn(expected, done.stderr, words)
            self.assertEqual(done.stdout, "", words)

    def test_a_terminal_gets_no_video_and_no_picture(self):
        for words in (("cat", "cam0"), ("snapshot", "cam0", "-o", "-")):
            parent, child = pty.openpty()
            process = subprocess.Popen([COMMAND, *words], stdout=child, stderr=subprocess.PIPE,
                                       env=self.env)
            _, err = process.communicate(timeout=WAIT_S)
            os.close(child)
            os.close(parent)
            self.assertEqual(process.returncode, 2)
            self.assertIn(b"terminal", err)

    # ------------------------------------------------------------ list and info

    def test_list_without_cameras_says_how_to_start_one(self):
        done = self.run_command("list")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn("framering-capture", done.stderr)

    def test_list_shows_every_camera_with_its_state(self):
        self.writer("NV12 64 48 8 30000 1001", "cam10").do("publish 3")
        self.writer("GREY 32 16", "cam9")
        dead = self.writer("GREY 32 16", "dead")
        dead.kill()
        self.actor("write", "idle")
        lines = self.run_command("list").stdout.splitlines()
        self.assertEqual([line.split()[:2] for line in lines],
                         [["CAMERA", "STATE"], ["cam10", "live"], ["cam9", "live"],
                          ["dead", "dead"], ["idle", "stopped"]])
        self.assertRegex(lines[1], r"64x48 NV12 +29\.97 +3 .* 0 +MMAP")
        self.assertIn("none yet", lines[2])

    def test_info_tells_what_the_writer_did(self):
        writer = self.writer("NV12 66 40 6 30 1 2")
        writer.do("publish 7")
        writer.do("drop 0 2")
        writer.do("drop 2 5")
        info = self.info()
        self.assertEqual(info["state"], "live")
        self.assertEqual(info["copy_path"], "MMAP (one copy)")
        self.assertEqual(info["epoch"], 1)
        self.assertEqual(info["frames"], 7)
        self.assertEqual(info["slots"], 6)
        self.assertEqual(info["readers"], 0)
        self.assertEqual(info["withheld"], 0)
        self.assertEqual(info["dropped_total"], 7)
        self.assertEqual((info["dropped"]["corrupt"], info["dropped"]["undecodable"]), (2, 5))
        self.assertEqual(info["writer_pid"], writer.process.pid)
        self.assertEqual((info["format"]["fourcc"], info["format"]["width_px"],
                          info["format"]["height_px"]), ("NV12", 66, 40))
        self.assertEqual(info["format"]["colorimetry"]["range"], 2)
        self.assertEqual([(p["kind"], p["stride_bytes"], p["rows"]) for p in info["planes"]],
                         [("Y", 128, 40), ("UV", 128, 20)])
        self.assertEqual(info["rate"]["nominal"], 30)
        self.assertIsNone(info["rate"]["measured"])
        self.assertGreater(info["rate"]["average"], 0)
        self.assertGreaterEqual(info["epoch_age_s"], info["last_frame_age_s"])
        self.assertEqual(len(info["slot"]), 6)
        self.assertEqual(max(slot["frame"] or 0 for slot in info["slot"]), 7)

    def test_info_before_the_first_frame_says_null(self):
        self.writer()
        info = self.info()
        self.assertIsNone(info["last_frame_age_s"])
        self.assertIsNone(info["rate"]["average"])
        text = self.run_command("info", "cam0", "--window", "0").stdout
        self.assertIn("cam0: live", text)
        self.assertIn("not measured", text)

    def test_N1_info_shows_pins_per_slot_and_who_touched_them(self):
        writer = self.writer("GREY 32 16 6")
        holder = self.actor("hold")
        holder.send("take")
        self.wait_for_readers(1)
        numbers = []
        for _ in range(2000):  # it may attach between two frames
            numbers.append(writer.do("publish 1"))
            if select.select([holder.process.stdout], [], [], 0.02)[0]:
                break
        held = holder.answer()
        slots = [s for s in self.info()["slot"] if s["frame"] == held]
        self.assertEqual(len(slots), 1)
        self.assertEqual(slots[0]["pins"], 1)
        self.assertEqual(slots[0]["last_pid"], holder.process.pid)
        # all that the writer leaves it
        for _ in range(3):
            holder.send("take")
            writer.do("publish 1")
            holder.answer()
        self.assertEqual(sum(s["pins"] for s in self.info()["slot"]), 4)
        writer.do("publish 20")
        info = self.info()
        self.assertGreaterEqual(info["withheld"], 19)
        self.assertEqual(sum(s["is_withheld"] for s in info["slot"]), 1)
        self.assertIn("withheld", self.run_command("info", "cam0", "--window", "0").stdout)
        holder.kill()
        self.wait_for_readers(0)
        self.assertEqual(sum(s["pins"] for s in self.info()["slot"]), 0)

    def test_the_rate_is_measured_from_the_frames(self):
        capture = subprocess.Popen([CAPTURE, "--camera", "cam0", "--source", "synthetic:",
                                    "--size", "64x48", "--fps", "100"], env=self.env,
                                   stderr=subprocess.DEVNULL)
        try:
            while self.run_command("info", "cam0", "--window", "0").returncode:
                self.assertIsNone(capture.poll())
            done = self.run_command("info", "cam0", "--json", "--window", "1")
            rate = json.loads(done.stdout)["rate"]
            # A loaded machine may lose frames at the source, and so does the true rate.
            self.assertGreater(rate["measured"], 10)
            self.assertLess(rate["measured"], 130)
            self.assertEqual(rate["nominal"], 100)
        finally:
            capture.terminate()
            capture.wait(WAIT_S)

    def test_a_camera_that_is_not_there_exits_1_and_names_the_others(self):
        done = self.run_command("info", "cam0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("framering-capture --camera cam0", done.stderr)
        self.writer("GREY 32 16", "gate")
        self.assertIn("there are: gate", self.run_command("info", "cam0").stderr)

    def test_S9_a_dead_ring_is_called_dead(self):
        writer = self.writer()
        writer.do("publish 2")
        writer.kill()
        info = self.info()
        self.assertEqual((info["state"], info["frames"]), ("dead", 2))
        self.assertIn("framering remove cam0", info["reason"])

    def test_S16_a_ring_whose_objects_were_removed_is_called_gone(self):
        self.writer()
        subprocess.run(["ipcrm", "-m", str(self.info()["shm_id"])], check=True)
        self.assertEqual(self.info()["state"], "gone")
        self.assertIn("gone", self.run_command("list").stdout)

    # ------------------------------------------------------------ cat

    def check_stream(self, fourcc, width, height, *begin):
        self.close_actors()
        writer = self.writer(" ".join((fourcc, str(width), str(height), *begin)))
        process = self.start_command("cat", "cam0", "--frames", "5")
        header, n = self.first_frame(writer, process)
        got = []
        size = len(planes(fourcc, width, height, 0))
        for i in range(5):
            self.assertEqual(self.read_exactly(process.stdout, 6), b"FRAME\n")
            data = self.read_exactly(process.stdout, size)
            if i == 0:  # which of those published was its first, the samples tell
                n = next(k for k in range(n + 1) if data == planes(fourcc, width, height, k))
            self.assertEqual(data, planes(fourcc, width, height, n + i), f"{fourcc} frame {i}")
            got.append(data)
            if i < 4:
                writer.do("publish 1")
        self.assertEqual(process.wait(WAIT_S), 0)
        self.assertEqual(process.stdout.read(), b"")
        self.assertEqual(process.stderr.read(), b"")
        writer.close()
        return header, got

    def test_cat_gives_the_same_values_from_every_format(self):
        for fourcc in FOURCCS:
            with self.subTest(fourcc):
                header, _ = self.check_stream(fourcc, 34, 21, "8", "30000", "1001")
                self.assertEqual(header, "YUV4MPEG2 W34 H21 F30000:1001 Ip A1:1 "
                                         f"C{chroma(fourcc)}\n")

    def test_cat_carries_the_range(self):
        self.assertIn("C420mpeg2 XCOLORRANGE=LIMITED",
                      self.check_stream("NV12", 34, 20, "8", "25", "1", "2")[0])
        self.assertIn("C420jpeg XCOLORRANGE=FULL",
                      self.check_stream("NV12", 34, 20, "8", "25", "1", "1")[0])

    @unittest.skipUnless(shutil.which("ffmpeg"), "no ffmpeg here to play the stream")
    def test_ffmpeg_sees_the_same_values(self):
        for fourcc in FOURCCS:
            with self.subTest(fourcc):
                header, frames = self.check_stream(fourcc, 34, 20)
                stream = header.encode() + b"".join(b"FRAME\n" + frame for frame in frames)
                done = subprocess.run(["ffmpeg", "-v", "error", "-f", "yuv4mpegpipe", "-i", "-",
                                       "-f", "rawvideo", "-"], input=stream, capture_output=True,
                                      timeout=WAIT_S)
                self.assertEqual(done.stderr, b"")
                self.assertEqual(done.stdout, b"".join(frames))

    def test_cat_waits_for_a_camera_and_follows_its_restarts(self):
        process = self.start_command("cat", "cam0")
        self.assertIn("waiting", self.read_line(process.stderr))
        got = Drain(process.stdout)
        writer = self.writer("YU12 34 20")
        while not got.length():
            writer.do("publish 1")
        for death in ("end", "kill"):
            if death == "end":
                writer.do("end")
            else:
                writer.kill()
                writer = None
            while "waiting" not in self.read_line(process.stderr):
                self.assertIsNone(process.poll())
            writer = writer or self.actor()
            writer.do("begin YU12 34 20 8 50 1")
            while not select.select([process.stderr], [], [], 0.02)[0]:
                writer.do("publish 1")
            self.assertIn("is back", self.read_line(process.stderr))
        before = got.length()
        while got.length() == before:
            writer.do("publish 1")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(WAIT_S), 0)
        header, _, frames = got.finish().partition(b"\n")
        self.assertEqual(header.decode(), "YUV4MPEG2 W34 H20 F25:1 Ip A1:1 C420jpeg")
        size = 6 + len(planes("YU12", 34, 20, 0))
        known = {planes("YU12", 34, 20, n) for n in range(128)}  # the pattern comes again then
        for at in range(0, len(frames) - size + 1, size):
            self.assertEqual(frames[at:at + 6], b"FRAME\n")
            self.assertIn(frames[at + 6:at + size], known)

    def test_cat_ends_with_a_message_when_the_geometry_changes(self):
        writer = self.writer("YU12 34 20")
        process = self.start_command("cat", "cam0")
        got = Drain(process.stdout)
        while not got.length():
            writer.do("publish 1")
        writer.do("begin YU12 36 20")
        while process.poll() is None:
            writer.do("publish 1")
        got.finish()
        self.assertEqual(process.returncode, 1)
        err = process.stderr.read().decode()
        self.assertIn("another geometry", err)
        self.assertIn("W36", err)
        self.assertIn("W34", err)

    def test_cat_ends_quietly_when_its_pipe_is_closed(self):
        writer = self.writer()
        process = self.start_command("cat", "cam0")
        self.first_frame(writer, process)
        process.stdout.close()  # and no further frame comes that it could not write
        self.assertEqual(process.wait(WAIT_S), 0)
        self.assertEqual(process.stderr.read(), b"")

    def test_ctrl_c_ends_cat_while_it_waits_and_while_it_writes(self):
        process = self.start_command("cat", "cam0")
        self.read_line(process.stderr)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(WAIT_S), 0)

        writer = self.writer("GREY 1024 512")  # more than a pipe holds
        process = self.start_command("cat", "cam0")
        self.first_frame(writer, process)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(WAIT_S), 0)

    def test_cat_tells_at_the_end_what_was_lost(self):
        writer = self.writer("GREY 1024 512")
        process = self.start_command("cat", "cam0")
        self.first_frame(writer, process)
        last = writer.do("publish 60")  # while it sticks in the pipe
        got = Drain(process.stdout)
        size = 6 + 1024 * 512
        before = 0
        while got.length() < before + 2 * size:  # until it is behind nothing any more
            before = before or got.length()
            last = writer.do("publish 1")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(WAIT_S), 0)
        got.finish()
        err = process.stderr.read().decode()
        match = re.search(r"(\d+) frames written, (\d+) lost: (\d+) published while", err)
        self.assertTrue(match, err)
        self.assertGreaterEqual(int(match[2]), 60 - 8)
        self.assertLessEqual(int(match[1]) + int(match[2]), last)

    def test_F1_a_full_disk_is_told(self):
        writer = self.writer("GREY 64 64")
        process = subprocess.Popen(["sh", "-c", 'exec "$0" cat cam0 >/dev/full', COMMAND],
                                   stderr=subprocess.PIPE, env=self.env)
        while process.poll() is None:
            writer.do("publish 1")
        self.assertEqual(process.returncode, 1)
        self.assertIn(b"No space left", process.stderr.read())
        process.stderr.close()

    # ------------------------------------------------------------ snapshot

    def jpeg_planes(self, path, fourcc, width, height):
        """The planes of a JPEG, through the project's own replay."""
        capture = subprocess.Popen([CAPTURE, "--camera", "snap", "--source", f"replay:{path}",
                                    "--loop", "yes", "--fps", "50"], env=self.env,
                                   stderr=subprocess.DEVNULL)
        try:
            done = self.run_command("cat", "snap", "--frames", "1", text=False)
        finally:
            capture.terminate()
            capture.wait(WAIT_S)
        line, _, rest = done.stdout.partition(b"\n")
        want = chroma(fourcc)
        self.assertRegex(line.decode(), rf"W{width} H{height} .*C{want}")
        return rest[6:]

    def test_snapshot_shows_the_picture_of_every_format(self):
        for fourcc in FOURCCS:
            with self.subTest(fourcc):
                self.close_actors()
                writer = self.writer(f"{fourcc} 64 48")
                path = self.path(f"{fourcc}.jpg")
                code, out, err = self.snapshot_while_publishing(writer, "-o", path, "--quality",
                                                                "100")
                self.assertEqual((code, out, err), (0, b"", ""))
                last = writer.do("publish 1")
                got = self.jpeg_planes(path, fourcc, 64, 48)
                wrong = min(max(abs(a - b) for a, b in zip(got, planes(fourcc, 64, 48, n)))
                            for n in range(1, last + 1))
                self.assertLessEqual(wrong, 4)
                writer.close()

    def test_snapshot_to_stdout_is_a_whole_jpeg(self):
        code, out, _ = self.snapshot_while_publishing(self.writer(), "-o", "-")
        self.assertEqual(code, 0)
        self.assertEqual((out[:2], out[-2:]), (b"\xff\xd8", b"\xff\xd9"))

    def test_snapshot_is_the_cameras_own_jpeg_where_it_is_kept(self):
        encoded = self.path("encoded.jpg")
        self.assertEqual(self.snapshot_while_publishing(self.writer("YU12 64 48"), "-o",
                                                        encoded)[0], 0)
        self.close_actors()
        with open(encoded, "rb") as file:
            own = file.read()  # any JPEG will do
        writer = self.actor()
        writer.do(f"keep {encoded}")
        writer.do("begin YU12 32 24")
        code, out, err = self.snapshot_while_publishing(writer, "-o", "-")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out, own)
        with self.subTest("a quality is asked for: encoded"):
            path = self.path("other.jpg")
            self.assertEqual(self.snapshot_while_publishing(writer, "-o", path, "--quality",
                                                            "50")[0], 0)
            self.jpeg_planes(path, "YU12", 32, 24)
        with self.subTest("a frame without: encoded"):
            writer.do("keep")
            path = self.path("third.jpg")
            self.assertEqual(self.snapshot_while_publishing(writer, "-o", path)[0], 0)
            self.jpeg_planes(path, "YU12", 32, 24)
        with self.subTest("what is no JPEG: encoded"):
            page = self.path("page.html")
            with open(page, "w") as file:
                file.write("<html>")
            writer.do(f"keep {page}")
            path = self.path("fourth.jpg")
            self.assertEqual(self.snapshot_while_publishing(writer, "-o", path)[0], 0)
            self.jpeg_planes(path, "YU12", 32, 24)

    def test_info_shows_the_planes_that_stand_beside_the_picture(self):
        jpeg = self.path("a.jpg")
        with open(jpeg, "wb") as file:
            file.write(bytes(1999))
        writer = self.actor()
        writer.do(f"keep {jpeg}")
        writer.do("begin YU12 34 20")
        writer.do("publish 1")
        self.assertEqual([(p["kind"], p["stride_bytes"], p["rows"], p["size_bytes"])
                          for p in self.info()["planes"]][3:],
                         [("half Y", 64, 10, 640), ("JPEG", 0, 0, 2000)])
        text = self.run_command("info", "cam0", "--window", "0").stdout
        self.assertRegex(text, r"half Y: 10 rows of 64 bytes at \d+, 640 B")
        self.assertRegex(text, r"JPEG: the camera's own at \d+, up to 2.0 kB")

    def test_F3_snapshot_leaves_a_whole_file_or_none(self):
        writer = self.writer()
        out = self.path("out")
        os.mkdir(out)
        target = os.path.join(out, "a.jpg")
        with open(target, "w") as file:
            file.write("before")
        before = os.umask(0o027)
        try:
            code, _, err = self.snapshot_while_publishing(writer, "-o", target)
        finally:
            os.umask(before)
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(os.listdir(out), ["a.jpg"])
        with open(target, "rb") as file:
            data = file.read()
        self.assertEqual((data[:2], data[-2:]), (b"\xff\xd8", b"\xff\xd9"))
        self.assertEqual(stat.S_IMODE(os.stat(target).st_mode), 0o640)

    def test_F5_snapshot_leaves_what_is_no_file_alone(self):
        writer = self.writer()
        out = self.path("out")
        os.mkdir(out)
        link, led, there = (os.path.join(out, name) for name in ("link", "led", "there"))
        os.symlink("/etc/passwd", link)
        os.mkfifo(there)
        os.symlink(there, led)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.join(out, "socket"))
        for target, word in ((link, "no ordinary file"), (led, "no ordinary file"),
                             (os.path.join(out, "socket"), "no ordinary file"),
                             (out, "no ordinary file"), (out + "/", "Is a directory"),
                             (os.path.join(out, "absent", "a.jpg"), "No such file")):
            code, _, err = self.snapshot_while_publishing(writer, "-o", target)
            self.assertEqual(code, 1, target)
            self.assertIn(word, err, target)
        self.assertEqual(sorted(os.listdir(out)), ["led", "link", "socket", "there"])

    def test_F5_snapshot_writes_into_a_fifo_and_leaves_it_there(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        reader = subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE)
        self.addCleanup(self.stop_cat, reader)
        code, _, err = self.snapshot_while_publishing(self.writer(), "-o", fifo)
        self.assertEqual((code, err), (0, ""))
        self.assertTrue(stat.S_ISFIFO(os.lstat(fifo).st_mode))
        data = reader.communicate(timeout=WAIT_S)[0]
        self.assertEqual((data[:2], data[-2:]), (b"\xff\xd8", b"\xff\xd9"))
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["fifo", "run"])

    @staticmethod
    def stop_cat(process):
        process.kill()
        process.wait()
        process.stdout.close()

    def test_F5_snapshot_writes_into_a_device_and_leaves_it_there(self):
        null, full, disk = self.path("null"), self.path("full"), self.path("disk")
        try:
            os.mknod(null, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
            os.mknod(full, 0o600 | stat.S_IFCHR, os.makedev(1, 7))
            os.mknod(disk, 0o600 | stat.S_IFBLK, os.makedev(7, 250))  # a loop device that nobody has
            os.close(os.open(null, os.O_WRONLY))
        except OSError as error:
            self.skipTest(f"cannot make devices here: {error}")
        writer = self.writer()
        self.assertEqual(self.snapshot_while_publishing(writer, "-o", null)[0], 0)
        code, _, err = self.snapshot_while_publishing(writer, "-o", full)
        self.assertEqual((code, "No space left" in err), (1, True), err)
        code, _, err = self.snapshot_while_publishing(writer, "-o", disk)
        self.assertEqual((code, "no ordinary file" in err), (1, True), err)
        self.assertTrue(stat.S_ISCHR(os.lstat(null).st_mode) and stat.S_ISCHR(os.lstat(full).st_mode))
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["disk", "full", "null", "run"])

    def test_ctrl_c_ends_a_snapshot_into_a_fifo_that_nobody_reads(self):
        fifo = self.path("fifo")
        os.mkfifo(fifo)
        writer = self.writer()
        process = self.start_command("snapshot", "cam0", "-o", fifo)
        self.wait_for_readers(1)
        openat = {"x86_64": "257", "aarch64": "56"}[os.uname().machine]
        begun = time.monotonic()
        while (pathlib.Path(f"/proc/{process.pid}/syscall").read_text().split()[0] != openat
               and process.poll() is None and time.monotonic() < begun + WAIT_S):
            writer.do("publish 1")
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(WAIT_S), 1)
        self.assertIn(b"Interrupted", process.stderr.read())

    @unittest.skipUnless(os.path.exists("/dev/full") and os.geteuid() == 0,
                         "mounting a small disk needs root")
    def test_F1_snapshot_on_a_full_disk_leaves_nothing(self):
        small = self.path("small")
        os.mkdir(small)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", small],
                                 capture_output=True)
        if mounted.returncode:
            self.skipTest("cannot mount a tmpfs here: " + mounted.stderr.decode().strip())
        self.addCleanup(subprocess.run, ["umount", small], check=True)
        writer = self.writer("GREY 640 480")
        code, _, err = self.snapshot_while_publishing(writer, "-o", os.path.join(small, "a.jpg"),
                                                      "--quality", "100")
        self.assertEqual(code, 1)
        self.assertIn("No space left", err)
        self.assertEqual(os.listdir(small), [])

    def test_snapshot_gives_up_in_time_and_says_why(self):
        out = self.path("a.jpg")
        done = self.run_command("snapshot", "cam0", "-o", out, "--timeout", "0.1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no writer of camera cam0", done.stderr)
        self.writer()
        done = self.run_command("snapshot", "cam0", "-o", out, "--timeout", "0.1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("no frame came", done.stderr)
        self.assertFalse(os.path.exists(out))

    def test_ctrl_c_ends_snapshot(self):
        self.writer()
        process = self.start_command("snapshot", "cam0", "-o", self.path("a.jpg"))
        self.wait_for_readers(1)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(WAIT_S), 1)
        self.assertIn(b"interrupted", process.stderr.read())

    # ------------------------------------------------------------ remove

    def objects(self):
        return subprocess.run(["ipcs", "-m", "-s"], capture_output=True, text=True).stdout

    def test_remove_takes_a_dead_ring_away_and_no_living_one(self):
        before = self.objects()
        writer = self.writer()
        done = self.run_command("remove", "cam0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("stop its writer first", done.stderr)
        self.assertEqual(self.info()["state"], "live")
        writer.kill()
        self.assertNotEqual(self.objects(), before)
        done = self.run_command("remove", "cam0")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("removed 3", done.stdout)
        self.assertEqual(self.objects(), before)
        done = self.run_command("remove", "cam0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("nothing was left", done.stderr)
        self.assertIn("no camera", self.run_command("remove", "cam7").stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
