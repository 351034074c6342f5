"""The line protocol between compare and an engine's process.

The engine prints `ready`; for each line `run K` it performs K iterations and prints their K times in
microseconds on one line; `quit` or the end of input ends it. The first run's result goes to --output:
the network's output (infer) or the loss of each of its iterations (train).
"""

import argparse
import os
import sys
import time


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--mode", choices=["infer", "train"], required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--weights", required=True, help="safetensors")
    parser.add_argument("--onnx", help="the same network and weights for a fixed batch size")
    parser.add_argument("--input", required=True, help=".npy, f32 [batch, channels, height, width]")
    parser.add_argument("--labels", help=".npy, i32 [batch], for training")
    parser.add_argument("--output", required=True, help=".npy, written after the first run")
    return parser.parse_args()


def claim_stdout():
    """The protocol's own stdout; what libraries print goes to stderr."""
    own = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return own


def serve(stdout, iterate, results, output):
    """iterate() performs one iteration; results() gives an array, asked for after the first run."""
    import numpy

    def say(text):
        print(text, file=stdout, flush=True)

    say("ready")
    first = True
    for line in sys.stdin:
        words = line.split()
        if words == ["quit"]:
            return
        if len(words) != 2 or words[0] != "run" or not words[1].isdigit():
            sys.exit(f"expected 'run K' or 'quit', found {line!r}")
        times = []
        for _ in range(int(words[1])):
            start = time.perf_counter_ns()
            iterate()
            times.append(time.perf_counter_ns() - start)
        if first:
            numpy.save(output, numpy.asarray(results(), dtype=numpy.float32))
            first = False
        say(" ".join(f"{t / 1000:.3f}" for t in times))
