//===- error_handlers.cpp - What checked kernels call when one of Halide's assertions fails ----------===//

#include <cstdio>
#include <cstdlib>

#define HANDLER(name)                                                                                        \
  extern "C" int halide_error_##name(void*, ...) {                                                           \
    std::fprintf(stderr, "a kernel's check failed: " #name "\n");                                            \
    std::abort();                                                                                            \
  }

HANDLER(access_out_of_bounds)
HANDLER(bad_dimensions)
HANDLER(bad_extern_fold)
HANDLER(bad_fold)
HANDLER(bad_type)
HANDLER(bounds_inference_call_failed)
HANDLER(buffer_allocation_too_large)
HANDLER(buffer_argument_is_null)
HANDLER(buffer_extents_negative)
HANDLER(buffer_extents_too_large)
HANDLER(buffer_is_null)
HANDLER(constraint_violated)
HANDLER(constraints_make_required_region_smaller)
HANDLER(device_dirty_with_no_device_support)
HANDLER(explicit_bounds_too_small)
HANDLER(fold_factor_too_small)
HANDLER(host_and_device_dirty)
HANDLER(host_is_null)
HANDLER(out_of_memory)
HANDLER(param_too_large_f64)
HANDLER(param_too_large_i64)
HANDLER(param_too_large_u64)
HANDLER(param_too_small_f64)
HANDLER(param_too_small_i64)
HANDLER(param_too_small_u64)
HANDLER(requirement_failed)
HANDLER(specialize_fail)
HANDLER(split_factor_not_positive)
HANDLER(storage_bound_too_small)
HANDLER(unaligned_host_ptr)
