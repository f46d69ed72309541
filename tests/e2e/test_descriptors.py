"""P6: no descriptor is to be had any more, by the limit of a daemon that runs. What it has goes on, what would
need another one is refused and told, and works once there are some."""

import os
import pathlib
import resource
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_analyzer import QUICK, AnalyzerCase

FRAMES = 30  # more than a second, in which all is done that is done now and then


def exhaust(process):
    """No more descriptors for the process. Returns its limits from before."""
    used = {int(name) for name in os.listdir(f"/proc/{process.pid}/fd")}
    lowest_free = min(set(range(len(used) + 1)) - used)
    before = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (lowest_free, before[1]))
    return before


def relieve(process, limits):
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, limits)


class Exhaustion(AnalyzerCase):
    def settings(self, text):
        path = pathlib.Path(self.folder, "own.conf")
        path.write_text(text)
        path.chmod(0o644)
        return str(path)

    def frames_come(self, reader):
        first = reader.frame()
        while (frame := reader.frame()).number < first.number + FRAMES:
            self.assertEqual(frame.epoch, first.epoch)

    def test_P6_capture_streams_on_without_descriptors_and_reads_its_settings_when_there_are_some(self):
        conf = self.settings("[capture]\nfps = 25\n")
        reader = self.reader()
        process = self.capture("--config", conf)
        self.frames_come(reader)
        limits = exhaust(process)
        self.settings("[capture]\nfps = 26\n")
        process.send_signal(signal.SIGHUP)
        process.log.until("Too many open files.*the old settings stay")
        self.frames_come(reader)
        relieve(process, limits)
        process.send_signal(signal.SIGHUP)
        process.log.until("in force after a restart only: fps$")
        exhaust(process)
        self.frames_come(reader)
        self.stop(process)  # and removes its ring
        self.assertEqual(process.returncode, 0)

    def test_P6_the_analyzer_tells_motion_without_descriptors_and_reads_its_settings_when_there_are_some(self):
        conf = self.settings("[analyzer]\nmotion_end = 0.5\n")
        self.scene()
        analyzer = self.analyzer("--config", conf)
        analyzer.events.until("motion_end")
        limits = exhaust(analyzer)
        analyzer.send_signal(signal.SIGHUP)
        analyzer.log.until("the old ones stay: .*Too many open files")
        for _ in range(2):
            analyzer.events.until("motion_start")
            analyzer.events.until("motion_end")
        relieve(analyzer, limits)
        analyzer.send_signal(signal.SIGHUP)
        analyzer.log.until("settings read again")
        self.stop(analyzer)
        self.assertEqual(analyzer.returncode, 0)

    def test_P6_the_analyzer_finds_the_next_ring_when_there_are_descriptors_again(self):
        camera = self.scene()
        analyzer = self.analyzer(*QUICK)
        analyzer.events.until("motion_end")
        limits = exhaust(analyzer)
        self.stop(camera)
        analyzer.events.until("signal_lost")
        self.scene()
        analyzer.log.until("Too many open files")
        relieve(analyzer, limits)
        analyzer.events.until("signal_back")
        analyzer.events.until("motion_end")
        self.stop(analyzer)
        self.assertEqual(analyzer.returncode, 0)


if __name__ == "__main__":
    unittest.main()
