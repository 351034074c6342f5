"""functions.py write | outputs | check | names FILE: what functions.sh needs. Standard library only."""

import math
import struct
import sys

from npy import read, write


def exp(x):
    return math.inf if x > 709 else math.exp(x)


def log(x):
    return math.nan if x < 0 or x != x else -math.inf if x == 0 else math.log(x)


def softplus(x, beta=1, threshold=20):
    return x if x * beta > threshold else math.log1p(exp(x * beta)) / beta


def elu(x, alpha=1.0):
    return x if x > 0 else alpha * (math.expm1(x))


def power(x, exponent):
    return math.nan if x < 0 and exponent % 1 and x != -math.inf else math.inf if x == 0 and exponent < 0 else x**exponent


# As written; the formula; whether it comes back by this name through ONNX.
FUNCTIONS = [
    ("exp", exp, True),
    ("expm1", lambda x: exp(x) - 1 if abs(x) > 1 else math.expm1(x), False),
    ("log", log, True),
    ("log1p", lambda x: log(1 + x) if x != x or abs(x) > 0.5 else math.log1p(x), False),
    ("sqrt", lambda x: math.nan if x < 0 else math.sqrt(x), True),
    ("abs", abs, True),
    ("pow(2.5)", lambda x: power(x, 2.5), True),
    ("pow(3)", lambda x: power(x, 3), True),
    ("elu", elu, True),
    ("elu(0.5)", lambda x: elu(x, 0.5), True),
    ("selu", lambda x: 1.0507009873554805 * elu(x, 1.6732632423543772), True),
    ("mish", lambda x: x * math.tanh(softplus(x)), False),
    ("softplus", softplus, True),
    ("softplus(beta = 2.0, threshold = 3)", lambda x: softplus(x, 2, 3), False),
    ("celu", elu, True),
    ("celu(2)", lambda x: elu(x / 2, 1) * 2, True),
    ("logsigmoid", lambda x: -softplus(-x), False),
    ("hardtanh", lambda x: x if x != x else min(max(x, -1), 1), False),
    ("hardtanh(min_val = 0, max_val = 3)", lambda x: x if x != x else min(max(x, 0), 3), False),
]

NUMBERS = [0.0, -0.0, 1e-6, -1e-6, 1e-3, -1e-3, 0.3, -0.3, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.5, -3.5, 8.0, -8.0,
           19.5, -19.5, 21.0, -21.0, 40.0, -40.0, 80.0, -80.0, 100.0, -100.0, math.inf, -math.inf, math.nan]


def single(x):
    return struct.unpack("<f", struct.pack("<f", x))[0] if abs(x) < 3.4e38 or x != x else math.copysign(math.inf, x)


def check():
    wrong = 0
    for i, (name, function, _) in enumerate(FUNCTIONS):
        for x, found in zip(map(single, NUMBERS), read(f"y{i}.npy")):
            expected = single(function(x))
            if expected != expected or abs(expected) == math.inf or found != found or abs(found) == math.inf:
                right = expected == found or (expected != expected and found != found)
            else:
                right = abs(found - expected) <= 2e-6 * abs(expected) + 1e-37
            if not right:
                print(f"{name} of {x}: expected {expected}, found {found}")
                wrong += 1
    sys.exit(wrong > 0)


if sys.argv[1] == "write":
    write("x.npy", "<f4", [len(NUMBERS), 1], NUMBERS)
    for path, functions in (("net.cnn", FUNCTIONS), ("named.cnn", [one for one in FUNCTIONS if one[2]])):
        with open(path, "w") as file:
            file.write("network Net {\n  input x: f32[N, 1]\n  param zero: f32[1] = zeros\n")
            for i, (name, _, _) in enumerate(functions):
                file.write(f"  output y{i} = x |> {name}\n")
            file.write("  output p = x + zero\n}\n")
    header = b'{"zero":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    with open("net.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + b"\0\0\0\0")
elif sys.argv[1] == "outputs":
    print(" ".join(f"--output y{i}=y{i}.npy" for i in range(len(FUNCTIONS))))
elif sys.argv[1] == "check":
    check()
else:
    text = open(sys.argv[2]).read()
    missing = [name for name, _, named in FUNCTIONS if named and f"|> {name}\n" not in text]
    print("not by their names: " + ", ".join(missing) if missing else "all by their names")
    sys.exit(bool(missing))
