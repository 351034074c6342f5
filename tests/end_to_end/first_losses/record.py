#!/usr/bin/env python3
"""Writes losses.json: the first losses of tiny.cnn's network in PyTorch, in f64. Run again after a change of inputs.py
or tiny.cnn, with a Python that has PyTorch, as the one that tests/benchmarks/compare installs:

    build/benchmarks/venv/bin/python tests/end_to_end/first_losses/record.py
"""

import json
import os

import torch
from torch import nn
from torch.nn import functional

import inputs


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(2, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.conv2, self.bn2 = nn.Conv2d(6, 6, 3, padding=1, groups=6), nn.BatchNorm2d(6)
        self.conv3, self.bn3 = nn.Conv2d(6, 10, 3, stride=2, bias=False), nn.BatchNorm2d(10)
        self.fc1, self.fc2 = nn.Linear(40, 8), nn.Linear(8, inputs.CLASSES)

    def forward(self, image):
        stem = functional.silu(self.bn1(self.conv1(image)))
        deep = functional.gelu(self.bn2(self.conv2(stem)))
        x = functional.avg_pool2d(torch.tanh(self.bn3(self.conv3(stem + deep))), 2).flatten(1)
        return self.fc2(torch.sigmoid(self.fc1(x)))


def losses(rule, settings):
    model = Tiny().double().train()
    state = {name: torch.tensor(values, dtype=torch.float64).reshape(shape)
             for name, (shape, values) in inputs.parameters().items()}
    model.load_state_dict(state, strict=False)  # all but the counts of batches
    optimizer = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[rule](
        model.parameters(), **settings)
    images = torch.tensor(inputs.images(), dtype=torch.float64).reshape(inputs.STEPS, inputs.BATCH, *inputs.SHAPE)
    labels = torch.tensor(inputs.labels(), dtype=torch.int64).reshape(inputs.STEPS, inputs.BATCH)
    found = []
    for image, label in zip(images, labels):
        loss = functional.cross_entropy(model(image), label)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


recorded = {name: losses(*optimizer) for name, optimizer in inputs.OPTIMIZERS.items()}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "losses.json"), "w") as file:
    json.dump(recorded, file, indent=1)
    file.write("\n")
