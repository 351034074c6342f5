"""against_onnxruntime.py RANDOM_MODELS CNNC SEED COUNT EVERY

Random models, as random_models writes them, through onnx's checker and ONNX Runtime: what was imported must
compute the same, and may not be what they refuse. Every so many models are also imported, compiled and run by
cnnc. Ends with 77, which ctest takes for skipped, where onnx or onnxruntime is missing."""

import collections
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    import onnxruntime
except ImportError as missing:
    print(f'skipped: {missing}')
    sys.exit(77)

random_models, cnnc, seed, count, every = sys.argv[1:]
onnxruntime.set_default_logger_severity(4)
# What ONNX Runtime does not do, though ONNX has it.
NOT_DONE = ('NOT_IMPLEMENTED', 'is under development', 'Unsupported model IR',
            'Dilation not supported for AutoPadType',
            'padding values must be non-negative')  # of SAME_* where the stride leaves pixels out


def read(path):
    arrays = []
    with open(path, 'rb') as file:
        while name := file.readline():
            element = {1: np.float32, 2: np.uint8, 6: np.int32}[int(file.readline())]
            shape = [int(extent) for extent in file.readline().split()]
            size = 4 * int(np.prod(shape, dtype=np.int64))
            array = np.frombuffer(file.read(size), np.float32).reshape(shape).astype(element)
            arrays.append((name.decode('utf-8').rstrip('\n'), array))
    return arrays


def near(found, expected):
    if found.shape != expected.shape:
        return False
    finite = expected[np.isfinite(expected)]
    scale = np.abs(finite).max() if finite.size else 0
    with np.errstate(invalid='ignore'):
        close = np.abs(found - expected) <= 1e-4 * (1e-2 + scale)
    return bool(np.all(close | (np.isnan(found) & np.isnan(expected)) | (found == expected)))


def expected_outputs(path, inputs):
    """The outputs, or why there are none, and whether that says that the model is wrong."""
    try:
        onnx.checker.check_model(path)
    except Exception as error:
        return None, f'checker: {error}', True
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(path, options, providers=['CPUExecutionProvider'])
        return session.run(None, dict(inputs)), '', False
    except Exception as error:
        text = f'{type(error).__name__}: {error}'
        return None, text, not any(what in text for what in NOT_DONE)


def compiled_outputs(folder, path, inputs, count):
    """What cnnc computes, by the files that it writes."""
    network = os.path.join(folder, 'network.cnn')
    weights = os.path.join(folder, 'network.safetensors')
    for file in network, weights:
        if os.path.exists(file):
            os.remove(file)
    run = lambda *words: subprocess.run([cnnc, *words], capture_output=True, text=True, check=True)
    run('import', path, '-o', network, '--name', 'Net')
    names = {'input': [], 'output': []}
    sizes = []
    for line in open(network):
        words = line.split()
        if words[:1] and words[0] in names:
            names[words[0]].append(words[1].rstrip(':'))
        if words[:1] == ['input']:
            shape = line[line.index('[') + 1:line.index(']')].split(',')
            array = inputs[len(names['input']) - 1][1]
            sizes += [f'{name.strip()}={extent}' for name, extent in zip(shape[1:], array.shape[1:]) if not name.strip().isdigit()]
    words = ['predict', network, '--weights', weights, '--cache', os.path.join(folder, 'cache')]
    for setting in dict.fromkeys(sizes):
        words += ['--set', setting]
    for name, (_, array) in zip(names['input'], inputs):
        np.save(os.path.join(folder, name), array)
        words += ['--input', f'{name}={folder}/{name}.npy']
    for i, name in enumerate(names['output']):
        words += ['--output', f'{name}={folder}/out{i}.npy']
    run(*words)
    return [np.load(os.path.join(folder, f'out{i}.npy')) for i in range(count)]


counts = collections.Counter()
failures = []
with tempfile.TemporaryDirectory() as folder:
    subprocess.run([random_models, seed, count, folder], check=True)
    for i in range(int(count)):
        path = os.path.join(folder, str(i))
        inputs = read(path + '.in')
        outputs, why, wrong = expected_outputs(path + '.onnx', inputs)
        if os.path.exists(path + '.refused'):
            counts['refused, and ' + ('ONNX Runtime computes it' if outputs is not None else 'ONNX Runtime does not')] += 1
            continue
        found = [array for _, array in read(path + '.out')]
        if outputs is None:
            counts['imported, not done by ONNX Runtime' if not wrong else 'FAILED'] += 1
            if wrong:
                failures.append((i, why))
            continue
        if len(found) != len(outputs) or not all(map(near, found, outputs)):
            failures.append((i, 'other values'))
            counts['FAILED'] += 1
            continue
        counts['imported and equal'] += 1
        if i % int(every) == 0:
            try:
                if not all(map(near, compiled_outputs(folder, path + '.onnx', inputs, len(outputs)), outputs)):
                    failures.append((i, 'compiled, other values'))
                counts['compiled and equal'] += 1
            except subprocess.CalledProcessError as error:
                failures.append((i, error.stderr))
    for i, why in failures[:20]:
        print(f'model {i} of seed {seed}: {why}'[:600])
        print(onnx.printer.to_text(onnx.load(os.path.join(folder, f'{i}.onnx')))[:3000])
for what, number in sorted(counts.items()):
    print(f'{number:6} {what}')
sys.exit(1 if failures else 0)
