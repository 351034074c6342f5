"""rows.py FOLDER: a data set in a moment. Pictures of 8 x 8 bytes in three classes, each bright in another band of
rows over noise, as train_image.npy, train_label.npy, test_image.npy and test_label.npy. Standard library only."""

import random
import sys

from npy import write


def split(folder, name, count, noise):
    pictures, labels = [], [noise.randrange(3) for _ in range(count)]
    for label in labels:
        for row in range(8):
            bright = 90 if row // 3 == label else 0
            pictures += [noise.randrange(120) + bright for _ in range(8)]
    write(f"{folder}/{name}_image.npy", "|u1", [count, 1, 8, 8], pictures)
    write(f"{folder}/{name}_label.npy", "|u1", [count], labels)


noise = random.Random(1)
split(sys.argv[1], "train", 200, noise)
split(sys.argv[1], "test", 90, noise)
