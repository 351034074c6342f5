//===- draw_command.cpp - cnnc draw: a network as a picture -------------------------------------------===//

#include "files.h"
#include "summaries.h"

#include "groups_to_llvm/c_names.h"
#include "summary_to_drawing/drawing.h"

#include <cstdio>

namespace cnn::tools {

int draw(const CompileOptions& compile, const DrawOptions& options) {
  Frontend frontend;
  std::vector<NetworkSummary> summaries;
  if (!summarizeFile(frontend, compile, summaries)) return 1;
  if (!options.output.empty()) {
    NetworkOp only = frontend.onlyNetwork();
    if (!only) return 1;
    std::erase_if(summaries,
                  [&](const NetworkSummary& network) { return network.name != only.getSymName(); });
  }
  std::vector<OutputFile> files;
  for (const NetworkSummary& network : summaries) {
    std::string path = options.output.empty() ? libraryNameOf(network.name) + ".html" : options.output;
    DrawingOptions drawing{options.depth};
    files.push_back(
        {path, bytesOf(path.ends_with(".svg") ? drawSvg(network, drawing) : drawPage(network, drawing))});
  }
  std::string error;
  if (!writeFiles(files, error)) return fail(error);
  for (const OutputFile& file : files) std::printf("wrote %s\n", file.path.c_str());
  return 0;
}

} // namespace cnn::tools
