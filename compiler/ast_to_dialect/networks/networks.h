/// Builds networks: what they declare, their settings, and the sections about them.
#pragma once

#include "ast_to_dialect/elaborator.h"

namespace cnn {

// ---- a network as a whole ----
const ast::CallableDecl* resolveNetwork(Elaborator& e, const ast::CallableDecl& decl,
                                        std::map<size_t, Given>& given, const Module*& module,
                                        std::vector<std::string>& open);
bool buildNetwork(Elaborator& e, const ast::CallableDecl& decl,
                  const std::vector<const ast::TrainDecl*>& recipes, const std::string& name,
                  std::map<size_t, Given> given, bool mustBuild);
void buildRecipe(Elaborator& e, const ast::TrainDecl& train, bool& found);
void finishFunction(Elaborator& e, FunctionOp function, const std::vector<std::string>& inputs,
                    const std::vector<NamedTensor>& results);
void finishNetwork(Elaborator& e);

// ---- what it declares ----
void declareInput(Elaborator& e, const ast::InputStatement& statement, const Frame& frame);
void declareOutput(Elaborator& e, const ast::OutputStatement& statement, const Frame& frame);
void declareParameter(Elaborator& e, const ast::ParamStatement& statement, const Frame& frame);
bool declareAssertion(Elaborator& e, const ast::AssertStatement& statement, const Frame& frame);
mlir::ArrayAttr assertionsAttribute(Elaborator& e);
bool checkInput(Elaborator& e, const ast::Identifier& name, const ast::TensorType& type,
                llvm::ArrayRef<mlir::AffineExpr> dimensions, const Frame& frame);
void bindInput(Elaborator& e, const ast::InputStatement& statement, const ast::TensorType& type,
               const Frame& frame);
void checkTrainingBatch(Elaborator& e, int64_t batch, const Frame& frame);
void declarePicture(Elaborator& e, const ast::PictureStatement& statement, const Frame& frame);
/// Whether the chain makes what the picture's input takes; reports where not.
bool checkPictureSizes(Elaborator& e, const ast::PictureStatement& statement,
                       const std::vector<const Record*>& records, mlir::BlockArgument picture, bool ofAnySize,
                       const Frame& frame);
mlir::DictionaryAttr recordAttribute(Elaborator& e, const Record& record);

// ---- probes ----
void addProbe(Elaborator& e, mlir::Value tensor, std::string_view name, Span span, const Frame& frame);
void checkProbeNames(Elaborator& e, const Frame& frame);
void reportUnknownProbes(Elaborator& e);

// ---- values given by --set ----
void readSettings(Elaborator& e);
const Given* valueSetFor(Elaborator& e, const ast::Parameter& parameter);
void reportUnknownSettings(Elaborator& e);

// ---- what nothing uses ----
void warnOfUnused(Elaborator& e, const Frame& frame);
void checkUnusedDeclarations(Elaborator& e);
void checkUncalled(Elaborator& e, const ast::CallableDecl& function, DiagnosticEngine& found);

// ---- sections ----
void evaluateTargetSections(Elaborator& e, const ast::CallableDecl& network, const std::string& name,
                            const Frame& frame);
void checkBudgetSection(Elaborator& e, const ast::TargetDecl& section, const std::string& name,
                        const Frame& frame);
void checkParameterBudget(Elaborator& e, const ast::AssignStatement& limit, int64_t most,
                          const std::string& name, const Frame& frame);
void evaluateKernelsSection(Elaborator& e, const ast::TargetDecl& section, const Frame& frame);
void evaluateTrainSection(Elaborator& e, const ast::TrainDecl& decl, const Frame& network);

} // namespace cnn
