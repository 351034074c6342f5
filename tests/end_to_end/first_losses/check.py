#!/usr/bin/env python3
"""check.py CNNC: the losses of the first 20 steps of tiny.cnn with each optimizer, against PyTorch's in losses.json."""

import json
import os
import subprocess
import sys
import tempfile

import inputs

HERE = os.path.dirname(os.path.abspath(__file__))
BOUND = 2e-6  # relative


def cnnc_losses(cnnc, folder, optimizer, flags):
    rule, settings = inputs.OPTIMIZERS[optimizer]
    arguments = ", ".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
    with open(os.path.join(HERE, "tiny.cnn")) as file:
        text = file.read().replace("OPTIMIZER", f"{rule}({arguments})")
    path = {name: os.path.join(folder, name) for name in ("tiny.cnn", "weights", "image.npy", "label.npy", "loss.npy")}
    with open(path["tiny.cnn"], "w") as file:
        file.write(text)
    command = [cnnc, "bench", path["tiny.cnn"], "--mode", "train", "--batch", str(inputs.BATCH), "--weights",
               path["weights"], "--input", path["image.npy"], "--labels", path["label.npy"], "--output",
               path["loss.npy"], "--cache", os.path.join(folder, "cache"), *flags]
    subprocess.run(command, check=True, input=f"run {inputs.STEPS}\nquit\n", text=True, stdout=subprocess.DEVNULL)
    return inputs.read_npy(path["loss.npy"])


def main():
    with open(os.path.join(HERE, "losses.json")) as file:
        recorded = json.load(file)
    good = recorded.keys() == inputs.OPTIMIZERS.keys()
    with tempfile.TemporaryDirectory() as folder:
        inputs.write_safetensors(os.path.join(folder, "weights"), inputs.parameters())
        inputs.write_npy(os.path.join(folder, "image.npy"), inputs.images(),
                         (inputs.BATCH * inputs.STEPS, *inputs.SHAPE))
        inputs.write_npy(os.path.join(folder, "label.npy"), inputs.labels(), (inputs.BATCH * inputs.STEPS,))
        for optimizer, expected in recorded.items():
            for flags in ([], ["--exact"]):
                found = cnnc_losses(sys.argv[1], folder, optimizer, flags)
                gaps = [abs(a - b) / b for a, b in zip(found, expected, strict=True)]
                held = all(gap <= BOUND for gap in gaps)
                good = good and held
                print(f"{optimizer:<16}{' '.join(flags) or 'f32':<9}loss {found[0]:.4f} to {found[-1]:.4f}, largest "
                      f"difference {max(gaps):.1e} at step {gaps.index(max(gaps)) + 1}{'' if held else '  FAILED'}")
    sys.exit(0 if good else 1)


main()
