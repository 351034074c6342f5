#!/usr/bin/env python3
"""Losses of the first training steps in PyTorch, in f32 and f64, as JSON, to hold cnnc's against.

    build/benchmarks/venv/bin/python tests/benchmarks/torch_reference.py --model resnet20 --activation silu \\
        --optimizer nesterov --weights W.safetensors --images x.npy --labels y.npy --batch 64 --steps 20

Step i trains on rows [i * batch, (i + 1) * batch) of the two arrays, from the start again at their end. Both
precisions start from the same f32 weights. `gap` is the largest relative difference between the two: what
rounding alone does to this network.
"""

import argparse
import json
import sys

import numpy
import safetensors.torch
import torch

import networks

OPTIMIZERS = {
    "sgd": lambda p, o: torch.optim.SGD(p, o.lr or 0.05, o.momentum, weight_decay=o.weight_decay or 0.0),
    "nesterov": lambda p, o: torch.optim.SGD(p, o.lr or 0.05, o.momentum, nesterov=True,
                                             weight_decay=o.weight_decay or 0.0),
    "adam": lambda p, o: torch.optim.Adam(p, o.lr or 1e-3, weight_decay=o.weight_decay or 0.0),
    "adamw": lambda p, o: torch.optim.AdamW(
        p, o.lr or 1e-3, weight_decay=0.01 if o.weight_decay is None else o.weight_decay),
}
ACTIVATIONS = {"relu": torch.nn.functional.relu, "silu": torch.nn.functional.silu}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, choices=networks.NETWORKS)
    parser.add_argument("--channels", type=int, help="input channels of resnet20, default 3")
    parser.add_argument("--activation", choices=ACTIVATIONS, help="of resnet20, default relu")
    parser.add_argument("--optimizer", required=True, choices=OPTIMIZERS)
    parser.add_argument("--lr", type=float, help="default 0.05 for sgd and nesterov, 1e-3 for adam and adamw")
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--weight-decay", type=float, help="default 0, and 0.01 for adamw")
    parser.add_argument("--weights", required=True)
    parser.add_argument("--images", required=True)
    parser.add_argument("--labels", required=True)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--save", help="safetensors file for the f32 weights after the last step")
    return parser.parse_args()


def train(options, images, labels, dtype):
    settings = {}
    if options.channels is not None:
        settings["channels"] = options.channels
    if options.activation:
        settings["activation"] = ACTIVATIONS[options.activation]
    if settings and options.model != "resnet20":
        sys.exit("--channels and --activation are for resnet20")
    model = networks.NETWORKS[options.model].build(**settings)
    model.load_state_dict(safetensors.torch.load_file(options.weights))
    model = model.to(dtype).train()
    optimizer = OPTIMIZERS[options.optimizer](model.parameters(), options)
    losses = []
    for step in range(options.steps):
        rows = torch.arange(step * options.batch, (step + 1) * options.batch) % len(images)
        loss = torch.nn.functional.cross_entropy(model(images[rows].to(dtype)), labels[rows].long())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses, model


def main():
    options = parse_arguments()
    torch.manual_seed(0)
    images = torch.from_numpy(numpy.load(options.images))
    labels = torch.from_numpy(numpy.load(options.labels))
    if len(images) != len(labels):
        sys.exit(f"{options.images} has {len(images)} rows, {options.labels} has {len(labels)}")
    f32, model = train(options, images, labels, torch.float32)
    f64, _ = train(options, images, labels, torch.float64)
    if options.save:
        safetensors.torch.save_file(model.state_dict(), options.save)
    gap = max(abs(a - b) / abs(b) for a, b in zip(f32, f64))
    json.dump({"model": options.model, "optimizer": options.optimizer, "batch": options.batch,
               "torch": torch.__version__, "f32": f32, "f64": f64, "gap": gap}, sys.stdout, indent=1)
    print()


main()
