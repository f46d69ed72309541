"""Clips to score events on: real ones with truth, quiet ones into which somebody comes, drawn scenes.

The quiet ones have no truth but of one frame: until when nobody is there was found by looking, and from
then on somebody is. That part is played forward and back so often that there are minutes of it.
"""
import subprocess
import types

# Frames before anybody comes, and how often they are played back and forward again.
QUIET = {
    "wallflower_WavingTrees": (240, 7),
    "wallflower_Camouflage": (240, 7),
    "wallflower_LightSwitch": (205, 7),
    "wallflower_TimeOfDay": (1825, 0),
}
DRAWN_WIDTH, DRAWN_HEIGHT, DRAWN_FPS = 320, 240, 15
DRAWN = {
    **{f"drawn_{seed}": (f"seed={seed},light=20", 65) for seed in (1, 2, 3, 4)},
    "drawn_dim": ("seed=5,objects=0,light=10,dim=60,noise=2", 120),
    "drawn_noise": ("seed=6,objects=0,light=0,noise=8", 120),
}


def write_clip(room, name, width, height, fps, frames, labels):
    clip = types.SimpleNamespace(name=name, width=width, height=height, fps=str(fps), first=0)
    clip.frames, clip.truth = room / f"{name}.frames", room / f"{name}.truth"
    clip.frames.write_bytes(frames)
    clip.truth.write_bytes(labels)
    return clip


def quiet_clip(scene, room):
    px, (n, rounds) = scene.width * scene.height, QUIET[scene.name]
    frames = scene.frames.read_bytes()
    quiet, busy = frames[: n * px], frames[n * px :]
    back = b"".join(quiet[at : at + px] for at in range(len(quiet) - px, -1, -px))
    quiet += (back + quiet) * rounds
    labels = bytes(len(quiet)) + b"\xff" * len(busy)
    return write_clip(room, f"quiet_{scene.name}", scene.width, scene.height, scene.fps, quiet + busy, labels)


def labels_of(line):
    labels = bytearray(DRAWN_WIDTH * DRAWN_HEIGHT)
    for box in line.split()[2:]:
        x, y, width, height = map(int, box.split(","))
        for at in range(y * DRAWN_WIDTH + x, (y + height) * DRAWN_WIDTH + x, DRAWN_WIDTH):
            labels[at : at + width] = b"\xff" * width
    return labels


def drawn_clip(name, film, room):
    parameters, seconds = DRAWN[name]
    path, px = room / "film", DRAWN_WIDTH * DRAWN_HEIGHT
    size = [str(n) for n in (DRAWN_WIDTH, DRAWN_HEIGHT, DRAWN_FPS, seconds * DRAWN_FPS)]
    boxes = subprocess.run([film, parameters, *size, str(path)], stdout=subprocess.PIPE, check=True, text=True).stdout
    with path.open("rb") as file:
        file.readline()
        frames = bytearray()
        while file.readline() == b"FRAME\n":
            frames += file.read(px)
    path.unlink()
    labels = b"".join(map(labels_of, boxes.splitlines()))
    return write_clip(room, name, DRAWN_WIDTH, DRAWN_HEIGHT, DRAWN_FPS, frames, labels)


def make_clips(scenes, film, room):
    """Each has a name, a size and the files that the player takes."""
    yield from (scene for scene in scenes if scene.n_labels > 100)
    yield from (quiet_clip(scene, room) for scene in scenes if scene.name in QUIET)
    yield from (drawn_clip(name, film, room) for name in DRAWN)
