"""shapes.py make: pictures of discs, squares and triangles on a noisy ground in pictures/, and in masks/ what each pixel
is: 0 the ground, 1 a shape, 255 a shape's border, which does not count. shapes.py score MASKS PREDICTED: the mean
intersection over union of a prediction (.npy, one number a class and pixel). Standard library only."""
import os
import random
import struct
import sys
import zlib

SIZE, LARGE, TRAIN, TEST = 64, 80, 800, 200  # training cuts a part out of larger pictures
PALETTE = [(0, 0, 0), (230, 60, 60)] + [(0, 0, 0)] * 253 + [(255, 255, 255)]


def png(path, rows, colour):
    """8 bits; `colour` 2: red, green, blue, 3: places in the palette."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", len(rows), len(rows), 8, colour, 0, 0, 0)
    palette = chunk(b"PLTE", bytes(v for entry in PALETTE for v in entry)) if colour == 3 else b""
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + palette + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))


def inside(kind, dx, dy, radius):
    """How far within the shape a place is, in pixels; below 0 it is outside."""
    if kind == 1:
        return radius - (dx * dx + dy * dy) ** 0.5
    if kind == 2:
        return 0.85 * radius - max(abs(dx), abs(dy))
    return min(0.6 * radius - dy, (dy + radius - 1.9 * abs(dx)) / 2.1)


def picture(draw, size):
    ground = [draw.uniform(30, 220) for _ in range(3)]
    shapes = [(draw.randint(1, 3), draw.uniform(8, size - 8), draw.uniform(8, size - 8), draw.uniform(7, 16),
               [draw.uniform(0, 255) for _ in range(3)]) for _ in range(draw.randint(1, 3))]
    colours, classes = [], []
    for y in range(size):
        colour_row, class_row = [], []
        for x in range(size):
            value, label = ground, 0
            for kind, cx, cy, radius, colour in shapes:  # later shapes lie above earlier ones
                depth = inside(kind, x - cx, y - cy, radius)
                if depth > 0:
                    value, label = colour, 1
                if abs(depth) < 0.7:
                    label = 255
            colour_row += [min(255, max(0, int(v + draw.gauss(0, 20)))) for v in value]
            class_row.append(label)
        colours.append(colour_row)
        classes.append(class_row)
    return colours, classes


def make():
    draw = random.Random(0)
    for split, count, size in (("train", TRAIN, LARGE), ("test", TEST, SIZE)):
        for folder in ("pictures", "masks"):
            os.makedirs(f"{folder}/{split}", exist_ok=True)
        for i in range(count):
            colours, classes = picture(draw, size)
            png(f"pictures/{split}/{i:04}.png", colours, 2)
            png(f"masks/{split}/{i:04}.png", classes, 3)


def read_mask(path):
    """One that `png` has written."""
    data = open(path, "rb").read()
    begin = data.index(b"IDAT")
    length = struct.unpack(">I", data[begin - 4:begin])[0]
    return [v for i, v in enumerate(zlib.decompress(data[begin + 4:begin + 4 + length])) if i % (SIZE + 1)]


def score(folder, predicted):
    with open(predicted, "rb") as file:
        data = file.read()
    begin = 10 + struct.unpack("<H", data[8:10])[0]
    values = memoryview(data[begin:]).cast("f")
    pixels, classes = SIZE * SIZE, 2
    both, either = [0] * classes, [0] * classes
    for n, name in enumerate(sorted(os.listdir(folder))):
        for p, label in enumerate(read_mask(f"{folder}/{name}")):
            if label == 255:
                continue
            scores = [values[(n * classes + c) * pixels + p] for c in range(classes)]
            best = scores.index(max(scores))
            both[label] += best == label
            either[label] += 1
            either[best] += best != label
    shares = [b / e for b, e in zip(both, either)]
    print("intersection over union: " + ", ".join(f"{s:.3f}" for s in shares) + f"; mean {sum(shares) / classes:.3f}")


if sys.argv[1] == "make":
    make()
else:
    score(sys.argv[2], sys.argv[3])
