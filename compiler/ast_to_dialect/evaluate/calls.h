/// Calls functions, and applies blocks, operators and networks.
#pragma once

#include "ast_to_dialect/elaborator.h"

namespace cnn {

// ---- calls ----
Value evaluateCall(Elaborator& e, const ast::CallExpr& expr, const Frame& frame, const PathHint& hint,
                   const Value* piped);
Value callFunction(Elaborator& e, const FunctionValue& function, const ast::CallExpr& expr,
                   const Frame& frame);
Value callBuiltin(Elaborator& e, std::string_view name, const std::vector<Given>& arguments, Span span,
                  const Frame& frame);
Value callRecord(Elaborator& e, const Record& record, const ast::CallExpr& expr, const Frame& frame);

// ---- applications ----
Value evaluateChain(Elaborator& e, const ast::ChainExpr& expr, const Frame& frame, const PathHint& hint);
Value applyStage(Elaborator& e, const ast::Expr* stage, const Value& subject, const Frame& frame,
                 const PathHint& hint);
Value applyStageNode(Elaborator& e, const ast::Expr* stage, const Value& subject, const Frame& frame,
                     PathHint hint);
Value applyBlock(Elaborator& e, const BlockValue& block, const std::vector<Value>& subjects, Span span,
                 const Frame& frame, const PathHint& hint);
Value applyChain(Elaborator& e, const BlockValue& block, const std::vector<Value>& subjects, Span span,
                 const Frame& frame, PathHint hint, bool numbered);
Value applyOperator(Elaborator& e, const BlockValue& block, const std::vector<Value>& subjects, Span span,
                    const Frame& frame, const std::string& path);
/// `inner` is the frame of the network's own instance.
Value applyNetwork(Elaborator& e, const BlockValue& block, const std::vector<Value>& subjects, Span span,
                   const Frame& inner, const Frame& frame);
Value applyDeclared(Elaborator& e, const BlockValue& block, const std::vector<Value>& subjects, Span span,
                    const Frame& frame, const std::string& path);
/// Reports the first tensor whose elements are not what is wanted; null where all fit.
Diagnostic* wrongElements(Elaborator& e, Elements wanted, mlir::ValueRange tensors, Span span,
                          std::string_view what, const Frame& frame);
void adviseOnMultiples(Elaborator& e, Diagnostic& diagnostic, llvm::ArrayRef<mlir::Value> tensors);

// ---- arguments ----
std::shared_ptr<BlockValue> withArguments(Elaborator& e, const BlockValue& block,
                                          const std::vector<ast::Argument>& arguments,
                                          const std::vector<Given>& values, size_t firstIndex, Span span,
                                          const Frame& frame);
bool inputChannelsGiven(Elaborator& e, const BlockValue& block, const std::vector<ast::Argument>& arguments,
                        size_t i, size_t index, const Value& value, const Frame& frame);
bool checkArgument(Elaborator& e, const Value& value, Takes takes, std::string_view argument,
                   std::string_view owner, Span span, const Frame& frame);
/// Adds the change that makes a value what is wanted, where it is plain.
void suggestValue(Elaborator& e, Diagnostic& diagnostic, const Value& value, Takes takes, Span span);
void suggestSelector(Elaborator& e, Diagnostic& diagnostic, const Selector& selector);
/// What `network A = B(…)` without parameters of its own stands for: those of B that are left open can be
/// given to A. Null for other declarations.
const BlockValue* aliasedBlock(Elaborator& e, const ast::CallableDecl* decl, const Module* module);
bool checkType(Elaborator& e, const Value& value, const ast::Type* type, const std::string& what, Span span,
               const Frame& frame);
bool fitsType(const Elaborator& e, const Value& value, const ast::Type* type);
bool givenAll(Elaborator& e, const Value& value, Span span, const Frame& frame);
/// Binds the parameters of a declaration from `given` and the defaults.
bool bindParameters(Elaborator& e, const ast::CallableDecl& decl, const std::map<size_t, Given>& given,
                    size_t first, Span span, const Frame& callee, const Frame& caller);

} // namespace cnn
