"""OpenVINO as an engine of compare: its C interface, so that no Python layer is timed. f32 is forced, since
OpenVINO otherwise computes in bf16 where the machine has AMX."""

import protocol

stdout = protocol.claim_stdout()
options = protocol.arguments()

import ctypes
import glob
import importlib.util
import os

import numpy

folder = os.path.join(importlib.util.find_spec("openvino").submodule_search_locations[0], "libs")
library = ctypes.CDLL(glob.glob(os.path.join(folder, "libopenvino_c.so.*"))[0])
library.ov_get_last_err_msg.restype = ctypes.c_char_p


class Shape(ctypes.Structure):
    _fields_ = [("rank", ctypes.c_int64), ("dims", ctypes.POINTER(ctypes.c_int64))]


class Property(ctypes.Structure):
    _fields_ = [("key", ctypes.c_char_p), ("value", ctypes.c_char_p)]


def call(name, *args):
    status = getattr(library, name)(*args)
    if status != 0:
        raise SystemExit(f"{name}: status {status}: {library.ov_get_last_err_msg()}")


def made(name, *args):
    handle = ctypes.c_void_p()
    call(name, *args, ctypes.byref(handle))
    return handle


def tensor_over(array):
    F32 = 4  # ov_element_type_e in ov_common.h
    dims = (ctypes.c_int64 * array.ndim)(*array.shape)
    return made("ov_tensor_create_from_host_ptr", F32, Shape(array.ndim, dims),
                ctypes.c_void_p(array.ctypes.data))


wanted = {
    "INFERENCE_PRECISION_HINT": "f32",
    "PERFORMANCE_HINT": "LATENCY",
    "INFERENCE_NUM_THREADS": str(options.threads),
    "NUM_STREAMS": "1",
}
properties = (Property * len(wanted))(*(Property(k.encode(), v.encode()) for k, v in wanted.items()))
core = made("ov_core_create")
model = made("ov_core_read_model", core, options.onnx.encode(), None)
compiled = made("ov_core_compile_model_props", core, model, b"CPU", ctypes.c_size_t(len(wanted)), properties)
precision = ctypes.c_char_p()
call("ov_compiled_model_get_property", compiled, b"INFERENCE_PRECISION_HINT", ctypes.byref(precision))
if precision.value not in (b"f32", b"float32"):
    raise SystemExit(f"OpenVINO would compute in {precision.value}, not in f32")

import networks

images = numpy.ascontiguousarray(numpy.load(options.input))
logits = numpy.zeros((options.batch, networks.NETWORKS[options.model].classes), numpy.float32)
request = made("ov_compiled_model_create_infer_request", compiled)
call("ov_infer_request_set_input_tensor_by_index", request, ctypes.c_size_t(0), tensor_over(images))
call("ov_infer_request_set_output_tensor_by_index", request, ctypes.c_size_t(0), tensor_over(logits))

infer = library.ov_infer_request_infer
infer.argtypes = [ctypes.c_void_p]
handle = request.value


def iterate():
    if infer(handle) != 0:
        raise SystemExit(f"infer: {library.ov_get_last_err_msg()}")


protocol.serve(stdout, iterate, lambda: logits, options.output)
