// A pipeline that has nothing to do with cnnc, as any program may have one: x(i) / 4 + x(i + 1) / 2 + x(i +
// 2) / 4 in parallel parts, with a temporary on Halide's heap.
#pragma once

#include <string>
#include <vector>

/// Writes FOLDER/smoothing.a and smoothing.h, with all of Halide's runtime.
void compileSmoothing(const std::string& folder);

/// The same pipeline, compiled and run in this process. The result has two values less.
std::vector<float> smoothingJit(const std::vector<float>& x);
