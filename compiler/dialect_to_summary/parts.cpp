//===- parts.cpp - A network as a tree by paths -------------------------------------------------------===//

#include "dialect_to_summary/summary.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"

namespace cnn {
namespace {

/// Deeper than anyone names blocks; below it layers stay side by side.
constexpr int maxDepth = 64;

/// A layer's path below its block's. An op whose path is the block's own is known by its operation: `y = x *
/// 2` in a composed operator.
llvm::StringRef below(const Layer& layer, size_t prefix) {
  llvm::StringRef path = layer.path;
  return path.size() > prefix ? path.substr(prefix) : llvm::StringRef(layer.operation);
}

/// One past the run of layers from `begin` on whose paths go on with the same segment. It also ends where a
/// path comes again: there the block is applied once more. Neighbours of one path are one application of an
/// operator that consists of several ops.
size_t endOfRun(const NetworkSummary& network, size_t begin, size_t end, size_t prefix) {
  llvm::StringRef segment = below(network.layers[begin], prefix).split('.').first;
  llvm::StringSet<> seen;
  size_t at = begin;
  for (; at < end; ++at) {
    const std::string& path = network.layers[at].path;
    if (path.size() <= prefix || below(network.layers[at], prefix).split('.').first != segment) break;
    bool again = !seen.insert(path).second;
    if (again && network.layers[at - 1].path != path) break;
  }
  return std::max(at, begin + 1);
}

/// The length of the path that all layers of the run begin with, up to and with a dot; or the whole path.
size_t commonPrefix(const NetworkSummary& network, size_t begin, size_t end, size_t prefix) {
  llvm::StringRef first = network.layers[begin].path;
  size_t common = first.size();
  bool same = true;
  for (size_t i = begin + 1; i < end; ++i) {
    llvm::StringRef path = network.layers[i].path;
    same = same && path == first;
    size_t length = 0;
    while (length < std::min(common, path.size()) && path[length] == first[length]) ++length;
    common = length;
  }
  if (same) return first.size();
  size_t dot = first.substr(0, common).rfind('.');
  return dot == llvm::StringRef::npos || dot < prefix ? prefix : dot + 1;
}

void split(const NetworkSummary& network, NetworkPart& block, size_t prefix, int depth) {
  for (size_t at = block.begin; at < block.end;) {
    const Layer& layer = network.layers[at];
    size_t end = depth < maxDepth ? endOfRun(network, at, block.end, prefix) : at + 1;
    size_t common = end - at > 1 ? commonPrefix(network, at, end, prefix) : prefix;
    if (common > prefix) {
      NetworkPart part{layer.path.substr(0, common), "", at, end, {}};
      if (part.path.back() == '.') part.path.pop_back();
      part.label = part.path.substr(prefix);
      split(network, part, common, depth + 1);
      block.parts.push_back(std::move(part));
    } else {
      end = at + 1;
      block.parts.push_back({layer.path, below(layer, prefix).str(), at, end, {}});
    }
    at = end;
  }
}

} // namespace

NetworkPart partsOf(const NetworkSummary& network) {
  NetworkPart root{"", network.name, 0, network.layers.size(), {}};
  split(network, root, 0, 0);
  return root;
}

LayerCost costOf(const NetworkSummary& network, const NetworkPart& part) {
  LayerCost cost;
  for (size_t i = part.begin; i < part.end; ++i) cost += network.layers[i].cost;
  return cost;
}

} // namespace cnn
