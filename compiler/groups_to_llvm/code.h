//===- code.h - Writing code in the LLVM dialect --------------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_CODE_H
#define CNN_COMPILER_GROUPS_TO_LLVM_CODE_H

#include "groups_to_halide/kernel.h"
#include "groups_to_llvm/object_module.h"

namespace cnn {

/// sizeof(halide_buffer_t) and where `host` lies in it: all that kernels read.
inline constexpr int64_t bufferBytes = 56;
inline constexpr int64_t hostOffset = 16;
/// What kernels with assertions read too, and sizeof(halide_dimension_t): min, extent, stride, flags.
inline constexpr int64_t typeCodeOffset = 32, typeBitsOffset = 33, typeLanesOffset = 34, rankOffset = 36,
                         dimOffset = 40;
inline constexpr int64_t dimensionBytes = 16;

/// Arithmetic and memory at the builder's insertion point, without the boilerplate.
class Code {
public:
  Code(ObjectModule& object) : object(object), b(object.builder) {}

  mlir::Value i64(int64_t value) {
    return mlir::LLVM::ConstantOp::create(b, b.getI64Type(), b.getI64IntegerAttr(value));
  }
  mlir::Value i32(int64_t value) {
    return mlir::LLVM::ConstantOp::create(b, b.getI32Type(), b.getI32IntegerAttr(value));
  }
  mlir::Value add(mlir::Value x, mlir::Value y) { return mlir::LLVM::AddOp::create(b, x, y); }
  mlir::Value multiply(mlir::Value x, int64_t factor) {
    return factor == 1 ? x : mlir::LLVM::MulOp::create(b, x, i64(factor));
  }
  mlir::Value divide(mlir::Value x, int64_t by) {
    return by == 1 ? x : mlir::LLVM::UDivOp::create(b, x, i64(by));
  }
  mlir::Value remainder(mlir::Value x, int64_t by) { return mlir::LLVM::URemOp::create(b, x, i64(by)); }
  mlir::Value subtract(mlir::Value x, mlir::Value y) { return mlir::LLVM::SubOp::create(b, x, y); }
  mlir::Value smaller(mlir::Value x, mlir::Value y) {
    mlir::Value less = mlir::LLVM::ICmpOp::create(b, mlir::LLVM::ICmpPredicate::slt, x, y);
    return mlir::LLVM::SelectOp::create(b, less, x, y);
  }
  mlir::Value larger(mlir::Value x, mlir::Value y) {
    mlir::Value less = mlir::LLVM::ICmpOp::create(b, mlir::LLVM::ICmpPredicate::slt, x, y);
    return mlir::LLVM::SelectOp::create(b, less, y, x);
  }
  mlir::Value low32(mlir::Value x) { return mlir::LLVM::TruncOp::create(b, b.getI32Type(), x); }
  mlir::Value load(mlir::Type type, mlir::Value pointer, int64_t bytes) {
    return mlir::LLVM::LoadOp::create(b, type, at(pointer, i64(bytes)));
  }
  mlir::Value at(mlir::Value pointer, mlir::Value bytes) {
    return mlir::LLVM::GEPOp::create(b, object.pointerType, b.getI8Type(), pointer, mlir::ValueRange{bytes});
  }
  mlir::Value stackBytes(int64_t bytes) {
    return mlir::LLVM::AllocaOp::create(b, object.pointerType, b.getI8Type(), i64(bytes), /*alignment=*/16);
  }
  void storeHost(mlir::Value buffer, mlir::Value pointer) {
    mlir::LLVM::StoreOp::create(b, pointer, at(buffer, i64(hostOffset)));
  }

  /// The rest of a buffer of one block, for kernels with assertions; with `parts`, of so many blocks or
  /// images.
  void describeBuffer(mlir::Value buffer, const kernel::Tensor& tensor, mlir::Value parts) {
    auto store = [&](mlir::Value value, mlir::Value pointer, int64_t offset) {
      mlir::LLVM::StoreOp::create(b, value, at(pointer, i64(offset)));
    };
    auto whole = [&](unsigned bits, int64_t value) {
      return mlir::LLVM::ConstantOp::create(b, b.getIntegerType(bits),
                                            b.getIntegerAttr(b.getIntegerType(bits), value));
    };
    mlir::Value dims = stackBytes(int64_t(std::max<size_t>(4, tensor.shape.size()) + 1) * dimensionBytes);
    int64_t rank = 0, stride = 1;
    auto add = [&](int64_t min, mlir::Value extent, int64_t next) {
      int64_t place = dimensionBytes * rank++;
      store(i32(min), dims, place);
      store(extent, dims, place + 4);
      store(i32(stride), dims, place + 8);
      store(i32(0), dims, place + 12);
      stride *= next;
    };
    auto addFixed = [&](int64_t min, int64_t extent) { add(min, i32(extent), extent); };
    if (tensor.layout == kernel::Layout::plain) {
      for (int64_t extent : llvm::reverse(tensor.shape)) addFixed(0, extent);
    } else {
      bool channels = tensor.layout == kernel::Layout::channelLanes;
      addFixed(0, tensor.lanes);
      addFixed(-tensor.haloX, tensor.shape[2] + 2 * tensor.haloX);
      addFixed(-tensor.haloY, tensor.shape[1] + 2 * tensor.haloY);
      addFixed(0, channels ? (tensor.shape[0] + tensor.lanes - 1) / tensor.lanes : tensor.shape[0]);
    }
    if (parts) add(0, parts, 1);
    bool real = tensor.element == kernel::Element::f32, bytes = tensor.element == kernel::Element::u8;
    mlir::LLVM::MemsetOp::create(b, buffer, whole(8, 0), i64(hostOffset), false);
    store(whole(64, 0), buffer, hostOffset + 8); // flags
    store(whole(8, real ? 2 : bytes ? 1 : 0), buffer, typeCodeOffset);
    store(whole(8, bytes ? 8 : tensor.element == kernel::Element::i64 ? 64 : 32), buffer, typeBitsOffset);
    store(whole(16, 1), buffer, typeLanesOffset);
    store(i32(rank), buffer, rankOffset);
    store(dims, buffer, dimOffset);
    store(mlir::LLVM::ZeroOp::create(b, object.pointerType), buffer, dimOffset + 8);
  }

  ObjectModule& object;
  mlir::ImplicitLocOpBuilder& b;
};

} // namespace cnn

#endif
