#!/usr/bin/env python3
"""What OpenCV's detectors take for a frame: model, clean and label, on one core, in time of the processor.

    peer_times.py FILE WIDTH HEIGHT WARM ROUNDS

FILE holds planes, which are used in turn. Prints a line for each detector: name, the median and the 99th
percentile in ns. Exit 77 when there is no OpenCV for this Python.
"""
import pathlib
import sys
import time

try:
    import cv2
    import numpy
except ImportError:
    sys.exit(77)

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "eval"))
import peers  # noqa: E402


class AfterResize:
    """A fourth of each side, which is how people make it fast."""

    def __init__(self, peer):
        self.peer = peer

    def mask_of(self, frame):
        height, width = frame.shape
        return self.peer.mask_of(cv2.resize(frame, (width // 4, height // 4), interpolation=cv2.INTER_AREA))


def main():
    width, height, warm, rounds = (int(word) for word in sys.argv[2:])
    planes = numpy.memmap(sys.argv[1], numpy.uint8, "r").reshape(-1, height, width)
    mog2, knn = cv2.createBackgroundSubtractorMOG2, cv2.createBackgroundSubtractorKNN
    detectors = {
        "MOG2": peers.Subtractor(mog2(detectShadows=False)),
        "KNN": peers.Subtractor(knn(detectShadows=False)),
        "MOG2-of-a-fourth": AfterResize(peers.Subtractor(mog2(detectShadows=False))),
        "Frigate-like": peers.FrigateLike(),
    }
    for name, detector in detectors.items():
        took_ns = []
        for i in range(warm + rounds):
            frame = planes[i % len(planes)]
            began_ns = time.thread_time_ns()
            cv2.connectedComponentsWithStats(detector.mask_of(frame))
            took_ns.append(time.thread_time_ns() - began_ns)
        took_ns = sorted(took_ns[warm:])
        print(name, took_ns[rounds // 2], took_ns[rounds * 99 // 100], flush=True)


if __name__ == "__main__":
    main()
