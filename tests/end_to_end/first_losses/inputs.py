"""Weights and batches of the network in tiny.cnn, out of integers alone, so that they are the same bits everywhere.

Only Python's own library: the test that uses them needs no package.
"""

import array
import json
import math
import struct

BATCH, STEPS, CLASSES, SHAPE = 24, 20, 5, (2, 9, 9)

# name: shape, largest deviation from the middle, middle
PARAMETERS = {
    "conv1.weight": ((6, 2, 3, 3), 0.4, 0.0),
    "conv2.weight": ((6, 1, 3, 3), 0.5, 0.0), "conv2.bias": ((6,), 0.1, 0.0),
    "conv3.weight": ((10, 6, 3, 3), 0.25, 0.0),
    "fc1.weight": ((8, 40), 0.4, 0.0), "fc1.bias": ((8,), 0.1, 0.0),
    "fc2.weight": ((CLASSES, 8), 0.8, 0.0), "fc2.bias": ((CLASSES,), 0.1, 0.0),
}
for name, channels in (("bn1", 6), ("bn2", 6), ("bn3", 10)):
    PARAMETERS |= {f"{name}.weight": ((channels,), 0.5, 1.0), f"{name}.bias": ((channels,), 0.25, 0.0),
                   f"{name}.running_mean": ((channels,), 0.0, 0.0), f"{name}.running_var": ((channels,), 0.0, 1.0)}

# The optimizer as tiny.cnn takes it: rule and settings, by PyTorch's names.
OPTIMIZERS = {
    "sgd": ("sgd", {"lr": 0.2}),
    "sgd_decay": ("sgd", {"lr": 0.2, "weight_decay": 0.01}),
    "momentum": ("sgd", {"lr": 0.1, "momentum": 0.9}),
    "dampening": ("sgd", {"lr": 0.1, "momentum": 0.9, "dampening": 0.1}),
    "nesterov_decay": ("sgd", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "adam": ("adam", {"lr": 0.01}),
    "adam_decay": ("adam", {"lr": 0.01, "weight_decay": 0.01, "betas": [0.8, 0.99], "eps": 1e-6}),
    "adamw": ("adamw", {"lr": 0.01, "weight_decay": 0.1}),
}


def noise(stream, index):
    """24 bits, well mixed (Mueller's integer hash), as a number in [-1, 1) that f32 holds without rounding."""
    x = (index * 64 + stream + 1) * 0x45D9F3B & 0xFFFFFFFF
    for _ in range(2):
        x = (x >> 16 ^ x) * 0x45D9F3B & 0xFFFFFFFF
    x ^= x >> 16
    return (x >> 8) / 2**23 - 1.0


def parameters():
    """name: shape and values, in f32."""
    return {name: (shape, array.array("f", [middle + noise(stream, i) * spread for i in range(math.prod(shape))]))
            for stream, (name, (shape, spread, middle)) in enumerate(PARAMETERS.items())}


def labels():
    return array.array("i", [int((noise(60, i) + 1) / 2 * CLASSES) for i in range(BATCH * STEPS)])


def images():
    """Noise with a wave whose direction is the label's: something to learn."""
    channels, height, width = SHAPE
    values = array.array("f")
    for sample, label in enumerate(labels()):
        for i in range(channels * height * width):
            y, x = i // width % height, i % width
            wave = (x * label + y * (CLASSES - label)) % 8
            values.append((wave - 3.5) / 4 + noise(61, sample * channels * height * width + i) / 2)
    return values


def write_npy(path, values, shape):
    """NumPy's format, version 1.0: values of f32 or i32."""
    kind = {"f": "<f4", "i": "<i4"}[values.typecode]
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + values.tobytes())


def read_npy(path):
    with open(path, "rb") as file:
        data = file.read()
    values = array.array("f")
    values.frombytes(data[10 + struct.unpack_from("<H", data, 8)[0]:])
    return values.tolist()


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        begin = len(data)
        data += values.tobytes()
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
