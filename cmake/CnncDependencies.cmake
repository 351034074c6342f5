# Finds what cnnc is built from: MLIR, LLVM, protobuf, ONNX and the picture libraries as Debian packages them, Halide
# from the wheel in build/venv.

find_package(MLIR 22.1 REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)

file(GLOB halide_package_dirs ${CMAKE_SOURCE_DIR}/build/venv/lib*/python3*/site-packages/halide/lib*/cmake)
list(GET halide_package_dirs 0 halide_package_dir)
if(NOT Halide_DIR AND NOT halide_package_dir)
  message(FATAL_ERROR "Halide not found in build/venv; run ./setup.sh, or set Halide_DIR and HalideHelpers_DIR")
endif()
set(Halide_DIR ${halide_package_dir}/Halide CACHE PATH "CMake package of Halide 21")
set(HalideHelpers_DIR ${halide_package_dir}/HalideHelpers CACHE PATH "CMake package of Halide's helpers")
set(CMAKE_DISABLE_FIND_PACKAGE_Halide_Python ON) # would want Python's headers, for bindings not used here
find_package(Halide 21 REQUIRED CONFIG COMPONENTS shared)

find_package(Protobuf REQUIRED)
find_library(CNNC_ONNX_PROTO onnx_proto REQUIRED)

# MLIR's package puts its CMake modules on this path; TableGen and AddMLIR define mlir_tablegen and friends.
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})

# Pictures: the runtime opens these libraries when it reads one, the tests are linked with them.
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_path(CNNC_WEBP_INCLUDE_DIR webp/decode.h REQUIRED)
find_library(CNNC_WEBP_LIBRARY webp REQUIRED)
