"""For the soak: what became of each frame. Pure: it is given what the camera sent and what a reader saw.

Between two frames that a reader saw one after the other lie those that it did not see. The ring's numbers
tell how many of them were published all the same (`missed`). The good ones among the rest were lost: in the
middle of a stream, and then somebody must have counted them; or where one stream ended and another began
(unplugged, killed, stalled), and then they were those under way at that moment, at the driver or behind it.
"""

import bisect
import collections

Seen = collections.namedtuple("Seen", "epoch number sequence missed drawn captured_ns")

BORDER_MAX = 40  # good frames that may be under way where a stream ends: buffers, transfers, a busy moment


class Account:
    def __init__(self):
        self.lost_inside = 0    # good, in the middle of a stream
        self.borders = []       # good, around the end of a stream: how many at each
        self.shown_bad = []     # bad, and shown all the same
        self.out_of_order = []  # shown twice, or after a later one
        self.unreadable = 0     # shown, and of two pieces or without a number


def settle_webcam(sent, seen):
    """`sent`: (stream, number, verdict, fault) of each frame that the camera delivered, in order; `seen`: the
    frames of a reader. Only what lies between the first and the last that were seen is looked at."""
    account = Account()
    entries = {number: (stream, verdict) for stream, number, verdict, _ in sent}
    good = [number for _, number, verdict, _ in sent if verdict == "good"]
    before = None
    for frame in seen:
        if frame.drawn is None:
            account.unreadable += 1
            continue
        stream, verdict = entries.get(frame.drawn, (None, "never sent"))
        if verdict not in ("good", "unclear"):
            account.shown_bad.append((frame.drawn, verdict))
        if before and frame.drawn <= before.drawn:
            account.out_of_order.append(frame.drawn)
        elif before:
            between = bisect.bisect_left(good, frame.drawn) - bisect.bisect_right(good, before.drawn)
            # A reader that comes to a new ring is not told of the frames before its first one.
            unseen = frame.missed if frame.epoch == before.epoch else frame.number - 1
            lost = max(0, between - unseen)
            if entries.get(before.drawn, (None,))[0] == stream and frame.epoch == before.epoch:
                account.lost_inside += lost
            else:
                account.borders.append(lost)
        before = frame
    return account


def settle_sequence(seen):
    """The same for a camera that numbers nothing but its buffers: frames that its driver counted between two
    that were seen, and that were not published. A counter that begins anew is another stream."""
    account = Account()
    for before, frame in zip(seen, seen[1:]):
        if frame.epoch == before.epoch and frame.number <= before.number:
            account.out_of_order.append(frame.number)
        if frame.epoch == before.epoch and frame.sequence > before.sequence:
            account.lost_inside += max(0, frame.sequence - before.sequence - 1 - frame.missed)
    return account
