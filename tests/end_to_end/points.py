"""points.py FOLDER: a data set in a moment. 2048 points of the plane around (2, -1), with deviations 0.5 and 0.25, as
train_real.npy, 64 more as test_real.npy, and 2048 times four normal numbers with deviation 0.5 as noise.npy.
points.py FOLDER FILE: fails unless the points in the .npy file have about that mean and those deviations."""

import random
import struct
import sys

import npy


def write(path, rows):
    npy.write(path, "<f4", [len(rows), len(rows[0])], [value for row in rows for value in row])


def check(path, count):
    with open(path, "rb") as file:
        values = struct.unpack(f"<{2 * count}f", file.read()[-8 * count:])
    for column, (mean, deviation) in enumerate([(2, 0.5), (-1, 0.25)]):
        own = values[column::2]
        center = sum(own) / count
        spread = (sum((value - center) ** 2 for value in own) / count) ** 0.5
        print(f"mean {center:.3f} for {mean}, deviation {spread:.3f} for {deviation}")
        if abs(center - mean) > 0.2 or not 0.7 < spread / deviation < 1.4:
            sys.exit(1)


if len(sys.argv) > 2:
    check(sys.argv[2], 2048)
else:
    noise = random.Random(1)
    for split, count in [("train", 2048), ("test", 64)]:
        write(f"{sys.argv[1]}/{split}_real.npy",
              [[noise.gauss(2, 0.5), noise.gauss(-1, 0.25)] for _ in range(count)])
    write(f"{sys.argv[1]}/noise.npy", [[noise.gauss(0, 0.5) for _ in range(4)] for _ in range(2048)])
