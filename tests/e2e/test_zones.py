"""Zones, ignored areas, sizes, levels and pictures, against the truth of synthetic scenes; and that all of
it can be changed while the analyzer runs."""

import json
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import unittest
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from capture_rig import BUILD
from test_analyzer import ANALYZER, AnalyzerCase

REPLAY = BUILD / "analyzer" / "framering-replay"
HAS_PNG = b"built without libpng" not in REPLAY.read_bytes()
TOOLS = BUILD / "tests" / "e2e"
WIDTH, HEIGHT, RATE = 320, 240, 25
UPPER = "polygon = 0,0 1,0 1,0.5 0,0.5\n"
LOWER = "polygon = 0,0.5 1,0.5 1,1 0,1\n"
MIDDLE = "polygon = 0,0.3 1,0.3 1,0.47 0,0.47\n"  # between the lanes of the two objects
BOX_RGB, ZONE_RGB = (255, 220, 0), (0, 230, 230)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_grey_png(path, width, height, pixel):
    rows = b"".join(b"\0" + bytes(pixel(x, y) for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) +
                     png_chunk(b"IDAT", zlib.compress(rows)) + png_chunk(b"IEND", b""))


def paeth(a, b, c):
    p = a + b - c
    return min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]


def read_rgb_png(path):
    """The rows of an RGB PNG of 8 bits, as the format's specification has them."""
    data, at, packed = path.read_bytes(), 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert (depth, colour) == (8, 2), (depth, colour)
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    raw, rows, above = zlib.decompress(packed), [], bytearray(3 * width)
    for y in range(height):
        kind, row = raw[y * (3 * width + 1)], bytearray(raw[y * (3 * width + 1) + 1 :][: 3 * width])
        for i in range(3 * width):
            left, upper = row[i - 3] if i >= 3 else 0, above[i]
            corner = above[i - 3] if i >= 3 else 0
            row[i] = (row[i] + (0, left, upper, (left + upper) // 2,
                                paeth(left, upper, corner))[kind]) & 255
        rows.append([tuple(row[i : i + 3]) for i in range(0, 3 * width, 3)])
        above = row
    return rows


def read_jpeg(path):
    done = subprocess.run([str(TOOLS / "jpeg_rgb")], input=path.read_bytes(), capture_output=True,
                          check=True, timeout=60)
    size, pixels = done.stdout.split(b"\n", 1)
    width, height = map(int, size.split())
    return [[tuple(pixels[3 * (y * width + x) :][:3]) for x in range(width)] for y in range(height)]


def is_like(pixel, colour, far=70):
    return all(abs(a - b) <= far for a, b in zip(pixel, colour))


def share_like(pixels, colour):
    return sum(is_like(pixel, colour) for pixel in pixels) / len(pixels)


def overlap(box, truth):
    x, y, width, height = truth
    w = min(box["x"] + box["width"], x + width) - max(box["x"], x)
    h = min(box["y"] + box["height"], y + height) - max(box["y"], y)
    both = max(w, 0) * max(h, 0)
    return both / (box["width"] * box["height"] + width * height - both)


