#!/usr/bin/env python3
"""In the virtual machine: what `soak` runs. Two cameras, their daemons, and whatever chance does to them."""

import argparse
import collections
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
import usb_webcam  # noqa: E402
import vivid_camera  # noqa: E402
from processes import ANALYZER, CAPTURE, PROBE  # noqa: E402
from soak_account import BORDER_MAX, settle_sequence, settle_webcam  # noqa: E402
from soak_services import Capture, Service, SoakReader  # noqa: E402

RECOVERY_S = 120    # after a fault has ended: the longest back-off is 30 s, and emulation is slow
SAMPLE_S = 5
TELL_S = 60
GROWTH_KB, GROWTH_FDS = 1024, 2  # a camera that was away when it was first measured: its detector
IDLE_FRAMES = 3     # frames that have to come after a fault
KERNEL_DIED = 7     # a bit of the taint: an oops, as uvcvideo 6.1 has when a transfer fails in a bad moment
SEQUENCE_SLACK = 8  # vivid's counter begins anew, and says so only by being lower

# What the webcam's capture is started with, anew each time.
LIVES = [("MJPG",), ("MJPG", "--mjpeg-colour", "luma"), ("MJPG", "--keep-jpeg", "yes"), ("YUYV",),
         ("YUYV", "--zero-copy", "no"), ("YUYV", "--half-luma", "yes")]

RAW_FAULTS = ("truncated", "empty", "overrun", "error-bit", "lost-payload", "stuck-fid", "no-eof")
JPEG_FAULTS = RAW_FAULTS + ("no-tables", "stale-tail", "junk-head", "extraneous", "garbage", "html", "tiny",
                            "wrong-size", "progressive", "arithmetic", "cmyk", "lossless", "12-bit")


class Storm(threading.Thread):
    """One camera's faults, one after the other; after each of them frames must come again."""

    def __init__(self, name, seed, reader, end):
        super().__init__(daemon=True)
        self.name, self.random, self.reader, self.end = name, random.Random(seed), reader, end
        self.done, self.failures, self.recoveries = collections.Counter(), [], []

    def run(self):
        names = [name for name, weight in self.weights.items() for _ in range(weight)]
        while time.monotonic() < self.end and not self.failures:
            time.sleep(self.random.uniform(0.2, 3))
            name = self.random.choice(names)
            self.done[name] += 1
            print(f"{time.monotonic():.1f} {self.name}: {name}", file=self.log, flush=True)
            try:
                getattr(self, name)()
            except Exception as error:  # whatever it is, it is a result
                self.failures.append(f"{self.name}: {name}: {error!r}")
                break
            took_s = self.reader.wait_for_more(IDLE_FRAMES, RECOVERY_S)
            if took_s is None:
                self.failures.append(f"{self.name}: no frame within {RECOVERY_S} s of {name}")
            else:
                self.recoveries.append(took_s)

    def some_time(self, most_s):
        time.sleep(self.random.uniform(0.3, most_s))


class WebcamStorm(Storm):
    weights = {"frame": 10, "silence": 1, "hang": 1, "halt": 1, "transfer_error": 2, "rate": 1, "burst": 1,
               "clock": 1, "refuse": 1, "unplug": 4, "kill_capture": 2, "stop_capture": 1,
               "kill_analyzer": 2, "pin_all": 1}

    def __init__(self, seed, reader, end, webcam, capture, analyzer):
        super().__init__("webcam", seed, reader, end)
        self.webcam, self.capture, self.analyzer = webcam, capture, analyzer

    def frame(self):
        is_jpeg = self.webcam.tell("status")["format"] == "MJPG"
        self.webcam.tell("fault", self.random.choice(JPEG_FAULTS if is_jpeg else RAW_FAULTS),
                         self.random.randint(1, 6))
        self.some_time(1)

    def pass_by(self, state, most_s):
        self.webcam.tell(state)
        self.some_time(most_s)
        self.webcam.tell("resume")

    def silence(self):
        self.pass_by("silence", 12)

    def hang(self):
        self.pass_by("hang", 8)

    def tell_while_streaming(self, *words):
        """Some things can be done to a stream alone, and there may be none at the moment."""
        try:
            self.webcam.tell(*words)
        except AssertionError:
            self.done[f"{words[0]} (not streaming)"] += 1

    def halt(self):
        self.tell_while_streaming("halt")

    def transfer_error(self):
        self.tell_while_streaming("transfer-error")

    def rate(self):
        self.webcam.tell("rate", self.random.choice((2, 7.5, 30)))
        self.some_time(5)
        self.webcam.tell("rate", "off")

    def burst(self):
        self.webcam.tell("burst", self.random.randint(2, 5))
        self.some_time(5)
        self.webcam.tell("burst", "off")

    def clock(self):
        self.webcam.tell("clock", self.random.choice(("none", "zero", "backwards", "random")))

    def refuse(self):
        self.webcam.tell("refuse", self.random.choice(("commit", "probe", "all")), self.random.randint(1, 2))

    def unplug(self):
        self.webcam.tell("unplug")
        usb_webcam.set_nodrop(self.random.random() < 0.5)
        self.some_time(self.random.choice((1, 1, 10)))
        # The kernel's driver gives a camera up that refuses its very first negotiation.
        for what in ("probe", "commit", "all"):
            self.webcam.tell("refuse", what, 0)
        self.webcam.plug(self.random.randint(0, 5))

    def kill_capture(self):
        self.capture.kill()

    def stop_capture(self):
        self.capture.pause(self.random.uniform(0.5, 6))

    def kill_analyzer(self):
        self.analyzer.kill()

    def pin_all(self):
        hog = subprocess.Popen([PROBE, "usb", str(1 << 30), "--pin-all"], stdout=subprocess.DEVNULL)
        self.some_time(5)
        hog.kill()
        hog.wait()


