"""PyTorch as an engine of compare: torch-eager, torch-channels_last, torch-compile."""

import protocol

stdout = protocol.claim_stdout()
options = protocol.arguments()

import numpy
import safetensors.torch
import torch

import networks

torch.set_num_threads(options.threads)
torch.manual_seed(0)
model = networks.NETWORKS[options.model].build()
model.load_state_dict(safetensors.torch.load_file(options.weights))
images = torch.from_numpy(numpy.load(options.input))
if options.engine == "torch-channels_last":
    model = model.to(memory_format=torch.channels_last)
    images = images.contiguous(memory_format=torch.channels_last)
elif options.engine not in ("torch-eager", "torch-compile"):
    raise SystemExit(f"unknown engine {options.engine}")

if options.mode == "infer":
    model.eval()
    # Freezing folds batch norm and packs weights, as the other engines do.
    call = torch.compile(model, options={"freezing": True}) if options.engine == "torch-compile" else model
    last = None

    def iterate():
        global last
        with torch.inference_mode():
            last = call(images)

    def results():
        return last.numpy()
else:
    labels = torch.from_numpy(numpy.load(options.labels)).long()
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, fused=True)

    def loss_of(x, y):
        return torch.nn.functional.cross_entropy(model(x), y)

    call = torch.compile(loss_of) if options.engine == "torch-compile" else loss_of
    losses = []

    def iterate():
        loss = call(images, labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if len(losses) < 64:
            losses.append(loss.detach())

    def results():
        return torch.stack(losses).numpy()

protocol.serve(stdout, iterate, results, options.output)