class Zones(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="framering-zones-")
        cls.addClassCleanup(folder.cleanup)
        cls.film = pathlib.Path(folder.name, "scene.y4m")
        done = subprocess.run([str(TOOLS / "scene_film"), "seed=3,objects=2,still=2,move=3,light=0",
                               str(WIDTH), str(HEIGHT), str(RATE), "250", str(cls.film)],
                              capture_output=True, text=True, check=True, timeout=120)
        cls.truth = [[tuple(map(int, box.split(","))) for box in line.split()[2:]]
                     for line in done.stdout.splitlines()]

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="framering-zones-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.conf = self.folder / "yard.conf"

    def replay(self, text, *words, code=0):
        self.conf.write_text("[analyzer]\nmotion_end = 0.5\n" + text)
        self.conf.chmod(0o644)
        done = subprocess.run([str(REPLAY), str(self.film), "--config", str(self.conf),
                               *map(str, words)], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, code, done.stderr)
        self.said = done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def starts(self, events, zone):
        return [event for event in events
                if event["event"] == "motion_start" and event.get("zone") == zone]

    def truth_in(self, frame, top, bottom):
        return [box for box in self.truth[frame] if top <= box[1] and box[1] + box[3] <= bottom]

    def test_each_zone_tells_the_motion_that_is_in_it(self):
        events = self.replay(f"[zone upper]\n{UPPER}[zone lower]\n{LOWER}[zone middle]\n{MIDDLE}")
        self.assertEqual({event["zone"] for event in events}, {"upper", "lower"})
        for zone, top, bottom in (("upper", 0, 120), ("lower", 120, 240)):
            began = [frame for frame in range(1, 250) if self.truth_in(frame, top, bottom)
                     and not self.truth_in(frame - 1, top, bottom)]
            starts = self.starts(events, zone)
            self.assertEqual(len(starts), len(began))
            self.assertEqual(len(began), 2)
            for start, frame in zip(starts, began):
                self.assertTrue(frame <= start["frame"] <= frame + 0.3 * RATE, (zone, start, frame))
                # The objects come in at the edge, where the truth is its visible part.
                truth = self.truth_in(start["frame"], top, bottom)[0]
                self.assertGreater(overlap(start["boxes"][0], truth), 0.5, (start, truth))
            ends = [e for e in events if e["event"] == "motion_end" and e["zone"] == zone]
            self.assertEqual([e["id"] for e in ends], [e["id"] for e in starts])
        for event in events:
            top, bottom = (0, 120) if event["zone"] == "upper" else (120, 240)
            for box in event["boxes"]:
                self.assertTrue(top <= box["y"] and box["y"] + box["height"] <= bottom, event)

    def test_a_zones_own_settings_are_its_alone(self):
        for own in ("object_min = 8\n", "object_max = 1\n", "motion_start = 10\n"):
            with self.subTest(own=own):
                events = self.replay(f"[zone upper]\n{UPPER}[zone lower]\n{LOWER}{own}")
                self.assertEqual(len(self.starts(events, "upper")), 2)
                self.assertEqual(len(self.starts(events, "lower")), 0)

    def test_the_largest_size_holds_for_the_whole_picture_as_well(self):
        self.assertEqual(self.replay("object_max = 0.5\n"), [])
        self.assertEqual(len(self.starts(self.replay("object_max = 50\n"), None)), 2)

    def test_ignored_areas_of_edges_and_of_masks_are_the_same(self):
        width, height = 64, 48
        write_grey_png(self.folder / "mask.png", width, height, lambda x, y: 0 if y >= 24 else 255)
        (self.folder / "mask.pgm").write_bytes(
            b"P5\n%d %d\n255\n" % (width, height) + b"\xff" * (width * 24) + b"\0" * (width * 24))
        told = [self.replay(f"[zone all]\npolygon = 0,0 1,0 1,1 0,1\n[ignore below]\n{how}")
                for how in (LOWER, "mask = mask.pgm\n", f"mask = {self.folder}/mask.pgm\n",
                            *["mask = mask.png\n"] * HAS_PNG)]
        self.assertGreater(len(told[0]), 0)
        for events in told:
            self.assertEqual(events, told[0])
        for event in told[0]:
            for box in event["boxes"]:
                self.assertLessEqual(box["y"] + box["height"], 120)

    def test_the_level_is_a_number_for_every_frame(self):
        events = self.replay(f"levels = yes\n[zone upper]\n{UPPER}[zone lower]\n{LOWER}")
        levels = [event for event in events if event["event"] == "level"]
        self.assertEqual([level["frame"] for level in levels], list(range(250)))
        for level in levels:
            self.assertEqual(set(level["zones"]), {"upper", "lower"})
            truth = sum(w * h for _, _, w, h in self.truth[level["frame"]]) / (WIDTH * HEIGHT)
            # An object's shape fills a part of its box.
            self.assertTrue(0.5 * truth - 0.002 < level["share"] < 1.25 * truth + 0.002,
                            (level, truth))
            self.assertAlmostEqual(sum(level["zones"].values()), level["share"], delta=1e-5)

    def test_F8_what_makes_no_sense_is_refused_at_the_start(self):
        (self.folder / "text.png").write_text("no picture\n")
        (self.folder / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
        for text, told in (
            ("[zone a]\npolygon = 0,0 1,0\n", "yard.conf:4: polygon: \"0,0 1,0\" has fewer than 3"),
            ("[zone a]\npolygon = 0,0 1,1 1,0 0,1\n", "crosses itself"),
            ("[zone a]\npolygon = 0,0 320,0 320,240\n", "has a point beside the picture"),
            ("[ignore a]\nmask = none.png\n", f"[ignore a]: mask: {self.folder}/none.png: No such"),
            ("[ignore a]\nmask = text.png\n", "text.png: not a picture; expected PNG, or PGM"),
            ("[ignore a]\nmask = cut.png\n", "cut.png: a PNG that cannot be read"),
            ("[ignore a]\npolygon = 0,0 1,0 1,1 0,1\n", "are the whole picture"),
            (f"[zone a]\n{UPPER}object_min = 5\nobject_max = 4\n",
             "[zone a]: object_min 5 is above object_max 4"),
        ):
            with self.subTest(text=text):
                self.assertEqual(self.replay(text, code=78), [])
                self.assertIn(told, self.said)
                done = subprocess.run([str(ANALYZER), "--camera", "x", "--config", str(self.conf)],
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 78, done.stderr)
                self.assertIn(told, done.stderr)

    def test_a_zone_without_a_pixel_is_told(self):
        self.replay("[zone dot]\npolygon = 0,0 0.0001,0 0,0.0001\n")
        self.assertIn("zone dot is too small for frames of 320x240", self.said)

    def has_box(self, yellow, x, y, width, height):
        """How much of the edge of a box is yellow."""
        right, bottom = x + width - 1, y + height - 1
        edge = ([(i, k) for i in range(x, right + 1) for k in (y, bottom)] +
                [(i, k) for k in range(y, bottom + 1) for i in (x, right)])
        return sum(place in yellow for place in edge) / len(edge)

    def test_pictures_show_boxes_where_the_truth_is(self):
        seen = self.folder / "seen"
        # The zones' edges and the lines of text lie beside the objects' lanes.
        events = self.replay(f"[zone upper]\n{UPPER}[zone middle]\n{MIDDLE}"
                             "[ignore corner]\npolygon = 0.5,0.32 1,0.32 1,0.45 0.5,0.45\n",
                             "--picture", seen, "--picture-every", 75)
        frames = {event["frame"] for event in events} | {0, 75, 150, 225}
        self.assertEqual({path.name for path in seen.iterdir()}, {f"{n:06}.jpg" for n in frames})
        masks = self.folder / "masks"
        self.replay("", "--masks", masks)
        for frame in (75, 150):
            picture = read_jpeg(seen / f"{frame:06}.jpg")
            self.assertEqual((len(picture[0]), len(picture)), (WIDTH, HEIGHT))
            mask = (masks / f"{frame:06}.pgm").read_bytes()[-WIDTH * HEIGHT :]
            self.assertEqual(len(self.truth[frame]), 2 if frame == 75 else 0)
            yellow = {(x, y) for y, row in enumerate(picture) for x, pixel in enumerate(row)
                      if is_like(pixel, BOX_RGB)}
            for truth in self.truth[frame]:
                x, y, width, height = truth
                inside = [(i, k) for i in range(x + 6, x + width - 6)
                          for k in range(y + 6, y + height - 6) if mask[k * WIDTH + i]]
                red = sum(picture[k][i][0] - max(picture[k][i][1:]) > 40 for i, k in inside)
                self.assertGreater(red / len(inside), 0.9, truth)
                # The box is drawn within the detection's, which is the truth's to a few pixels.
                best = max(self.has_box(yellow, x + dx, y + dy, width + w, height + h)
                           for dx in range(-3, 3) for dy in range(-3, 3)
                           for w in range(-2, 5) for h in range(-2, 5))
                self.assertGreater(best, 0.75, truth)
            self.assertTrue(len(yellow) > 200 if frame == 75 else not yellow, len(yellow))
            # The lower edge of the upper zone, where no other is drawn over it.
            self.assertGreater(share_like([picture[120][x] for x in range(10, 150)], ZONE_RGB), 0.8)
            # The bar of the level: full at ten percent.
            level = sum(mask) / 255 / (WIDTH * HEIGHT)
            bar = sum(p[0] > 200 and max(p[1:]) < 110 for p in picture[HEIGHT - 5])
            self.assertAlmostEqual(bar, min(level / 0.1, 1) * (WIDTH - 17 * 6), delta=12)
        still = read_jpeg(seen / "000000.jpg")
        ignored = [sum(still[y][x]) for y in range(80, 104) for x in range(170, 310)]
        watched = [sum(still[y][x]) for y in range(80, 104) for x in range(10, 150)]
        self.assertLess(sum(ignored) / len(ignored), 0.75 * sum(watched) / len(watched))

    def test_without_events_there_are_no_pictures_but_those_asked_for(self):
        seen = self.folder / "seen"
        self.replay("object_min = 60\n", "--picture", seen)
        self.assertEqual(list(seen.iterdir()), [])
        self.replay("object_min = 60\n", "--picture", seen, "--picture-every", 125)
        self.assertEqual({path.name for path in seen.iterdir()}, {"000000.jpg", "000125.jpg"})

    @unittest.skipUnless(HAS_PNG, "built without libpng")
    def test_the_heat_map_is_hot_where_the_objects_were_and_grey_elsewhere(self):
        heat = self.folder / "heat.png"
        self.replay("", "--heat-map", heat)
        picture = read_rgb_png(heat)
        self.assertEqual((len(picture[0]), len(picture)), (WIDTH, HEIGHT))
        lanes = set()
        for boxes in self.truth:
            for x, y, width, height in boxes:
                lanes |= {(i, k) for i in range(x, x + width) for k in range(y, y + height)}
        warm = {(x, y) for y in range(HEIGHT - 10) for x in range(WIDTH)
                if picture[y][x][0] - picture[y][x][1] > 20 or picture[y][x][1] - picture[y][x][2] > 20}
        near = {(x + dx, y + dy) for x, y in lanes for dx in (-3, 0, 3) for dy in (-3, 0, 3)}
        self.assertLess(len(warm - near), 0.002 * WIDTH * HEIGHT)
        self.assertGreater(len(warm & lanes), 0.6 * len(lanes))
        grey = [picture[y][x] for y in range(70, 115) for x in range(WIDTH)]
        self.assertGreater(sum(max(p) - min(p) == 0 for p in grey) / len(grey), 0.99)
        # It lies over a dimmed frame, and does not hide it.
        self.assertTrue(20 < sum(p[0] for p in grey) / len(grey) < 130)

    def test_what_cannot_be_written_is_said(self):
        no_png = not HAS_PNG and "built without libpng"
        for words, code, said in (
            (("--heat-map", self.folder / "no" / "heat.png"), 1, no_png or "No such file"),
            (("--heat-map", self.folder), 1, no_png or "Is a directory"),
            (("--picture", self.folder / "no" / "where"), 1, "folder for pictures"),
            (("--picture-every", "0"), 2, "--picture-every: \"0\" is out of range"),
            (("--picture", ""), 2, "no folder"),
        ):
            with self.subTest(words=words):
                self.assertEqual(self.replay("", *words, code=code), [])
                self.assertIn(said, self.said)


class Reload(AnalyzerCase):
    """Something moves for minutes; a model that began anew would tell nothing for a second."""

    SCENE = "synthetic:objects=3,still=2,move=20,light=0"

    def write(self, text):
        self.conf.write_text(text)
        self.conf.chmod(0o644)

    def setUp(self):
        super().setUp()
        self.conf = pathlib.Path(self.folder, "etc", "analyzers", "cam0.conf")

    def levels_around(self, analyzer, kind):
        """The events until one of this kind, and the levels of the ten frames behind it."""
        before, after = [], []
        while True:
            event = analyzer.events.next()
            before.append(event)
            if event["event"] == kind:
                break
        while len(after) < 10:
            event = analyzer.events.next()
            if event["event"] == "level":
                after.append(event)
            else:
                before.append(event)
        return before, after

    def test_zones_thresholds_and_masks_change_and_what_was_learnt_stays(self):
        whole = "polygon = 0,0 1,0 1,1 0,1\n"
        self.write(f"[analyzer]\nlevels = yes\n[zone first]\n{whole}motion_start = 0\n")
        self.scene(source=self.SCENE)
        analyzer = self.analyzer()
        start = analyzer.events.until("motion_start")
        self.assertEqual(start["zone"], "first")
        # Another zone: the old one's motion ends, and the new one's begins at once.
        self.write(f"[analyzer]\nlevels = yes\nsensitivity = 55\n[zone second]\n{whole}motion_start = 0\n")
        analyzer.send_signal(signal.SIGHUP)
        events, levels = self.levels_around(analyzer, "motion_end")
        end = events[-1] if events[-1]["event"] == "motion_end" else events[-2]
        self.assertEqual((end["zone"], end["reason"], end["id"]), ("first", "settings", start["id"]))
        again = events[-1] if events[-1]["event"] == "motion_start" else analyzer.events.until("motion_start")
        self.assertEqual(again["zone"], "second")
        # By the number of frames, of which a second would be 25.
        self.assertLessEqual(again["frame"] - end["frame"], 5)
        self.assertEqual(again["epoch"], end["epoch"])
        for level in levels:
            self.assertEqual(set(level["zones"]), {"second"})
            self.assertGreater(level["share"], 0, level)
        # A mask over everything but a corner: motion stops, and what was learnt stays beneath it.
        mask = self.conf.parent / "mask.pgm"
        mask.write_bytes(b"P5 8 8 255 " + b"\xff" + b"\0" * 63)
        self.write(f"[analyzer]\nlevels = yes\nmotion_end = 0.2\n[zone second]\n{whole}motion_start = 0\n"
                   "[ignore rest]\nmask = mask.pgm\n")
        analyzer.send_signal(signal.SIGHUP)
        end = analyzer.events.until("motion_end")
        self.assertEqual((end["zone"], end["reason"]), ("second", "quiet"))
        self.write(f"[analyzer]\nlevels = yes\nmotion_end = 0.2\n[zone second]\n{whole}motion_start = 0\n")
        analyzer.send_signal(signal.SIGHUP)
        back = analyzer.events.until("motion_start")
        self.assertEqual(back["zone"], "second")
        before = [event for event in analyzer.events.seen if event["event"] == "level"
                  and event["frame"] <= back["frame"]][-12:-1]
        # The first frame without the mask has it: the level jumps from nothing.
        self.assertLess(before[-1]["share"], 0.003)

    def test_F10_a_wrong_zone_or_mask_changes_nothing(self):
        self.write(f"[analyzer]\nmotion_end = 0.5\n[zone good]\n{UPPER}motion_start = 0\n")
        self.scene()  # moves and rests by turns
        analyzer = self.analyzer()
        self.assertEqual(analyzer.events.until("motion_start")["zone"], "good")
        for text, told in (("[zone bad]\npolygon = 0,0 1,0\n", r"cam0\.conf:2: polygon: .*3 points"),
                           (f"[zone bad]\n{UPPER}[ignore x]\nmask = none.png\n",
                            r"\[ignore x\]: mask: .*none\.png: No such file"),
                           (f"[zone bad]\n{UPPER}object_min = 3\nobject_max = 2\n",
                            r"\[zone bad\]: object_min 3 is above")):
            self.write(text)
            analyzer.send_signal(signal.SIGHUP)
            analyzer.log.until("the old ones stay: .*" + told)
            for kind in ("motion_end", "motion_start"):
                event = analyzer.events.until(kind)
                self.assertEqual(event["zone"], "good")
                self.assertNotEqual(event.get("reason"), "settings")
        self.stop(analyzer)
        self.assertEqual(analyzer.returncode, 0)


if __name__ == "__main__":
    unittest.main()
