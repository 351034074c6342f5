"""ONNX Runtime as an engine of compare: bound buffers, and the binding's own call without its Python layer."""

import protocol

stdout = protocol.claim_stdout()
options = protocol.arguments()

import numpy
import onnxruntime

settings = onnxruntime.SessionOptions()
settings.intra_op_num_threads = options.threads
settings.inter_op_num_threads = 1
settings.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
session = onnxruntime.InferenceSession(options.onnx, settings, providers=["CPUExecutionProvider"])

images = onnxruntime.OrtValue.ortvalue_from_numpy(numpy.load(options.input))
logits = onnxruntime.OrtValue.ortvalue_from_shape_and_type(session.get_outputs()[0].shape, numpy.float32)
binding = session.io_binding()
binding.bind_ortvalue_input(session.get_inputs()[0].name, images)
binding.bind_ortvalue_output(session.get_outputs()[0].name, logits)

run, bound = session._sess.run_with_iobinding, binding._iobinding
protocol.serve(stdout, lambda: run(bound, None), logits.numpy, options.output)
