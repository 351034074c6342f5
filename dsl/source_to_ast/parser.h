/// Source text to syntax tree.
#pragma once

#include "dsl/ast/ast.h"
#include "dsl/diagnostics/diagnostics.h"

namespace cnn {

struct TokenStream;

/// Brackets, bodies and operators may nest this deep.
constexpr uint32_t maxNesting = 256;
/// Height of an expression's tree, for everything that walks it recursively.
constexpr uint32_t maxExpressionHeight = 400;

/// Parses a file. Every independent mistake is reported; the tree holds what could be understood, with
/// ErrorExpr in place of what could not. `tokens` takes those that were read; it may be null.
ast::File parse(const SourceManager& sources, FileId file, ast::AstContext& context,
                DiagnosticEngine& diagnostics, TokenStream* tokens = nullptr);

/// Parses a text that is one expression, such as the value of a command line option.
ast::Expr* parseExpression(const SourceManager& sources, FileId file, ast::AstContext& context,
                           DiagnosticEngine& diagnostics);

} // namespace cnn
