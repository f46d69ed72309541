"""For the tests in the virtual machine: our USB webcam, the links that udev would make for it, and what
was lost between its sensor and a reader."""


import collections
import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import threading

from processes import BUILD, PATIENCE_S, PROBE, Program

WEBCAM = BUILD / "tests/vm/usb_camera"
LINKS = pathlib.Path("/dev/v4l")


def load(nodrop=False):
    for module in ("vhci_hcd", "uvcvideo"):
        subprocess.run(["modprobe", module], check=True)
    set_nodrop(nodrop)
    os.environ.pop("XDG_RUNTIME_DIR", None)


def set_nodrop(is_on):
    """Whether uvcvideo hands on pictures that it knows to be broken; for cameras plugged in from now on."""
    pathlib.Path("/sys/module/uvcvideo/parameters/nodrop").write_text(str(int(is_on)))


class Udev(threading.Thread):
    """Makes /dev/v4l/by-id and by-path as udev does: from the kernel's own messages."""

    def __init__(self):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, 15)  # NETLINK_KOBJECT_UEVENT
        self.socket.bind((0, 1))
        self.news = threading.Condition()
        self.made = collections.Counter()  # how often each link was made
        self.start()

    def run(self):
        while True:
            words = self.socket.recv(65536).decode(errors="replace").split("\0")
            message = dict(word.split("=", 1) for word in words if "=" in word)
            if message.get("SUBSYSTEM") != "video4linux":
                continue
            node = f"/dev/{message['DEVNAME']}"
            if message["ACTION"] == "add":
                with contextlib.suppress(FileNotFoundError):  # it is gone again
                    self.add(pathlib.Path("/sys" + message["DEVPATH"]), node)
            elif message["ACTION"] == "remove":
                self.remove(node)

    def add(self, path, node):
        index = (path / "index").read_text().strip()
        interface = path.parents[1]
        device = interface.parent
        if not (device / "serial").exists():  # not on the USB
            return
        words = [re.sub(r"\s", "_", (device / name).read_text().strip())
                 for name in ("manufacturer", "product", "serial")]
        port = re.sub(r"^\d+-", "", interface.name)
        for folder, name in (("by-id", f"usb-{'_'.join(words)}-video-index{index}"),
                             ("by-path", f"platform-vhci_hcd.0-usb-0:{port}-video-index{index}")):
            link = LINKS / folder / name
            link.parent.mkdir(parents=True, exist_ok=True)
            new = link.with_suffix(".new")
            new.symlink_to(node)
            new.rename(link)
            with self.news:
                self.made[str(link)] += 1
                self.news.notify_all()

    def wait_for(self, link, times):
        """Until a link was made so often."""
        with self.news:
            if not self.news.wait_for(lambda: self.made[link] >= times, PATIENCE_S):
                raise AssertionError(f"no {link} in {PATIENCE_S} s")

    def remove(self, node):
        for link in LINKS.glob("by-*/*"):
            if link.is_symlink() and os.readlink(link) == node:
                link.unlink()


class Webcam(Program):
    """The camera: a program that is told what to do, and keeps a log of what it sent."""

    def __init__(self, udev, *words, serial="0001"):
        self.udev = udev
        self.path, self.log_path = f"/run/test/{serial}.socket", f"/run/test/{serial}.log"
        self.by_id = f"/dev/v4l/by-id/usb-framering_Test_Camera_{serial}-video-index0"
        super().__init__(WEBCAM, "--socket", self.path, "--log", self.log_path, "--serial", serial,
                         "--unplugged", *words)
        self.wait_for("^ready$")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE_S)
        self.socket.bind("")
        self.socket.connect(self.path)

    def tell(self, *words):
        """What `usb_camera --tell` does, but with no process for it: a + or a -, and the answer."""
        self.socket.send(" ".join(map(str, words)).encode())
        answer = self.socket.recv(65536).decode()
        if answer[0] != "+":
            raise AssertionError(f"{words}: {answer[1:]}")
        return json.loads(answer[1:]) if answer[1:].startswith("{") else answer[1:]

    def plug(self, *port):
        """Plugs it in, and waits until everybody can find it."""
        times = self.udev.made[self.by_id]
        self.tell("plug", *port)
        self.udev.wait_for(self.by_id, times + 1)

    def behave(self):
        """Ends whatever it was told to do wrong."""
        for words in ("resume", "fault none", "rate off", "burst off", "clock none", "refuse probe 0",
                      "refuse commit 0", "refuse all 0", "files off"):
            self.tell(words)

    def sent(self):
        """The frames that left it, in order: stream, number, verdict, fault."""
        with open(self.log_path) as log:
            lines = log.read().split("\n")[:-1]
        return [(int(stream), int(number), verdict, fault)
                for stream, number, verdict, fault in map(str.split, lines)]


class Reader(Program):
    """Reads the ring as long as it is there."""

    def __init__(self, camera="cam0"):
        super().__init__(PROBE, camera, 1 << 30)
        self.at = 0
        self.frames = []
        self.gone = 0  # how often it found no writer

    def take(self):
        """The next frame."""
        while True:
            self.at, match = self.wait_for(r"^\{.*\}$", self.at)
            self.at += 1
            frame = json.loads(match[0])
            if "event" in frame:
                self.gone += 1
                continue
            self.frames.append(frame)
            return frame

    def until(self, number):
        """Goes on to the first frame drawn after `number`."""
        while True:
            frame = self.take()
            if frame["drawn"] is not None and frame["drawn"] > number:
                return frame

    def since(self, number):
        """The frames that it has seen after the one drawn with `number`."""
        return [frame for frame in self.frames if frame["drawn"] is None or frame["drawn"] > number]


def compare(sent, frames):
    """What became of the camera's frames between the first and the last of `frames`: the numbers of good
    ones that no reader saw, and of bad ones that one did see."""
    drawn = [frame["drawn"] for frame in frames if frame["drawn"] is not None]
    verdicts = {number: verdict for _, number, verdict, _ in sent if drawn[0] <= number <= drawn[-1]}
    lost = [number for number, verdict in verdicts.items() if verdict == "good" and number not in drawn]
    shown = [number for number in drawn if verdicts.get(number) not in ("good", "unclear")]
    return lost, shown
