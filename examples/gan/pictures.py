"""pictures.py noise FILE: 64 numbers for each of 12 pictures, normally distributed, as .npy.
pictures.py show FILE: pictures of 28 x 28 in an .npy file, four in a row, as text. Standard library only."""
import random
import struct
import sys

ROW, SHADES = 4, " .:-=+*#%@"


def noise(path):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (12, 64), }"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    draw = random.Random(0)
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack(f"<{12 * 64}f", *(draw.gauss(0, 1) for _ in range(12 * 64))))


def show(path):
    with open(path, "rb") as file:
        data = file.read()
    begin = 10 + struct.unpack("<H", data[8:10])[0]
    values = struct.unpack(f"<{(len(data) - begin) // 4}f", data[begin:])
    pictures = [values[i:i + 784] for i in range(0, len(values), 784)]
    for first in range(0, len(pictures), ROW):
        for y in range(0, 28, 2):  # a character is twice as high as wide
            line = ""
            for picture in pictures[first:first + ROW]:
                two = zip(picture[28 * y:28 * y + 28], picture[28 * y + 28:28 * y + 56])
                line += "".join(SHADES[min(9, int(5 * (a + b)))] for a, b in two)
            print(line.rstrip())


if sys.argv[1] == "noise":
    noise(sys.argv[2])
else:
    show(sys.argv[2])
