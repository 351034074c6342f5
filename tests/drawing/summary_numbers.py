#!/usr/bin/env python3
"""summary_numbers.py CNNC REPOSITORY: `cnnc summary` against the published numbers of networks, and its JSON against itself."""
import json
import pathlib
import subprocess
import sys

# Parameters as torchvision's models have them; multiplications of weights as in its table of models.
KNOWN = {
    "examples/lenet/lenet.cnn": {"LeNet": (61706, 416520)},
    "examples/zoo/resnet.cnn": {"ResNet18": (11689512, 1814073344), "ResNet50": (25557032, 4089184256)},
    "examples/zoo/mobilenet_v2.cnn": {"MobileNetV2": (3504872, 300774272)},
    "examples/zoo/densenet.cnn": {"DenseNet121": (7978856, 2834161664), "DenseNet161": (28681000, 7727907072),
                                  "DenseNet169": (14149480, 3359843328), "DenseNet201": (20013928, 4291365888)},
    "examples/zoo/convnext.cnn": {"ConvNeXtTiny": (28589128, 4455531264), "ConvNeXtSmall": (50223688, 8683712256),
                                  "ConvNeXtBase": (88591464, 15354729472), "ConvNeXtLarge": (197767336, 34361433600)},
}
failures = 0


def expect(right, what):
    global failures
    if not right:
        failures += 1
        print("FAILED:", what)


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()


def elements(shape):
    count = 1
    for extent in shape:
        count *= 1 if isinstance(extent, str) else extent
    return count


def check_json(network):
    layers, total = network["layers"], network["total"]
    for key in ("parameters", "macs", "parameter_bytes", "result_bytes"):
        expect(sum(layer[key] for layer in layers) == total[key], f"{network['name']}: {key} do not add up")
    values = len(network["inputs"])
    for number, layer in enumerate(layers):
        expect(layer["result_bytes"] == 4 * elements(layer["shape"]), f"{layer['path']}: bytes of the result")
        expect(all(0 <= value < values + number for value in layer["inputs"]), f"{layer['path']}: inputs")
    for name in network["outputs"]:
        expect(name["shape"] == layers[name["value"] - values]["shape"], f"{name['name']}: shape")
    expect(network["inference"]["arena_bytes"] >= network["inference"]["largest_live_bytes"] > 0, "inference arena")


def main():
    cnnc, repository = sys.argv[1], pathlib.Path(sys.argv[2])
    for file, networks in KNOWN.items():
        summary = json.loads(output(cnnc, "summary", repository / file, "--json"))
        expect(summary["version"] == 1, "version")
        found = {n["name"]: (n["total"]["parameters"], n["total"]["macs"]) for n in summary["networks"]}
        found = {name: numbers for name, numbers in found.items() if name in networks}
        expect(found == networks, f"{file}: expected {networks}, found {found}")
        for network in summary["networks"]:
            check_json(network)
    text = output(cnnc, "summary", repository / "examples/lenet/lenet.cnn")
    for line in ("conv2 conv [N, 16, 10, 10] 6,400 2,416 240,000", "61,706 parameters, 416,520 MACs a sample"):
        expect(line in " ".join(text.split()), f"no '{line}' in\n{text}")
    expect("training: arena" in text and "inference: arena" in text, "no arenas")
    folded = output(cnnc, "summary", repository / "examples/zoo/resnet.cnn", "--network", "ResNet50", "--depth", "0")
    expect("layer1 32 layers [N, 256, 56, 56]" in " ".join(folded.split()) and "layer1.0" not in folded,
           f"folded by --depth 0:\n{folded}")
    once = output(cnnc, "summary", repository / "examples/zoo/resnet.cnn", "--network", "ResNet50", "--depth", "1")
    expect("layer1.0 12 layers" in " ".join(once.split()) and "layer1.0.conv1" not in once, f"by --depth 1:\n{once}")
    shared = json.loads(output(cnnc, "summary", repository / "tests/drawing/branches.cnn", "--json"))["networks"][0]
    check_json(shared)
    twice = [layer for layer in shared["layers"] if layer["path"] == "encoder.0"]
    expect([layer["parameters"] for layer in twice] == [224, 0], "a shared layer's parameters count once")
    expect(twice[0]["macs"] == twice[1]["macs"] > 0, "a shared layer's multiplications count each time")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
