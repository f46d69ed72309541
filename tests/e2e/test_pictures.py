"""What framering-capture does to pictures on their way into the ring, as its user asks for it."""

import json
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from capture_rig import BUILD, CaptureCase

COMMAND = str(BUILD / "monitor" / "framering")
WIDTH, HEIGHT = 32, 16


def luma(x, y):
    return (x * 5 + y * 11) % 256


class Pictures(CaptureCase):
    def command(self, *words, text=True):
        return subprocess.run([COMMAND, *words], capture_output=True, text=text, timeout=120,
                              env=dict(os.environ, FRAMERING_RUNDIR=self.rundir))

    def streaming(self, *words, source="synthetic:", size=None):
        reader = self.reader()
        process = self.capture(*words, source=source, size=size)
        reader.frame()
        return process

    def film(self):
        path = os.path.join(self.folder, "still.y4m")
        with open(path, "wb") as film:
            film.write(b"YUV4MPEG2 W%d H%d F25:1 Ip C420jpeg\n" % (WIDTH, HEIGHT))
            film.write(b"FRAME\n" + bytes(luma(x, y) for y in range(HEIGHT) for x in range(WIDTH))
                       + bytes(WIDTH * HEIGHT // 2))
        return path

    def test_info_shows_the_turned_picture_and_the_half_size_luma(self):
        process = self.streaming("--rotate", "90", "--half-luma", "yes", size="64x48")
        done = self.command("info", "cam0", "--json", "--window", "0")
        self.assertEqual(done.returncode, 0, done.stderr)
        info = json.loads(done.stdout)
        self.assertEqual((info["format"]["width_px"], info["format"]["height_px"]), (48, 64))
        self.assertEqual([(p["kind"], p["stride_bytes"], p["rows"]) for p in info["planes"]],
                         [("Y", 64, 64), ("U", 64, 32), ("V", 64, 32), ("half Y", 64, 32)])
        self.stop(process)

    def test_a_recording_is_turned_as_the_settings_say(self):
        turned = {  # what stands at (x, y) afterwards
            ("0", "yes"): (WIDTH, HEIGHT, lambda x, y: luma(WIDTH - 1 - x, y)),
            ("90", "no"): (HEIGHT, WIDTH, lambda x, y: luma(y, HEIGHT - 1 - x)),
            ("180", "no"): (WIDTH, HEIGHT, lambda x, y: luma(WIDTH - 1 - x, HEIGHT - 1 - y)),
            ("270", "no"): (HEIGHT, WIDTH, lambda x, y: luma(WIDTH - 1 - y, x)),
            ("90", "yes"): (HEIGHT, WIDTH, lambda x, y: luma(WIDTH - 1 - y, HEIGHT - 1 - x)),
        }
        film = self.film()
        for (angle, mirror), (width, height, at) in turned.items():
            with self.subTest(rotate=angle, mirror=mirror):
                process = self.streaming("--rotate", angle, "--mirror", mirror, "--loop", "yes",
                                         source=f"replay:{film}")
                done = self.command("cat", "cam0", "--frames", "1", text=False)
                self.stop(process)
                self.assertEqual(done.returncode, 0, done.stderr)
                header, _, rest = done.stdout.partition(b"\n")
                self.assertIn(b" W%d H%d " % (width, height), header)
                self.assertEqual(rest[6:6 + width * height],
                                 bytes(at(x, y) for y in range(height) for x in range(width)))

    def test_wrong_wishes_are_told_by_name(self):
        for words, says in ((("--rotate", "45"), "0, 90, 180 or 270"),
                            (("--mjpeg-scale", "3"), "1, 2 or 4"),
                            (("--mjpeg-colour", "grey"), "full or luma")):
            with self.subTest(words):
                code, said = self.ends(self.capture(*words))
                self.assertEqual(code, 2)
                self.assertIn(says, said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
