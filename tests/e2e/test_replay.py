"""framering-replay as a person uses it to tune: masks, events, errors."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["FRAMERING_BUILD"])
REPLAY = BUILD / "analyzer" / "framering-replay"
WIDTH, HEIGHT = 97, 65


def write_y4m(path, frames, rate="10:1", square_from=40, cut=0):
    """A still picture, in which a bright square moves from a frame on."""
    background = bytes(80 + (x * 3 + y * 2) % 50 for y in range(HEIGHT) for x in range(WIDTH))
    data = b"YUV4MPEG2 W%d H%d F%s Ip A1:1 Cmono\n" % (WIDTH, HEIGHT, rate.encode())
    for frame in range(frames):
        picture = bytearray(background)
        if frame >= square_from:
            left = 4 + (frame - square_from) * 2 % (WIDTH - 30)
            for y in range(20, 44):
                picture[y * WIDTH + left : y * WIDTH + left + 24] = bytes([230]) * 24
        data += b"FRAME\n" + bytes(picture)
    path.write_bytes(data[: len(data) - cut])


class Replay(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="framering-replay-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.clip = self.folder / "clip.y4m"
        self.masks = self.folder / "masks"

    def replay(self, *words, code=0, **options):
        done = subprocess.run([str(REPLAY), *map(str, words)], capture_output=True, text=True,
                              timeout=120, **options)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def read_masks(self):
        return [path.read_bytes() for path in sorted(self.masks.iterdir())]

    def test_every_frame_has_its_mask_in_full_size(self):
        write_y4m(self.clip, 60)
        self.replay(self.clip, "--masks", self.masks)
        self.assertEqual(sorted(path.name for path in self.masks.iterdir()),
                         [f"{number:06}.pgm" for number in range(60)])
        header = b"P5\n%d %d\n255\n" % (WIDTH, HEIGHT)
        for number, mask in enumerate(self.read_masks()):
            self.assertTrue(mask.startswith(header))
            pixels = mask[len(header) :]
            self.assertEqual(len(pixels), WIDTH * HEIGHT)
            self.assertLessEqual(set(pixels), {0, 255})
            moving = pixels.count(255)
            if number < 40:
                self.assertEqual(moving, 0, number)
            else:
                self.assertTrue(0.8 * 576 < moving < 1.4 * 576, (number, moving))

    def test_events_have_the_recordings_frames_and_time(self):
        write_y4m(self.clip, 60)
        start, end = map(json.loads, self.replay(self.clip).stdout.splitlines())
        self.assertEqual((start["event"], end["event"]), ("motion_start", "motion_end"))
        self.assertEqual(start["began"], "1970-01-01T00:00:04.000+00:00")
        self.assertEqual(start["frame"], 41)  # 0.2 s of motion: two frames at 10 a second
        self.assertEqual(end["reason"], "stopped")
        self.assertEqual(end["frames"], 20)
        # At another rate than the recording says, the times are others.
        start = json.loads(self.replay(self.clip, "--fps", "20").stdout.splitlines()[0])
        self.assertEqual(start["began"], "1970-01-01T00:00:02.000+00:00")

    def test_the_same_recording_gives_the_same_bytes(self):
        write_y4m(self.clip, 60)
        first = self.replay(self.clip, "--masks", self.masks).stdout
        masks = self.read_masks()
        self.assertEqual(self.replay(self.clip, "--masks", self.masks, env={"TZ": "Asia/Tokyo"}).stdout,
                         first)
        self.assertEqual(self.read_masks(), masks)

    def test_the_same_whatever_instructions_the_machine_has(self):
        write_y4m(self.clip, 60)
        first = self.replay(self.clip, "--masks", self.masks, env={"FRAMERING_SIMD": "plain"}).stdout
        masks = self.read_masks()
        for level in ("sse2", "avx2", "avx512", "neon"):  # what it has not is its best
            self.assertEqual(self.replay(self.clip, "--masks", self.masks,
                                         env={"FRAMERING_SIMD": level}).stdout, first, level)
            self.assertEqual(self.read_masks(), masks, level)

    def test_settings_matter(self):
        write_y4m(self.clip, 60)
        self.assertEqual(self.replay(self.clip, "--object-min", "50").stdout, "")
        conf = self.folder / "a.conf"
        conf.write_text("[analyzer]\nname = yard\nobject_min = 50\nqueue_events = 7\n")
        conf.chmod(0o644)
        self.assertEqual(self.replay(self.clip, "--config", conf).stdout, "")
        told = self.replay(self.clip, "--config", conf, "--object-min", "1").stdout
        self.assertEqual(json.loads(told.splitlines()[0])["analyzer"], "yard")

    def test_a_damaged_frame_is_counted_and_has_an_empty_mask(self):
        write_y4m(self.clip, 60, cut=100)
        done = self.replay(self.clip, "--masks", self.masks)
        self.assertIn("frame 59", done.stderr)
        self.assertIn("60 frames (1 damaged)", done.stderr)
        masks = self.read_masks()
        self.assertEqual(len(masks), 60)
        self.assertGreater(masks[58].count(255), 400)
        self.assertEqual(masks[59].count(b"\xff"), 0)

    def test_what_is_wrong_is_said(self):
        write_y4m(self.clip, 3)
        text = self.folder / "text"
        text.write_text("no picture in here\n" * 100)
        conf = self.folder / "a.conf"
        conf.write_text("[analyzer]\nthreshold = red\n")
        conf.chmod(0o644)
        for words, code, said in (
            ((), 2, "expected PATH"),
            ((self.clip, self.clip), 2, "unexpected argument"),
            ((self.clip, "--fps", "fast"), 2, "fps"),
            ((self.clip, "--fps", "0"), 2, "fps"),
            ((self.clip, "--threshold", "100"), 2, "threshold"),
            ((self.clip, "--config", conf), 78, "a.conf:2: threshold"),
            ((self.folder / "nowhere",), 1, "nowhere: No such file"),
            ((text,), 1, str(text)),
            ((self.clip, "--masks", self.folder / "no" / "where"), 1, "No such file"),
            ((self.clip, "--masks", text), 1, "Not a directory"),
        ):
            with self.subTest(words=words):
                done = self.replay(*words, code=code)
                self.assertIn(said, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_events_that_cannot_be_written_are_a_failure(self):
        write_y4m(self.clip, 60)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([str(REPLAY), str(self.clip)], stdout=full, stderr=subprocess.PIPE,
                                  text=True, timeout=120)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)


if __name__ == "__main__":
    unittest.main()
