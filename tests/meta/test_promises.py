"""Each promise of the README names tests that are there: files with a case of each row, or of the name, that
stands behind the link."""

import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ["FRAMERING_SOURCE"])
LINK = re.compile(r"\[[^\]]*\]\((tests/[^)]*\.c)\)([^\[]*)")


class Promises(unittest.TestCase):
    def test_each_promise_names_tests_that_are_there(self):
        text = (SOURCE / "README.md").read_text().split("\n## What it promises\n")[1].split("\n## ")[0]
        promises = re.split(r"^- ", text, flags=re.M)[1:]
        self.assertGreater(len(promises), 5)
        for promise in promises:
            links = LINK.findall(promise)
            with self.subTest(promise.split(".")[0]):
                self.assertTrue(links, "no test is named")
            for path, after in links:
                cases = re.findall(r"START_TEST\((\w+)\)", (SOURCE / path).read_text())
                named = re.findall(r"`(\w+)`", after)
                rows = re.findall(r"\b[SN]\d+\b", after)
                with self.subTest(path):
                    self.assertTrue(named or rows, "neither a row nor a case is named")
                    for case in named:
                        self.assertIn(case, cases)
                    for row in rows:
                        self.assertTrue([c for c in cases if re.search(rf"(^|_){row}_", c, re.I)], row)


if __name__ == "__main__":
    unittest.main()
