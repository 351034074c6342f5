//===- operators.h - The translations of ONNX's operators, for their table ---------------------------===//
#ifndef CNN_COMPILER_ONNX_TO_DSL_OPERATORS_H
#define CNN_COMPILER_ONNX_TO_DSL_OPERATORS_H

#include "node_reader.h"

namespace cnn::onnx_import {

// layers.cpp
void translateConv(NodeReader& node); ///< and ConvTranspose
void translateGemm(NodeReader& node);
void translateMatMul(NodeReader& node);
void translateBatchNorm(NodeReader& node);
void translateLayerNorm(NodeReader& node);

// pooling.cpp
void translatePool(NodeReader& node); ///< MaxPool and AveragePool
void translateGlobalAveragePool(NodeReader& node);
void translateReduceMean(NodeReader& node);

// pointwise.cpp
void translatePlain(NodeReader& node); ///< by the table's word
void translateSigmoid(NodeReader& node);
/// An operator of onnx_names.def, with the arguments that are not the default.
void translateNamed(NodeReader& node);
void translatePow(NodeReader& node);
/// Max and Min of values and single numbers.
void translateExtreme(NodeReader& node);
void translateHardSigmoid(NodeReader& node);
void translateGelu(NodeReader& node);
void translateClip(NodeReader& node);
void translateSoftmax(NodeReader& node); ///< and LogSoftmax
void translateDropout(NodeReader& node);
void translateCast(NodeReader& node);

// arithmetic.cpp
void translateArithmetic(NodeReader& node); ///< Add, Sub, Mul, Div, and what exporters spell with them
void translateErf(NodeReader& node);

// moves.cpp
void translateFlatten(NodeReader& node);
void translateReshape(NodeReader& node);
void translateTranspose(NodeReader& node);
void translateConcat(NodeReader& node);
void translateSlice(NodeReader& node);
void translateSplit(NodeReader& node);

// sizes.cpp
void foldSame(NodeReader& node); ///< Identity, and Cast of sizes
void foldCast(NodeReader& node);
void foldShape(NodeReader& node);
void foldGather(NodeReader& node);
void foldConcat(NodeReader& node);
void foldSlice(NodeReader& node);
void foldUnsqueeze(NodeReader& node); ///< and Squeeze
void foldReshape(NodeReader& node);
void foldTranspose(NodeReader& node);
void foldArithmetic(NodeReader& node);

} // namespace cnn::onnx_import

#endif
