"""docs/reading.md shows the files of docs/examples, and these do what it says, with a live camera;
and the table in tests/README.md is true."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

BUILT = pathlib.Path(os.environ["FRAMERING_EXAMPLES"])
SOURCE = pathlib.Path(os.environ["FRAMERING_SOURCE"])
EXAMPLES = SOURCE / "docs" / "examples"
LINE = re.compile(r"^frame (\d+) missed (\d+) pixel (\d+)$")


class Document(unittest.TestCase):
    def test_shows_the_files_as_they_are(self):
        text = (SOURCE / "docs" / "reading.md").read_text(encoding="utf-8")
        shown = dict(
            re.findall(r"\[`examples/([\w.]+)`\](?:(?!```).)*```\w+\n(.*?)```\n", text, re.S)
        )
        self.assertEqual(set(shown), {f.name for f in EXAMPLES.iterdir() if f.is_file()})
        for name, block in shown.items():
            self.assertEqual(block, (EXAMPLES / name).read_text(encoding="utf-8"), name)

    def test_the_table_of_faults_names_tests_that_exist(self):
        tests = SOURCE / "tests"
        table = (tests / "README.md").read_text(encoding="utf-8")
        rows = re.findall(r"^\| ([NSCFP]\d+) \|[^|]*\| (.*) \|$", table, re.M)
        self.assertGreater(len(rows), 15)
        for row, files in rows:
            for file in re.findall(r"`([^`]+)`", files):
                named = re.search(rf"\b(test_)?{row}\b|(\b|_){row}_", (tests / file).read_text(), re.I)
                self.assertTrue(named, f"{row} is not in {file}")

    def test_the_table_of_faults_names_every_test_that_bears_a_row(self):
        tests = SOURCE / "tests"
        table = (tests / "README.md").read_text(encoding="utf-8")
        listed = dict(re.findall(r"^\| ([NSCFP]\d+) \|[^|]*\| (.*) \|$", table, re.M))
        for path in (*tests.glob("*/test_*.c"), *tests.glob("*/test_*.py"), *tests.glob("vm/*.py")):
            file, text = str(path.relative_to(tests)), path.read_text(encoding="utf-8")
            for name in re.findall(r"(?:START_TEST\(|def test_)(\w+)\(?", text):
                rows = re.findall(r"(?:^|_)([NSCFP]\d+)(?=_)", name)
                for row in rows + [r.upper() for r in re.findall(r"^[nscfp]\d+(?=_)", name)]:
                    self.assertIn(f"`{file}`", listed.get(row, ""), f"{name} is missing from {row}")

    def test_the_twenty_line_reader_has_twenty_lines(self):
        text = (EXAMPLES / "reader.c").read_text(encoding="utf-8")
        body = text[text.index("int main") :].splitlines()
        self.assertLessEqual(len([line for line in body if line.strip(" {}")]), 20)


class Running(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="framering-examples-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.env = dict(os.environ, FRAMERING_RUNDIR=self.folder)
        self.children = []
        self.addCleanup(self.end_children)
        timer = threading.Timer(60, self.end_children)  # what hangs ends, and fails
        timer.start()
        self.addCleanup(timer.cancel)

    def end_children(self):
        for child in self.children:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe:
                    pipe.close()

    def start(self, *command, **pipes):
        child = subprocess.Popen(command, env=self.env, text=True, **pipes)
        self.children.append(child)
        return child

    def writer(self):
        return self.start(str(BUILT / "example_writer"), "cam0", "100000")

    def frames(self, child, n):
        """The next n frames that a reader tells of: right pixels, every gap told."""
        last = None
        for _ in range(n):
            line = child.stdout.readline()
            match = LINE.match(line)
            self.assertTrue(match, line)
            number, missed, pixel = map(int, match.groups())
            self.assertEqual(pixel, number & 0xFF)
            if last is not None:
                self.assertEqual(number, last + 1 + missed)
            last = number
        return last

    def follows_a_killed_writer(self, reader):
        writer = self.writer()
        last = self.frames(reader, 100)
        writer.kill()
        writer.wait()
        self.writer()
        # What was in flight is still of the first one: its frames count on, the second's anew.
        for _ in range(1000):
            line = reader.stdout.readline()
            match = LINE.match(line)
            self.assertTrue(match, line)
            if int(match[1]) < last:
                break
            last = int(match[1])
        else:
            self.fail("it did not follow")
        self.frames(reader, 5)

    def test_reader_waits_reads_and_follows(self):
        reader = self.start(
            str(BUILT / "example_reader"), "cam0", stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.assertIn("no writer of camera cam0", reader.stderr.readline())
        self.follows_a_killed_writer(reader)

    def test_poll_reader_follows_and_ends_with_its_input(self):
        reader = self.start(
            str(BUILT / "example_poll_reader"),
            "cam0",
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.follows_a_killed_writer(reader)
        reader.stdin.close()
        reader.stdin = None
        for line in reader.stdout:
            self.assertRegex(line, LINE)
        self.assertEqual(reader.wait(), 0)

    def test_peek_in_python_reads_the_layout(self):
        # Its ring must be there; the reader tells when.
        self.writer()
        other = self.start(str(BUILT / "example_reader"), "cam0", stdout=subprocess.PIPE)
        self.frames(other, 1)
        peek = self.start(
            sys.executable, "-B", str(EXAMPLES / "peek.py"), "cam0", "50", stdout=subprocess.PIPE
        )
        self.frames(peek, 50)
        self.assertEqual(peek.wait(), 0)

    def test_peek_in_python_ends_with_its_writer(self):
        writer = self.writer()
        other = self.start(str(BUILT / "example_reader"), "cam0", stdout=subprocess.PIPE)
        self.frames(other, 1)
        peek = self.start(
            sys.executable, "-B", str(EXAMPLES / "peek.py"), "cam0", stdout=subprocess.PIPE
        )
        self.frames(peek, 5)
        writer.kill()
        for line in peek.stdout:
            self.assertRegex(line, LINE)
        self.assertEqual(peek.wait(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
