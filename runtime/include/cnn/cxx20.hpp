// Whether this is C++20. The other C++ headers hold nothing where it is not, so that there is one error to
// read.
#ifndef CNN_CXX20_HPP
#define CNN_CXX20_HPP

#if __cplusplus >= 201709L
#define CNN_CXX20
#else
#error "the C++ headers of cnnc are C++20: compile with -std=c++20, or use the C headers"
#endif

#endif
