"""evaluation.py data FOLDER: pictures [N, 1, 8, 8] of noise with labels of three classes, as train_… and test_….npy.
evaluation.py check FOLDER FILE: whether FILE, printed by cnnc eval, has what follows from FOLDER's test data and from
predict's outputs logits.npy and back.npy. Standard library only."""

import math
import random
import sys

from npy import read, write

TEST = 90


def split(folder, name, count, noise):
    labels = [noise.randrange(3) for _ in range(count)]
    pictures = [noise.gauss(0.3 * label, 1) for label in labels for _ in range(64)]
    write(f"{folder}/{name}_image.npy", "<f4", [count, 1, 8, 8], pictures)
    write(f"{folder}/{name}_label.npy", "<i4", [count], labels)
    return labels


def labels_of(folder):
    with open(f"{folder}/test_label.npy", "rb") as file:
        data = file.read()
    return [int.from_bytes(data[i:i + 4], "little") for i in range(len(data) - 4 * TEST, len(data), 4)]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def entropy(scores, label, smoothing=0.0):
    total = math.log(sum(math.exp(score) for score in scores))
    return (1 - smoothing) * (total - scores[label]) + smoothing * mean(total - score for score in scores)


def huber(distance, delta):
    return distance**2 / 2 if distance <= delta else delta * (distance - delta / 2)


def expected(folder):
    logits, back, image = (read(f"{folder}/{name}.npy") for name in ("logits", "back", "test_image"))
    labels = labels_of(folder)
    scores = [logits[3 * n:3 * n + 3] for n in range(TEST)]
    counted = [n for n in range(TEST) if labels[n] != 2]
    distances = [mean((back[i] - image[i]) ** 2 for i in range(64 * n, 64 * n + 64)) for n in range(TEST)]
    right = [scores[n].index(max(scores[n])) == labels[n] for n in range(TEST)]
    some = mean(entropy(scores[n], labels[n]) for n in counted)
    return {
        "smooth": mean(entropy(scores[n], labels[n], 0.1) for n in range(TEST)),
        "counted": some,
        "shifted": 1 - 2 * some - mean(distances),
        "product": mean(distances[n] * entropy(scores[n], labels[n]) if n in counted else 0 for n in range(TEST)),
        "accuracy": 100 * mean(right[n] for n in counted),
        "wrong": 1 - mean(right),
        "absolute": mean(abs(x - t) for x, t in zip(back, image)),
        "robust": mean(huber(abs(x - t), 0.75) for x, t in zip(back, image)),
        "top_k": 100 * mean(sorted(scores[n], reverse=True).index(scores[n][labels[n]]) < 2 for n in range(TEST)),
        "away": mean(max(x, 0) - x * t + math.log1p(math.exp(-abs(x))) for x, t in zip(back, image)),
    }


def check(folder, file):
    with open(file) as lines:
        found = dict(line.split()[1:3] for line in lines)
    wanted = expected(folder)
    assert list(found) == ["loss"] + list(wanted), found
    for name, value in wanted.items():
        digit = 0.1 if name in ("accuracy", "top_k") else 1e-4
        assert abs(float(found[name]) - value) <= 0.6 * digit, f"{name} is {found[name]}, expected {value}"
    distance = 1 - 2 * wanted["counted"] - wanted["shifted"]
    early = 4 * (float(found["loss"]) - wanted["counted"] - 0.5 * distance)
    assert 0 < early < 4, early  # an entropy of what only training has


if sys.argv[1] == "data":
    source = random.Random(1)
    split(sys.argv[2], "train", 200, source)
    split(sys.argv[2], "test", TEST, source)
else:
    check(sys.argv[2], sys.argv[3])
