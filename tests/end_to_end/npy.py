"""Arrays of .npy files for the tests. Standard library only.
write(path, kind, shape, values): kind is '|u1', '<f4' or '<i4'.
read(path): the numbers of an array of '<f4'."""

import struct

FORMATS = {"|u1": "B", "<f4": "f", "<i4": "i"}


def write(path, kind, shape, values):
    extents = "".join(f"{extent}, " for extent in shape)
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': ({extents})}}"
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    values = list(values)
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        file.write(struct.pack(f"<{len(values)}{FORMATS[kind]}", *values))


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    data = data[10 + struct.unpack("<H", data[8:10])[0]:]
    return struct.unpack(f"<{len(data) // 4}f", data)
