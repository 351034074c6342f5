"""Which files are tests and where their programs are; the site configuration in the build folder loads this."""

import os

import lit.formats

config.name = "compiler"
config.test_format = lit.formats.ShTest()
config.suffixes = [".mlir"]
config.test_source_root = os.path.dirname(__file__)
config.environment["PATH"] = os.pathsep.join([config.tools, config.llvm_tools, os.environ["PATH"]])