class VividStorm(Storm):
    weights = {"error_flag": 3, "qbuf": 1, "reqbufs": 1, "streamon": 1, "fatal": 1, "dropped": 1,
               "disconnect": 2, "stop_capture": 1, "kill_analyzer": 1}

    def __init__(self, seed, reader, end, device, capture, analyzer):
        super().__init__("vivid", seed, reader, end)
        self.device, self.capture, self.analyzer = device, capture, analyzer

    def inject(self, name, value=1):
        vivid_camera.control(self.device, **{name: value})

    def error_flag(self):
        self.inject("Inject V4L2_BUF_FLAG_ERROR")

    def qbuf(self):
        self.inject("Inject VIDIOC_QBUF Error")

    def reqbufs(self):
        self.inject("Inject VIDIOC_REQBUFS Error")
        self.fatal()

    def streamon(self):
        self.inject("Inject VIDIOC_STREAMON Error")
        self.fatal()

    def fatal(self):
        self.inject("Inject Fatal Streaming Error")

    def dropped(self):
        self.inject("Percentage of Dropped Buffers", self.random.randint(5, 60))
        self.some_time(4)
        self.inject("Percentage of Dropped Buffers", 0)

    def disconnect(self):
        self.inject("Disconnect")

    def stop_capture(self):
        self.capture.pause(self.random.uniform(0.5, 6))

    def kill_analyzer(self):
        self.analyzer.kill()


def system_v():
    return {kind: len(pathlib.Path(f"/proc/sysvipc/{kind}").read_text().splitlines()) - 1
            for kind in ("shm", "sem")}


