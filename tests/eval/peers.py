#!/usr/bin/env python3
"""MOG2, KNN and a Frigate-like detector from OpenCV, on frames that framering-eval-play has written.

    peers.py FILE WIDTH HEIGHT

FILE holds frames and labels in turn. Prints a line for each: name, pixels found, missed and false.
Exit 77 when there is no OpenCV for this Python.
"""
import sys

try:
    import cv2
    import numpy
except ImportError:
    print("no OpenCV for this Python (Debian: python3-opencv)", file=sys.stderr)
    sys.exit(77)

cv2.setNumThreads(1)


class Subtractor:
    """One of OpenCV's, its mask cleaned as ours is: by the majority of 5x5."""

    def __init__(self, model):
        self.model = model

    def mask_of(self, frame):
        return cv2.medianBlur((self.model.apply(frame) == 255).astype(numpy.uint8), 5)

    def apply(self, frame):
        return self.mask_of(frame) > 0


class FrigateLike:
    """As improved_motion.py has it: 100 lines, a running average, a threshold, and a dilation."""

    def __init__(self):
        self.average = None
        self.is_calibrating = True

    def mask_of(self, frame):
        """At its own size."""
        height, width = frame.shape
        small = cv2.resize(frame, (100 * width // height, 100), interpolation=cv2.INTER_NEAREST)
        if self.average is None:
            self.average = small.astype(numpy.float32)
        difference = cv2.absdiff(small, cv2.convertScaleAbs(self.average))
        mask = cv2.dilate(cv2.threshold(difference, 30, 1, cv2.THRESH_BINARY)[1], None)
        share = mask.mean()
        self.is_calibrating = share > 0.8 or (self.is_calibrating and share >= 0.05)
        cv2.accumulateWeighted(small, self.average, 0.2 if self.is_calibrating else 0.01)
        return mask

    def apply(self, frame):
        size = frame.shape[::-1]
        return cv2.resize(self.mask_of(frame), size, interpolation=cv2.INTER_NEAREST) > 0


def main():
    width, height = int(sys.argv[2]), int(sys.argv[3])
    pairs = numpy.memmap(sys.argv[1], numpy.uint8, "r").reshape(-1, 2, height, width)
    peers = {
        "MOG2": Subtractor(cv2.createBackgroundSubtractorMOG2(detectShadows=False)),
        "MOG2-shadows": Subtractor(cv2.createBackgroundSubtractorMOG2()),
        "KNN": Subtractor(cv2.createBackgroundSubtractorKNN(detectShadows=False)),
        "Frigate-like": FrigateLike(),
    }
    counts = {name: [0, 0, 0] for name in peers}
    for frame, labels in pairs:
        moves, rests = labels == 255, (labels == 0) | (labels == 50)
        has_labels = moves.any() or rests.any()
        for name, peer in peers.items():
            mask = peer.apply(frame)
            if has_labels:
                for i, which in enumerate((mask & moves, ~mask & moves, mask & rests)):
                    counts[name][i] += int(which.sum())
    for name, (found, missed, false) in counts.items():
        print(name, found, missed, false)


if __name__ == "__main__":
    main()
