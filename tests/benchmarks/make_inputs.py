"""Writes what all engines of one configuration read: weights, one batch, labels, and the ONNX file."""

import argparse
import os
import warnings

import numpy
import safetensors.torch
import torch

import networks


def replacing(path, write):
    """Writes beside and renames, so that an interrupted run leaves no half file behind."""
    write(path + ".part")
    os.replace(path + ".part", path)


parser = argparse.ArgumentParser()
parser.add_argument("--model", required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--folder", required=True)
options = parser.parse_args()

spec = networks.NETWORKS[options.model]
model = networks.with_random_weights(options.model)
weights = os.path.join(options.folder, f"{options.model}.safetensors")
replacing(weights, lambda path: safetensors.torch.save_file(model.state_dict(), path))

torch.manual_seed(2)
images = torch.randn(options.batch, *spec.shape)
labels = torch.randint(spec.classes, (options.batch,), dtype=torch.int32)
stem = os.path.join(options.folder, f"{options.model}-b{options.batch}")


def save_array(array):
    def write(path):
        with open(path, "wb") as file:
            numpy.save(file, array)
    return write


replacing(f"{stem}-image.npy", save_array(images.numpy()))
replacing(f"{stem}-label.npy", save_array(labels.numpy()))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the exporter that needs no further package is marked as the older one
    replacing(f"{stem}.onnx", lambda path: torch.onnx.export(
        model.eval(), (images,), path, dynamo=False, input_names=["image"], output_names=["logits"]))
