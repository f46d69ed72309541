"""framering-bench --quick works: every figure is there, and the odd ends of its command line."""

import json
import math
import subprocess
import sys
import unittest

BENCH = sys.argv.pop(1)
PERCENTILES = ("p50_ns", "p99_ns", "p999_ns")


def run(*args):
    return subprocess.run([BENCH, *args], capture_output=True, text=True, timeout=250)


class Bench(unittest.TestCase):
    def assert_spread(self, spread, prefix=""):
        p50, p99, p999 = (spread[prefix + p] for p in PERCENTILES)
        self.assertGreater(p50, 0)
        self.assertLessEqual(p50, p99)
        self.assertLessEqual(p99, p999)

    def test_json_has_every_figure(self):
        done = run("--quick", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("wake-up", done.stderr)  # progress, away from the figures
        result = json.loads(done.stdout)
        cells = {(w["frame_bytes"], w["readers"]) for w in result["wake"]}
        self.assertEqual(
            cells,
            {(b, r) for b in (64, 460800, 3110400, 12441600) for r in (1, 4, 16)},
        )
        for wake in result["wake"]:
            self.assertGreaterEqual(wake["rounds"], 8)
            for prefix in ("", "futex_", "publish_"):
                self.assert_spread(wake, prefix)
        for way in ("futex", "peek", "pinned", "eventfd"):
            self.assert_spread(result["ways"][way])
        for call in ("clock", "take", "publish", "pin", "unpin", "peek", "unpeek", "semop_pair"):
            self.assert_spread(result["calls"][call])
        for call in ("take_alone", "take_crowded", "publish_alone", "publish_crowded"):
            self.assert_spread(result["stopped"][call])
        self.assertEqual(
            [(w["waiters"], w["is_worst"]) for w in result["waiters"]],
            [(0, False), (16, False), (500, False), (500, True)],
        )
        for crowd in result["waiters"]:
            self.assert_spread(crowd, "publish_")
            if not crowd["is_worst"]:
                self.assert_spread(crowd, "futex_wake_")
        half = result["half_luma"]
        self.assertIn(half.pop("used"), half)
        self.assertLessEqual({"plain", "read"}, set(half))
        for spread in half.values():
            self.assert_spread(spread, "planar_")
            self.assert_spread(spread, "packed_")
        self.check_detector(result["detector"])

    def check_detector(self, detector):
        for figure in ("ms_1080p", "read_ms_1080p"):
            self.assertTrue(math.isfinite(detector[figure]))
            self.assertGreater(detector[figure], 0)
        rows = {(row["name"], row["level"]): row for row in detector["rows"]}
        self.assertEqual(len(rows), len(detector["rows"]))
        self.assertEqual({name for name, _ in rows}, {"1920x1080", "capture's half", "YUYV", "3840x2160"})
        self.assertIn(("1920x1080", "plain"), rows)
        for row in rows.values():
            self.assertGreater(row["share"], 0)
            self.assertLessEqual(row["state_bytes_per_px"], 2)
            steps = row["steps_to_read"]
            self.assertEqual(len(steps), 9)
            self.assertTrue(all(step > 0 for step in steps.values()), steps)
            # Medians need not add up; but no step is left out.
            self.assertGreater(sum(steps.values()), row["to_read"] / 2)
        self.assertIn(len(detector["peers"]), (0, 4))

    def test_detector_alone_is_a_table(self):
        done = run("--quick", "--detector")
        self.assertEqual(done.returncode, 0, done.stderr)
        table = done.stdout
        self.assertNotIn("Wake-up", table)
        for word in ("frame : read", "shadows", "3840x2160"):
            self.assertIn(word, table)
        self.assertTrue("MOG2" in table or "skipped" in table, table)

    def test_wrong_usage_is_2(self):
        for args in (["--fast"], ["--mode", "slow"], ["more"]):
            done = run(*args)
            self.assertEqual(done.returncode, 2, args)
            self.assertEqual(done.stdout, "")
            self.assertIn(args[-1], done.stderr)

    def test_help_is_told_on_stdout(self):
        done = run("--help")
        self.assertEqual(done.returncode, 0)
        self.assertIn("--json", done.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