class Soak:
    def __init__(self, seconds, seed):
        self.seconds, self.seed, self.reasons = seconds, seed, []
        chance = random.Random(seed)
        self.lives = random.Random(chance.random())
        self.is_isochronous = chance.random() < 0.5
        usb_webcam.load()
        subprocess.run(["modprobe", "vivid", "n_devs=1"], check=True)
        self.webcam = usb_webcam.Webcam(usb_webcam.Udev(), *["--isochronous"] * self.is_isochronous)
        self.webcam.plug()
        self.device = vivid_camera.node("000-vid-cap")
        vivid_camera.control(self.device, **{"Timestamp Source": "Start of Exposure"})

        self.captures = {"usb": Capture("usb", self.webcam_capture),
                         "vivid": Capture("vivid", lambda: [
                             CAPTURE, "--camera", "vivid", "--source", f"v4l2:{self.device}",
                             "--size", "320x180", "--fps", "15", "--stall-timeout", "2"])}
        self.analyzers = {camera: Service(f"analyzer-{camera}", lambda camera=camera: [
            ANALYZER, "--camera", camera, "--signal-timeout", "1"]) for camera in self.captures}
        self.readers = {camera: SoakReader(camera) for camera in self.captures}
        self.services = [*self.captures.values(), *self.analyzers.values()]
        self.most = collections.Counter()

    def webcam_capture(self):
        format, *words = self.lives.choice(LIVES)
        return [CAPTURE, "--camera", "usb", "--source", f"v4l2:{self.webcam.by_id}", "--size", "320x240",
                "--fps", "15", "--format", format, "--stall-timeout", "2", *words]

    def fail(self, reason):
        self.reasons.append(reason)

    def expect(self, is_so, reason):
        if not is_so:
            self.fail(reason)

    def storm(self):
        for camera, reader in self.readers.items():
            if reader.wait_for_more(IDLE_FRAMES, RECOVERY_S) is None:
                self.fail(f"{camera} does not stream at the beginning")
                return
        begun = time.monotonic()
        chance, end = random.Random(self.seed + 1), begun + self.seconds
        log = open("/run/out/faults.log", "w")
        self.storms = [
            WebcamStorm(chance.random(), self.readers["usb"], end, self.webcam, self.captures["usb"],
                        self.analyzers["usb"]),
            VividStorm(chance.random(), self.readers["vivid"], end, self.device, self.captures["vivid"],
                       self.analyzers["vivid"])]
        for storm in self.storms:
            storm.log = log
            storm.start()
        told = begun
        while any(storm.is_alive() for storm in self.storms):
            time.sleep(SAMPLE_S)
            self.sample()
            if time.monotonic() - told >= TELL_S:
                told = time.monotonic()
                print(f"{told - begun:6.0f} s: "
                      f"{', '.join(f'{name} {len(reader.seen)} frames' for name, reader in self.readers.items())}, "
                      f"{sum(sum(storm.done.values()) for storm in self.storms)} faults", flush=True)
            if any(storm.failures for storm in self.storms):
                break
        for storm in self.storms:
            self.reasons += storm.failures

    def sample(self):
        for service in self.services:
            service.sample()
        for capture in self.captures.values():
            capture.note()
        for kind, n in system_v().items():
            self.most[kind] = max(self.most[kind], n)

    def calm(self):
        """Everything behaves again, and must stream; then it is stopped."""
        self.webcam.behave()
        if self.webcam.tell("status")["state"] == "unplugged":
            self.webcam.plug()
        for camera, reader in self.readers.items():
            self.expect(reader.wait_for_more(30, RECOVERY_S) is not None, f"{camera} does not stream at the end")
        self.sample()
        self.final = system_v()
        self.status = self.webcam.tell("status")
        self.webcam.tell("quit")  # so that its counters stand still
        self.webcam.end()
        for capture in self.captures.values():
            capture.note()
        for service in self.services:
            service.end_life()
            service.stop()
            self.reasons += service.unexpected
        for camera, reader in self.readers.items():
            reader.stop()
            # For whoever wants to find out why: every frame, and what the webcam sent.
            with open(f"/run/out/seen-{camera}.log", "w") as file:
                file.writelines(" ".join(map(str, frame)) + "\n" for frame in reader.seen)
        shutil.copy(self.webcam.log_path, "/run/out/sent.log")

    def judge(self):
        died = int(pathlib.Path("/proc/sys/kernel/tainted").read_text()) >> KERNEL_DIED & 1
        self.expect(not died, "the machine's kernel broke down (see the end of its console); run it again")
        sent, usb, vivid = self.webcam.sent(), self.readers["usb"], self.readers["vivid"]
        self.usb = settle_webcam([entry for entry in sent if entry[2] != "cut-off"], usb.seen)
        self.vivid = settle_sequence(vivid.seen)
        total = {camera: capture.total() for camera, capture in self.captures.items()}
        counted = {camera: total[camera]["late"] + total[camera]["lost_by_source"] + total[camera]["starved"]
                   for camera in total}
        self.expect(self.usb.lost_inside <= counted["usb"],
                    f"usb: {self.usb.lost_inside} good frames lost within streams, and {counted['usb']} counted")
        self.expect(max(self.usb.borders, default=0) <= BORDER_MAX,
                    f"usb: {max(self.usb.borders, default=0)} good frames lost around the end of a stream")
        self.expect(not self.usb.shown_bad, f"usb: bad frames were shown: {self.usb.shown_bad[:10]}")
        self.expect(not self.usb.out_of_order, f"usb: out of order: {self.usb.out_of_order[:10]}")
        unclear = sum(verdict == "unclear" for _, _, verdict, _ in sent)
        self.expect(self.usb.unreadable <= unclear,
                    f"usb: {self.usb.unreadable} pictures without a number, but {unclear} that may have none")
        # What was judged bad must have been: no good frame is thrown away with the bad ones. A transfer
        # that fails takes the buffers with it that were queued.
        bad = sum(verdict != "good" for _, _, verdict, _ in sent)
        done = self.storms[0].done
        mended = 8 * (done["transfer_error"] + done["halt"] + done["unplug"] + done["silence"] + done["hang"])
        judged = sum(total["usb"][reason] for reason in ("corrupt", "short", "undecodable", "other"))
        self.expect(judged <= bad + mended, f"usb: {judged} frames judged bad, and only {bad} were")
        outages = sum(self.storms[1].done.values())
        flagged = total["vivid"]["corrupt"] + total["vivid"]["other"]
        self.expect(self.vivid.lost_inside <= counted["vivid"] + flagged + SEQUENCE_SLACK * outages,
                    f"vivid: {self.vivid.lost_inside} frames lost, {counted['vivid'] + flagged} counted")
        self.expect(not self.vivid.out_of_order, f"vivid: out of order: {self.vivid.out_of_order[:10]}")
        for service in self.services:
            kb, fds, age_s = service.growth()
            self.expect(kb <= GROWTH_KB, f"{service.name} grew by {kb} kB in a life of at most {age_s:.0f} s")
            self.expect(fds <= GROWTH_FDS, f"{service.name} has {fds} descriptors more after at most {age_s:.0f} s")
        self.expect(self.final == {"shm": 2, "sem": 4}, f"System V objects at the end: {self.final}")
        self.expect(system_v() == {"shm": 0, "sem": 0}, f"System V objects left behind: {system_v()}")
        self.total, self.judged = total, judged

    def table(self):
        delivered, columns = self.status["delivered"], ("usb", "vivid")
        rows = [
            ("delivered good / bad / unclear", " / ".join(str(n) for n in delivered.values()), ""),
            ("published", *(self.total[camera]["published"] for camera in columns)),
            ("seen by the reader", *(len(self.readers[camera].seen) for camera in columns)),
            ("published, not seen", *(sum(frame.missed for frame in self.readers[camera].seen)
                                      for camera in columns)),
            ("lost within streams", self.usb.lost_inside, self.vivid.lost_inside)]
        rows += [(f"  counted: {reason}", *(self.total[camera][reason] for camera in columns))
                 for reason in ("late", "lost_by_source", "starved", "undecodable", "corrupt", "short", "other")]
        rows += [
            ("lost where streams end, in all", sum(self.usb.borders), ""),
            ("  the most at once", max(self.usb.borders, default=0), ""),
            ("bad, but shown", len(self.usb.shown_bad), ""),
            ("out of order", len(self.usb.out_of_order), len(self.vivid.out_of_order)),
            ("faults", *(sum(storm.done.values()) for storm in self.storms)),
            ("frames came again after (s), mean", *(f"{sum(s.recoveries) / max(1, len(s.recoveries)):.1f}"
                                                    for s in self.storms)),
            ("  the longest (s)", *(f"{max(s.recoveries, default=0):.1f}" for s in self.storms)),
            ("lives of capture", *(self.captures[camera].lives for camera in columns)),
            ("lives of the analyzer", *(self.analyzers[camera].lives for camera in columns))]
        for label, services in (("capture", self.captures), ("analyzer", self.analyzers)):
            growth = [services[camera].growth() for camera in columns]
            rows.append((f"{label}: grew by (kB)", *(kb for kb, _, _ in growth)))
            rows.append((f"{label}: descriptors grew by", *(fds for _, fds, _ in growth)))
            rows.append((f"{label}: in a life of up to (s)", *(f"{age:.0f}" for _, _, age in growth)))
        print(f"\n{'':36}{'USB webcam':>22}{'vivid':>14}")
        for label, usb, vivid in rows:
            print(f"{label:36}{usb!s:>22}{vivid!s:>14}")
        print(f"\nSystem V objects: at most {self.most['shm']} segments, {self.most['sem']} semaphore sets; "
              f"at the end {self.final['shm']} and {self.final['sem']}")
        for storm in self.storms:
            print(f"{storm.name}: " + ", ".join(f"{name} {n}" for name, n in storm.done.most_common()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=3600)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    soak = Soak(options.seconds, options.seed)
    print(f"{options.seconds} s of faults, seed {options.seed}, "
          f"{'isochronous' if soak.is_isochronous else 'bulk'} transfers", flush=True)
    soak.storm()
    if hasattr(soak, "storms"):
        soak.calm()
        soak.judge()
        soak.table()
    for reason in soak.reasons:
        print(f"FAILED: {reason}")
    print("FAIL" if soak.reasons else "PASS")
    return 1 if soak.reasons else 0


if __name__ == "__main__":
    sys.exit(main())
