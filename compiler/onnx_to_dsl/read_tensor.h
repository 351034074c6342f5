//===- read_tensor.h - The values of ONNX's tensors, in the model or in files beside it --------------===//
#ifndef CNN_COMPILER_ONNX_TO_DSL_READ_TENSOR_H
#define CNN_COMPILER_ONNX_TO_DSL_READ_TENSOR_H

#include "onnx_graph.h"

namespace onnx {
class TensorProto;
}

namespace cnn::onnx_import {

/// The tensor's values, or in Constant::problem why they cannot be had. Memory is taken only for bytes that
/// are there. `modelPath`: files of weights lie beside it, https://onnx.ai/onnx/repo-docs/ExternalData.html.
Constant readTensor(const onnx::TensorProto& tensor, const std::string& modelPath);

} // namespace cnn::onnx_import

#endif
