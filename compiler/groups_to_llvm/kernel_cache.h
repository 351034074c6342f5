//===- kernel_cache.h - Compiled kernels, from the cache on disk or from Halide ------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_KERNEL_CACHE_H
#define CNN_COMPILER_GROUPS_TO_LLVM_KERNEL_CACHE_H

#include "groups_to_halide/compile.h"

#include <functional>
#include <string>
#include <vector>

namespace cnn {

struct KernelCacheOptions {
  std::string folder;   ///< empty: no cache
  unsigned threads = 0; ///< 0: as many as the machine has
  /// Told before Halide compiles kernels: how many of how many are not in the cache.
  std::function<void(size_t missing, size_t all)> beforeCompiling;
};

/// $XDG_CACHE_HOME/cnnc, or ~/.cache/cnnc, or empty where neither is set.
std::string defaultCacheFolder();

/// A kernel that could not be compiled, and why: for want of memory or of a place for temporary files, or
/// because the compiler has made what cannot be.
struct KernelFailure {
  size_t kernel = 0;
  std::string reason;
  bool ofMachine = false;
};

/// Compiles every kernel, in the order given. An entry of the cache is named by a hash of the kernel's text
/// and of this compiler's code, holds both beside the object, and is written under another name first: an
/// entry that is damaged or belongs to something else is compiled anew. A cache that cannot be written is no
/// error. False when a kernel cannot be compiled.
bool compileKernels(const std::vector<kernel::Kernel>& kernels, const KernelCacheOptions& options,
                    std::vector<kernel::CompiledKernel>& compiled, KernelFailure& failure);

} // namespace cnn

#endif
