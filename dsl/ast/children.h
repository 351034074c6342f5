/// Walking a syntax tree without knowing its nodes.
#pragma once

#include "dsl/ast/ast.h"

#include <functional>

namespace cnn::ast {

/// Calls `visit` for each node directly below, in the order of the source.
void forEachChild(const Node& node, const std::function<void(const Node&)>& visit);

/// Calls `visit` for the node and all below it, from the outside in; below a node for which it returns false
/// nothing is visited. Types, patterns, statements and expressions are all nodes.
void walk(const Node& node, const std::function<bool(const Node&)>& visit);

/// The nodes that hold a place, from the declaration in to the innermost. A place at the end of a node is
/// still in it.
std::vector<const Node*> nodesAt(const File& file, uint32_t offset);

} // namespace cnn::ast
