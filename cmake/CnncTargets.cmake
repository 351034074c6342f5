# What the folders' CMakeLists.txt share: sanitizer flags, and the usage requirements of MLIR and Halide.

set(CNNC_SANITIZER "" CACHE STRING "address, thread, or empty for none")
option(CNNC_FUZZ "Build the libFuzzer targets (needs clang)" OFF)

if(CNNC_SANITIZER STREQUAL "address")
  # Without RTTI there is no type information that -fsanitize=vptr could check.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined -fno-sanitize=vptr)
elseif(CNNC_SANITIZER STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(CNNC_SANITIZER)
  message(FATAL_ERROR "CNNC_SANITIZER is '${CNNC_SANITIZER}'; expected address, thread, or empty")
endif()
if(CNNC_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Link this to use MLIR and LLVM. Only the two shared libraries: naming a component library such as
# MLIRIR would pull in a static copy, and two copies of one TypeID do not compare equal.
add_library(cnnc_mlir INTERFACE)
target_include_directories(cnnc_mlir SYSTEM INTERFACE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
target_compile_options(cnnc_mlir INTERFACE -fno-rtti)
target_link_libraries(cnnc_mlir INTERFACE MLIR LLVM)

# Link this to use Halide.h. Its errors are exceptions; they are caught where Halide is called.
add_library(cnnc_halide INTERFACE)
target_link_libraries(cnnc_halide INTERFACE Halide::Halide)

# Link this to use <onnx/onnx_pb.h>, ONNX's protobuf messages; the definitions are those of Debian's library.
add_library(cnnc_onnx INTERFACE)
target_compile_definitions(cnnc_onnx INTERFACE ONNX_ML=1 ONNX_NAMESPACE=onnx)
target_link_libraries(cnnc_onnx INTERFACE ${CNNC_ONNX_PROTO} protobuf::libprotobuf)

# cnnc_add_catch_test(NAME LABEL label [TIMEOUT seconds] [WHOLE] SOURCES a.cpp … LIBRARIES lib …)
# A Catch2 executable in build/bin. Each of its cases is a test of ctest, named "NAME:case"; with WHOLE, where the cases
# share what is dear to make, the executable is one.
function(cnnc_add_catch_test name)
  cmake_parse_arguments(arg "WHOLE" "LABEL;TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} cnnc_catch_main)
  if(arg_WHOLE)
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABEL}" TIMEOUT ${arg_TIMEOUT})
  else()
    # A case that Catch2 does not find again by its name fails: Catch2 takes no ';' in it.
    catch_discover_tests(${name} TEST_PREFIX "${name}:" EXTRA_ARGS --warn NoTests
      PROPERTIES LABELS "${arg_LABEL}" TIMEOUT ${arg_TIMEOUT})
  endif()
endfunction()
