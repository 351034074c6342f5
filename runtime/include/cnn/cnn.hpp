// All of the runtime's C++ interface.
#ifndef CNN_CNN_HPP
#define CNN_CNN_HPP

#include <cnn/cxx20.hpp>
#ifdef CNN_CXX20

#include <cnn/data.hpp>
#include <cnn/image.hpp>
#include <cnn/model.hpp>
#include <cnn/result.hpp>
#include <cnn/trainer.hpp>
#include <cnn/training.hpp>

#endif
#endif
