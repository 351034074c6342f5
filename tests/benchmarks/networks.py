"""The benchmark networks in plain PyTorch, with the parameter names of torchvision and of examples/.

LeNet-5: LeCun et al. 1998, with ReLU and max pooling. ResNet: He et al. 2016, with 1x1 convolutions in
the shortcuts; ResNet-20 is the paper's CIFAR network with the same shortcuts ("option B").
MobileNetV2: Sandler et al. 2018.
"""

from dataclasses import dataclass

import torch
from torch import nn


ACTIVATIONS = {"relu": nn.functional.relu, "silu": nn.functional.silu, "tanh": torch.tanh}


class LeNet(nn.Module):
    """With ReLU and max pooling, or in its original form, with tanh and average pooling."""

    def __init__(self, classes=10, activation=nn.functional.relu):
        super().__init__()
        self.activation = activation
        self.pool = nn.functional.avg_pool2d if activation is torch.tanh else nn.functional.max_pool2d
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.linear1 = nn.Linear(400, 120)
        self.linear2 = nn.Linear(120, 84)
        self.linear3 = nn.Linear(84, classes)

    def forward(self, x):
        x = self.pool(self.activation(self.conv1(x)), 2)
        x = self.pool(self.activation(self.conv2(x)), 2).flatten(1)
        return self.linear3(self.activation(self.linear2(self.activation(self.linear1(x)))))


class Shortcut(nn.Sequential):
    def __init__(self, inputs, outputs, stride):
        super().__init__(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))


class Basic(nn.Module):
    expansion = 1

    def __init__(self, inputs, width, stride, activation=nn.functional.relu):
        super().__init__()
        self.activation = activation
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = Shortcut(inputs, width, stride) if stride != 1 or inputs != width else None

    def forward(self, x):
        y = self.bn2(self.conv2(self.activation(self.bn1(self.conv1(x)))))
        return self.activation(y + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inputs, width, stride, activation=nn.functional.relu):
        super().__init__()
        self.activation = activation
        outputs = 4 * width
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = Shortcut(inputs, outputs, stride) if stride != 1 or inputs != outputs else None

    def forward(self, x):
        y = self.activation(self.bn1(self.conv1(x)))
        y = self.bn3(self.conv3(self.activation(self.bn2(self.conv2(y)))))
        return self.activation(y + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """`small` is the CIFAR form: a 3x3 first convolution without pooling, and widths from 16."""

    def __init__(self, unit, depths, classes, small=False, channels=3, activation=nn.functional.relu):
        super().__init__()
        width = 16 if small else 64
        self.activation = activation
        self.conv1 = (nn.Conv2d(channels, width, 3, 1, 1, bias=False) if small
                      else nn.Conv2d(channels, width, 7, 2, 3, bias=False))
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
        inputs = width
        self.stages = []
        for stage, depth in enumerate(depths):
            units = []
            for i in range(depth):
                units.append(unit(inputs, width << stage, 2 if i == 0 and stage > 0 else 1, activation))
                inputs = (width << stage) * unit.expansion
            self.stages.append(f"layer{stage + 1}")
            setattr(self, self.stages[-1], nn.Sequential(*units))
        self.fc = nn.Linear(inputs, classes)

    def forward(self, x):
        x = self.maxpool(self.activation(self.bn1(self.conv1(x))))
        for stage in self.stages:
            x = getattr(self, stage)(x)
        return self.fc(nn.functional.adaptive_avg_pool2d(x, 1).flatten(1))


class ConvNormActivation(nn.Sequential):
    def __init__(self, inputs, outputs, kernel, stride=1, groups=1):
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs), nn.ReLU6())


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, stride, expand):
        super().__init__()
        hidden = inputs * expand
        layers = [ConvNormActivation(inputs, hidden, 1)] if expand != 1 else []
        layers += [ConvNormActivation(hidden, hidden, 3, stride, hidden),
                   nn.Conv2d(hidden, outputs, 1, bias=False), nn.BatchNorm2d(outputs)]
        self.conv = nn.Sequential(*layers)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.conv(x) if self.residual else self.conv(x)


class MobileNetV2(nn.Module):
    rows = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
            (6, 320, 1, 1))  # expand, outputs, repeats, stride

    def __init__(self, classes=1000):
        super().__init__()
        features = [ConvNormActivation(3, 32, 3, 2)]
        inputs = 32
        for expand, outputs, repeats, stride in self.rows:
            for i in range(repeats):
                features.append(InvertedResidual(inputs, outputs, stride if i == 0 else 1, expand))
                inputs = outputs
        features.append(ConvNormActivation(inputs, 1280, 1))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(1280, classes))

    def forward(self, x):
        return self.classifier(nn.functional.adaptive_avg_pool2d(self.features(x), 1).flatten(1))


@dataclass
class Network:
    build: object         # () -> nn.Module
    shape: tuple          # one picture: channels, height, width
    classes: int
    source: str           # the .cnn file of the same network, from the repository's root
    network: str          # its name in that file
    settings: tuple = ()  # --set arguments that make it the same network
    parameters: int = 0   # published count, checked when the weights are made


NETWORKS = {
    "lenet": Network(LeNet, (1, 28, 28), 10, "examples/lenet/lenet.cnn", "LeNet", (), 61706),
    "resnet20": Network(lambda **k: ResNet(Basic, (3, 3, 3), 10, small=True, **k), (3, 32, 32), 10,
                        "examples/resnet20/resnet20.cnn", "ResNet20", ("channels=3", "size=32"), 272474),
    "resnet18": Network(lambda: ResNet(Basic, (2, 2, 2, 2), 1000), (3, 224, 224), 1000,
                        "examples/zoo/resnet.cnn", "ResNet18", (), 11689512),
    "resnet50": Network(lambda: ResNet(Bottleneck, (3, 4, 6, 3), 1000), (3, 224, 224), 1000,
                        "examples/zoo/resnet.cnn", "ResNet50", (), 25557032),
    "mobilenet_v2": Network(MobileNetV2, (3, 224, 224), 1000,
                            "examples/zoo/mobilenet_v2.cnn", "MobileNetV2", (), 3504872),
}


def with_random_weights(name):
    """The network with seeded weights, and batch-norm statistics that fit them, so that activations
    stay near unit size at any depth and outputs of two engines can be compared."""
    spec = NETWORKS[name]
    torch.manual_seed(1)
    model = spec.build()
    count = sum(p.numel() for p in model.parameters())
    if count != spec.parameters:
        raise SystemExit(f"{name}: {count:,} parameters, expected {spec.parameters:,}")
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
            module.momentum = 1.0
    with torch.no_grad():
        model.train()(torch.randn(8, *spec.shape))
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.1
            module.num_batches_tracked.zero_()
    return model
