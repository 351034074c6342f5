//===- compile.h - From a kernel to object code ------------------------------------------------------===//
//
// What the compiler's middle calls. No Halide header is needed here, and no exception leaves these functions.
// They may be called from several threads at once. The same kernel gives the same bytes, whatever was
// compiled before it.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_COMPILE_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_COMPILE_H

#include "kernel.h"

namespace cnn::kernel {

struct CompiledKernel {
  std::vector<char> object; ///< refers to nothing but memcpy, memset and cnn_scratch_allocate / _free
  std::string symbol;
  uint64_t scratchBytes = 0; ///< how much of cnn_worker.scratch one call takes at most
};

/// The template and tiles for the kernel's anchor, by the cost model of its family. A kernel whose schedule
/// is empty is compiled with this one. rangeGranule of the kernel must be a multiple of the tile named
/// "channels" (or "rows") for chunks to be as fast as the whole; any granule gives right results.
Schedule chooseSchedule(const Kernel& kernel);

/// False, with a message in `error`, when the kernel is not well formed or Halide refuses it; or for want of
/// memory or of a place for temporary files, which `ofMachine` says where it is given.
bool compile(const Kernel& kernel, CompiledKernel& compiled, std::string& error, bool* ofMachine = nullptr);

enum class Text { stmt, llvm, assembly };

/// The kernel in one of Halide's or LLVM's textual forms.
bool emitText(const Kernel& kernel, Text form, std::string& text, std::string& error);

/// The Halide target string for the machine that this runs on, as far as kernels know how to use it: by the
/// instructions that the processor names and the operating system has enabled. In target.cpp.
std::string hostTarget();

/// f32 values in a vector: 16 for AVX-512, 8 for AVX2, otherwise 4.
int vectorLanes(const std::string& target);

/// Input `index` is a plain tensor with one part an image (`load`), or a block in kernels with a scalar
/// `blocks` (partials of reductions). All lane tensors of a kernel with `blocks` hold all blocks.
bool holdsParts(const Kernel& kernel, size_t index);

/// Output `index` is the result of `store`: plain, with one part an image.
bool isStored(const Kernel& kernel, size_t index);

} // namespace cnn::kernel

#endif
