"""Pictures for pictures.sh, and what becomes of them. Standard library only.

pictures.py folder FOLDER
  a data set of PNG files of different sizes, in three classes by colour
pictures.py picture FILE HEIGHT WIDTH
  a PNG file of smooth colours
pictures.py compare Y SHORTER SIZE HEIGHT WIDTH
  whether Y, a .npy file [1, 3, SIZE, SIZE], is that picture, its shorter side scaled to SHORTER, cut at the centre and
  normalised as in pictures.sh
"""

import math
import os
import random
import struct
import sys
import zlib

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def write_png(path, rows):
    """rows of (red, green, blue)"""
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 2, 0, 0, 0)
    lines = b"".join(b"\0" + bytes(value for pixel in row for value in pixel) for row in rows)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header))
        file.write(chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


def smooth(height, width):
    def pixel(y, x):
        waves = [math.sin(x / 5) + math.cos(y / 7), math.sin((x + y) / 9) * 2, math.cos(x / 6) - math.sin(y / 4)]
        return tuple(int(127.5 + 60 * wave) for wave in waves)

    return [[pixel(y, x) for x in range(width)] for y in range(height)]


def weights(length, result):
    """For each place of the result what it takes of each place: bilinear, over what it covers where it is smaller."""
    scale = length / result
    reach = max(1.0, scale)
    rows = []
    for place in range(result):
        centre = (place + 0.5) * scale
        near = {at: max(0.0, 1 - abs(at + 0.5 - centre) / reach) for at in range(length)}
        total = sum(near.values())
        rows.append([(at, weight / total) for at, weight in near.items() if weight > 0])
    return rows


def resize(plane, height, width):
    across = [[sum(row[at] * w for at, w in place) for place in weights(len(row), width)] for row in plane]
    return [[sum(across[at][x] * w for at, w in place) for x in range(width)] for place in weights(len(plane), height)]


def expected(rows, shorter, size):
    height, width = len(rows), len(rows[0])
    scaled = (shorter, int(shorter * width / height)) if height <= width else (int(shorter * height / width), shorter)
    top, left = (round((extent - size) / 2) for extent in scaled)
    for channel in range(3):
        plane = resize([[pixel[channel] for pixel in row] for row in rows], *scaled)
        for row in plane[top : top + size]:
            for value in row[left : left + size]:
                yield (value / 255 - MEAN[channel]) / STD[channel]


def compare(path, shorter, size, height, width):
    with open(path, "rb") as file:
        text = file.read()
    begin = 10 + struct.unpack("<H", text[8:10])[0]
    found = struct.unpack(f"{(len(text) - begin) // 4}f", text[begin:])
    wanted = list(expected(smooth(height, width), shorter, size))
    assert len(found) == len(wanted), (len(found), len(wanted))
    levels = [abs(a - b) * STD[i // size**2] * 255 for i, (a, b) in enumerate(zip(found, wanted))]
    assert max(levels) < 1.6 and sum(levels) / len(levels) < 0.6, (max(levels), sum(levels) / len(levels))


def folder(path):
    noise = random.Random(1)
    for split, count in (("train", 20), ("test", 6)):
        for label, name in enumerate(("amber", "basil", "cobalt")):
            os.makedirs(f"{path}/{split}/{name}")
            for number in range(count):
                def pixel():
                    return tuple(noise.randrange(60) + (150 if c == label else 40) for c in range(3))

                height, width = noise.randrange(14, 40), noise.randrange(14, 40)
                rows = [[pixel() for _ in range(width)] for _ in range(height)]
                write_png(f"{path}/{split}/{name}/{number}.png", rows)


if sys.argv[1] == "folder":
    folder(sys.argv[2])
elif sys.argv[1] == "picture":
    write_png(sys.argv[2], smooth(int(sys.argv[3]), int(sys.argv[4])))
elif sys.argv[1] == "compare":
    compare(sys.argv[2], *map(int, sys.argv[3:]))
