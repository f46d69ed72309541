"""framering-capture-bench --quick works: every way is there, each on the path it says."""

import json
import subprocess
import sys
import unittest

BENCH = sys.argv.pop(1)


def run(*args):
    return subprocess.run([BENCH, *args], capture_output=True, text=True, timeout=250)


class CaptureBench(unittest.TestCase):
    def test_json_has_every_way_on_its_path(self):
        done = run("--quick", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        ways = json.loads(done.stdout)["capture"]
        for word, path, bare in (("USERPTR", "USERPTR", None), ("MMAP", "MMAP", "memcpy"),
                                 ("MJPEG", "MJPEG", "libjpeg")):
            of_kind = [way for way in ways if way["way"].startswith(word)]
            self.assertGreaterEqual(len(of_kind), 3)
            for way in of_kind:
                self.assertTrue(way["path"].startswith(path), way)
                self.assertGreater(way["cpu_p50_ns"], 0)
                self.assertLessEqual(way["cpu_p50_ns"], way["cpu_p99_ns"])
                if bare:
                    self.assertTrue(way["bare"].startswith(bare), way)
                    self.assertGreater(way["bare_p50_ns"], 0)
                    self.assertGreater(way["ratio"], 0)
        targets = [way["way"] for way in ways if "is_met" in way]
        for word in ("USERPTR", "MMAP", "MJPEG 4:2:2, full", "MJPEG 4:2:2, luma only"):
            self.assertIn(word, targets)

    def test_the_table_says_of_each_target_whether_it_is_met(self):
        done = run("--quick", "--readers", "0")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line for line in done.stdout.splitlines() if line.startswith("USERPTR")]
        self.assertTrue(lines)
        for line in lines:
            if "luma" not in line:
                self.assertRegex(line, r"30 µs: (met|missed)$")

    def test_wrong_usage_is_2(self):
        for args in (["--fast"], ["--readers", "99"], ["--readers", "x"], ["more"]):
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
