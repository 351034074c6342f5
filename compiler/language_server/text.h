//===- text.h - How operators, declarations and observations are shown ---------------------------------===//
#ifndef CNN_COMPILER_LANGUAGE_SERVER_TEXT_H
#define CNN_COMPILER_LANGUAGE_SERVER_TEXT_H

#include "analysis.h"

namespace cnn::language_server {

/// 11,689,512
std::string grouped(uint64_t number);
/// The text of a documentation comment without its slashes.
std::string documentation(std::string_view comment);
std::string documentation(const Symbol& symbol);

/// Markdown about a built-in operator: meaning, source, arguments.
std::string describe(const Operator& op);
std::string describe(const OperatorArgument& argument);

/// "block Basic(x, width: int, stride: int = 1)"; for a name in a body "let x", "width: int".
std::string header(const Analysis& analysis, const Symbol& symbol);
/// The parameters of something callable as written, without a block's subject.
std::vector<std::string> parameters(const Analysis& analysis, const ast::CallableDecl& decl);

/// "[N, 64, 56, 56]", and ", varies" where other applications of the block differ.
std::string shape(const Observation& seen);
/// Markdown about an application: result, parameters, multiplications, path.
std::string describe(const Observation& seen);

/// A network's declaration with a body: its inputs, outputs and top-level names.
std::vector<const Symbol*> members(const Analysis& analysis, const ast::CallableDecl& network);

} // namespace cnn::language_server

#endif
