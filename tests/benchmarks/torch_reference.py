#!/usr/bin/env python3
"""Losses of the first training steps in PyTorch, in f32 and f64, as JSON, to hold cnnc's against.

    build/benchmarks/venv/bin/python tests/benchmarks/torch_reference.py --model resnet20 --activation silu \\
        --optimizer sgd --lr 0.1 --momentum 0.9 --nesterov --weights W.safetensors --images x.npy --labels y.npy \\
        --batch 128 --steps 20

Step i trains on rows [i * batch, (i + 1) * batch) of the two arrays, from the start again at their end. Both
precisions start from the same f32 weights, which are made with a fixed seed and PyTorch's defaults where the
file does not exist yet. `gap` is the largest relative difference between the two: what rounding alone does to
this network.
"""

import argparse
import json
import os
import sys

import numpy
import safetensors.torch
import torch

import networks

OPTIMIZERS = {
    "sgd": lambda p, o: torch.optim.SGD(p, o.lr, o.momentum, nesterov=o.nesterov, weight_decay=o.weight_decay),
    "adam": lambda p, o: torch.optim.Adam(p, o.lr, weight_decay=o.weight_decay),
    "adamw": lambda p, o: torch.optim.AdamW(p, o.lr, weight_decay=o.weight_decay),
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, choices=["lenet", "resnet20"])
    parser.add_argument("--activation", choices=networks.ACTIVATIONS, default="relu")
    parser.add_argument("--optimizer", required=True, choices=OPTIMIZERS)
    parser.add_argument("--lr", type=float, required=True)
    parser.add_argument("--momentum", type=float, default=0.0)
    parser.add_argument("--nesterov", action="store_true")
    parser.add_argument("--weight-decay", type=float, default=0.0)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--images", required=True, help="[samples, channels, height, width]")
    parser.add_argument("--labels", required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--save", help="safetensors file for the f32 weights after the last step")
    return parser.parse_args()


def build(options, channels):
    settings = {"channels": channels} if options.model == "resnet20" else {}
    return networks.NETWORKS[options.model].build(activation=networks.ACTIVATIONS[options.activation], **settings)


def train(options, images, labels, dtype):
    model = build(options, images.shape[1])
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
    torch.set_num_threads(1)  # the order of its sums is then the same on all machines of a kind
    images = torch.from_numpy(numpy.load(options.images))
    labels = torch.from_numpy(numpy.load(options.labels))
    if len(images) != len(labels):
        sys.exit(f"{options.images} has {len(images)} rows, {options.labels} has {len(labels)}")
    if not os.path.exists(options.weights):
        torch.manual_seed(1)
        safetensors.torch.save_file(build(options, images.shape[1]).state_dict(), options.weights + ".part")
        os.replace(options.weights + ".part", options.weights)
    f32, model = train(options, images, labels, torch.float32)
    f64, _ = train(options, images, labels, torch.float64)
    if options.save:
        safetensors.torch.save_file(model.state_dict(), options.save)
    gap = max(abs(a - b) / abs(b) for a, b in zip(f32, f64))
    json.dump({"torch": torch.__version__, "f32": f32, "f64": f64, "gap": gap}, sys.stdout, indent=1)
    print()


main()
