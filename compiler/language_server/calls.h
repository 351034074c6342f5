//===- calls.h - What is called at a place, and which argument is being written -------------------------===//
#ifndef CNN_COMPILER_LANGUAGE_SERVER_CALLS_H
#define CNN_COMPILER_LANGUAGE_SERVER_CALLS_H

#include "context.h"

namespace cnn::language_server {

/// What a call is of: at most one of the two.
struct Callee {
  const Operator* op = nullptr;
  const Symbol* symbol = nullptr;          ///< a func, block or network
  const ast::CallableDecl* decl = nullptr; ///< whose parameters are the arguments: of `network A = B(…)` B's
};
Callee calleeOf(const Analysis& analysis, const OpenCall& call);

/// The place among the arguments without the tensors before them.
size_t argumentPlace(const Analysis& analysis, const OpenCall& call);

/// The argument of an operator, or the parameter of a declaration, that is being written; null without one.
const OperatorArgument* argumentOf(const Analysis& analysis, const OpenCall& call, const Operator& op);
const ast::Parameter* parameterOf(const Analysis& analysis, const OpenCall& call,
                                  const ast::CallableDecl& decl);

} // namespace cnn::language_server

#endif
