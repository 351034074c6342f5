"""read(path): the bytes of each tensor of a safetensors file, by name. Standard library only."""

import json
import struct


def read(path):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = file.read()
    return {
        name: data[slice(*tensor["data_offsets"])] for name, tensor in header.items() if name != "__metadata__"
    }
