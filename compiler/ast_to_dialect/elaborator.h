/// Evaluates a program and builds its networks; internal to this folder.
///
/// evaluate.cpp     expressions            apply.cpp      calls, blocks, operators
/// chains.cpp       pipelines              arguments.cpp  which is for what, and fits
/// arithmetic.cpp   operators on values    functions.cpp  len, enumerate, except, …
/// statements.cpp   bodies                 parameters.cpp parameters, initialisers, paths
/// network.cpp      what a network declares   build_network.cpp  a network as a whole
/// pictures.cpp     preprocess, augment
/// train.cpp        train sections            budgets.cpp        budget sections
/// free_dimensions.cpp  sizes that are known when the network runs
/// kernels.cpp      kernels sections           unused.cpp         what nothing uses
#pragma once

#include "ast_to_dialect/ast_to_dialect.h"
#include "ast_to_dialect/known_divisors.h"
#include "ast_to_dialect/observations.h"
#include "ast_to_dialect/selectors.h"
#include "ast_to_dialect/value.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <deque>
#include <set>

namespace cnn {

/// Names that a body or block has declared.
struct Environment {
  Environment* parent = nullptr;
  std::map<std::string_view, Value> names;
  Value* find(std::string_view name);
};

/// One application of a block or network: the scope of paths.
struct Instance {
  std::string path; ///< of the application; empty for the network itself
  Instance* caller = nullptr;
  Span callSpan;
  std::string name;      ///< of the block
  bool repeated = false; ///< a further application of shared parameters
  uint32_t depth = 0;
  std::map<std::string, int, std::less<>> counters;
};

/// Where an expression is evaluated.
struct Frame {
  const Module* module = nullptr;
  Environment* environment = nullptr;
  Instance* instance = nullptr; ///< null where no layers can be built
};

/// What is known about the path of an application before its own label is seen.
struct PathHint {
  std::string prefix;                  ///< of the named chain around it
  std::optional<std::string> label;    ///< given with '@' at the application
  std::optional<std::string> position; ///< its place in the named chain
  Span span;
};

/// Whether a parameter, or a tensor for one sample, can have so many elements: at most 2^40.
bool isTensorSize(llvm::ArrayRef<int64_t> shape);

/// A path and what is below it; either may be empty.
std::string joined(const std::string& path, std::string_view rest);

struct NetworkParameter {
  std::string path;       ///< conv1.weight
  std::string_view owner; ///< conv; empty for a bare parameter
  std::string_view name;  ///< weight
  std::string ownerPath;  ///< conv1
  ParameterOp op;
  Span span;
  llvm::SmallVector<int64_t> shape;
  bool statistic = false;
  bool unused = false; ///< erased, as nothing reads it
  bool ofPart = false; ///< of a network that is applied like a block
};

struct NamedTensor {
  std::string name;
  mlir::Value value;
  Span span;
  bool trainOnly = false;
};

struct PendingInit {
  Selection selection;
  Given value;
  std::string scope; ///< path of the instance it stands in
};

/// An assert that is decided when the network runs.
struct Assertion {
  std::string text; ///< the condition, and the message where there is one
  mlir::Attribute test;
  Span span;
  bool training = false; ///< it stands in the train section
};

/// The network that is being built.
struct NetworkState {
  NetworkOp op;
  FunctionOp predict;
  std::deque<NetworkParameter> parameters;
  llvm::StringMap<NetworkParameter*> parameterAt; ///< by path
  llvm::StringMap<Span> paths;
  Parts parts;
  std::set<std::string, std::less<>> sharedApplied;
  std::vector<NamedTensor> inputs, outputs;
  std::vector<NamedTensor> probes; ///< those asked for
  std::map<std::string, Span, std::less<>> probePaths;
  std::vector<PendingInit> inits;
  size_t initsApplied = 0;                           ///< the first so many
  std::map<std::string, Value, std::less<>> members; ///< top-level lets and shared parts
  std::map<std::string, std::string, std::less<>> labels;
  std::vector<Assertion> assertions;
  std::set<std::tuple<const void*, std::string, bool>> asserted; ///< test, text, training: none stands twice
  KnownDivisors divisors;                                        ///< by the assertions on what is predicted
  mlir::AffineExpr batch;          ///< the first dimension of the inputs, where it is right
  Span batchSpan;                  ///< of the input that named it
  std::set<std::string> openSizes; ///< without a value, and reported
  bool training = false;           ///< its train section is being evaluated
  llvm::SmallVector<mlir::Attribute> preprocess;
  std::set<unsigned> preprocessed; ///< the inputs that it changes
  int64_t randomStreams = 0, layers = 0;
  bool incomplete = false; ///< parts are missing because of an error
};

/// Where a tensor's shape was made.
struct Origin {
  Span span;
  std::string_view what; ///< conv, parameter, input; kept by the context
  std::string_view name; ///< of a parameter or input, else empty; lives as long as the program and the ops
};

/// A network that is being applied as a block.
struct SubNetwork {
  std::vector<Value> subjects; ///< one for each input
  size_t next = 0;
  std::vector<std::string> outputs;
  bool poisoned = false;
};

/// How a body ended.
struct Outcome {
  bool returned = false;
  Value value; ///< returned, or that of the last statement
};

class Elaborator {
public:
  Elaborator(const Program& program, mlir::MLIRContext& context, const ElaborationOptions& options,
             DiagnosticEngine& diagnostics);
  Elaboration run();

  // ---- errors ----
  /// Reports once a place, however often the place is evaluated, with the chain of applications that led
  /// there.
  template <typename... Args> Diagnostic& error(Diag diag, Span span, const Frame& frame, Args&&... args) {
    if (!reported.insert({diag, span.file, span.begin, span.end}).second)
      return discarded = Diagnostic::unseen();
    Diagnostic& result = diagnostics.report(diag, span, std::forward<Args>(args)...);
    if (result.isKept) addChain(result, frame);
    return result;
  }
  void addOrigin(Diagnostic& diagnostic, mlir::Value tensor);

  // ---- expressions ----
  Value evaluate(const ast::Expr* expr, const Frame& frame, const PathHint& hint = {});
  Value evaluateNode(const ast::Expr* expr, const Frame& frame, const PathHint& hint);
  std::optional<int64_t> evaluateInt(const ast::Expr* expr, const Frame& frame, std::string_view what);
  std::optional<bool> evaluateCondition(const ast::Expr* expr, const Frame& frame);
  std::string evaluateString(const ast::StringExpr& expr, const Frame& frame);
  Selection evaluateSelection(const ast::Expr* expr, const Frame& frame);
  bool bind(const ast::Pattern& pattern, const Value& value, const Frame& frame);

  void probe(mlir::Value tensor, std::string_view name, Span span, const Frame& frame);
  void checkProbeNames(const Frame& frame);
  void reportUnknownProbes();
  bool givenAll(const Value& value, Span span, const Frame& frame);

  // ---- arithmetic ----
  Value binary(const ast::BinaryExpr& expr, const Frame& frame);
  /// Of values other than truths.
  Value binary(const ast::BinaryExpr& expr, const Value& left, const Value& right, const Frame& frame);
  Value roundedQuotient(std::string_view function, const ast::BinaryExpr& division, const ast::CallExpr& call,
                        const Frame& frame);
  Value unary(const ast::UnaryExpr& expr, const Frame& frame);
  Value tensorArithmetic(ast::BinaryOperator op, const Value& left, const Value& right, Span span,
                         const Frame& frame);

  // ---- calls ----
  Value call(const ast::CallExpr& expr, const Frame& frame, const PathHint& hint, const Value* piped);
  Value callFunction(const FunctionValue& function, const ast::CallExpr& expr, const Frame& frame);
  Value callBuiltin(std::string_view name, const std::vector<Given>& arguments, Span span,
                    const Frame& frame);
  Value callRecord(const Record& record, const ast::CallExpr& expr, const Frame& frame);
  Value chain(const ast::ChainExpr& expr, const Frame& frame, const PathHint& hint);
  Value applyStage(const ast::Expr* stage, const Value& subject, const Frame& frame, const PathHint& hint);
  Value applyStageNode(const ast::Expr* stage, const Value& subject, const Frame& frame, PathHint hint);
  Value apply(const BlockValue& block, const std::vector<Value>& subjects, Span span, const Frame& frame,
              const PathHint& hint);
  Value applyChain(const BlockValue& block, const std::vector<Value>& subjects, Span span, const Frame& frame,
                   PathHint hint, bool numbered);
  Value applyOperator(const BlockValue& block, const std::vector<Value>& subjects, Span span,
                      const Frame& frame, const std::string& path);
  /// `inner` is the frame of the network's own instance.
  Value applyNetwork(const BlockValue& block, const std::vector<Value>& subjects, Span span,
                     const Frame& inner, const Frame& frame);
  /// Reports the first tensor whose elements are not what is wanted; null where all fit.
  Diagnostic* wrongElements(Elements wanted, mlir::ValueRange tensors, Span span, std::string_view what,
                            const Frame& frame);
  Value applyDeclared(const BlockValue& block, const std::vector<Value>& subjects, Span span,
                      const Frame& frame, const std::string& path);
  std::shared_ptr<BlockValue> withArguments(const BlockValue& block,
                                            const std::vector<ast::Argument>& arguments,
                                            const std::vector<Given>& values, size_t firstIndex, Span span,
                                            const Frame& frame);
  bool inputChannelsGiven(const BlockValue& block, const std::vector<ast::Argument>& arguments, size_t i,
                          size_t index, const Value& value, const Frame& frame);
  bool checkArgument(const Value& value, Takes takes, std::string_view argument, std::string_view owner,
                     Span span, const Frame& frame);
  /// Adds the change that makes a value what is wanted, where it is plain.
  void suggestValue(Diagnostic& diagnostic, const Value& value, Takes takes, Span span);
  void suggestSelector(Diagnostic& diagnostic, const Selector& selector);
  /// What `network A = B(…)` without parameters of its own stands for: those of B that are left open can be
  /// given to A. Null for other declarations.
  const BlockValue* aliased(const ast::CallableDecl* decl, const Module* module);
  void adviseOnMultiples(Diagnostic& diagnostic, llvm::ArrayRef<mlir::Value> tensors);
  bool checkType(const Value& value, const ast::Type* type, const std::string& what, Span span,
                 const Frame& frame);
  bool fitsType(const Value& value, const ast::Type* type) const;
  /// Binds the parameters of a declaration from `given` and the defaults.
  bool bindParameters(const ast::CallableDecl& decl, const std::map<size_t, Given>& given, size_t first,
                      Span span, const Frame& callee, const Frame& caller);

  // ---- statements ----
  Outcome execute(const ast::Body& body, const Frame& frame, bool asValue);
  Outcome execute(const ast::Statement& statement, const Frame& frame, bool asValue);
  Outcome executeIf(const ast::IfExpr& expr, const Frame& frame, bool asValue);
  Outcome executeFor(const ast::ForExpr& expr, const Frame& frame, List* results);
  /// What a body would have assigned is unknown after an error.
  void poisonAssigned(const ast::Body& body, const Frame& frame);
  bool step(Span span, const Frame& frame, uint64_t count = 1);
  bool exhausted() const { return steps > options.maxSteps; }
  /// Whether there may be one more layer.
  bool countLayer(Span span, const Frame& frame);
  /// Counts what was made; false, with an error, for what is too large to go on with.
  bool affordable(const Value& value, const ast::Expr& node, const Frame& frame);
  bool affordable(mlir::AffineExpr dimension, Span span, const Frame& frame);
  bool affordable(TensorType result, mlir::ValueRange operands, Span span, std::string_view what,
                  const Frame& frame);

  // ---- networks ----
  Value global(const Module& module, std::string_view name, Span span, const Frame& frame);
  std::optional<std::vector<mlir::AffineExpr>> shape(const ast::TensorType& type, const Frame& frame,
                                                     bool declares);
  mlir::Type elementType(std::string_view name);
  void input(const ast::InputStatement& statement, const Frame& frame);
  void output(const ast::OutputStatement& statement, const Frame& frame);
  void parameterStatement(const ast::ParamStatement& statement, const Frame& frame);
  bool assertion(const ast::AssertStatement& statement, const Frame& frame);
  Value freeSize(std::string_view name, const Frame& frame);
  bool checkInput(const ast::Identifier& name, const ast::TensorType& type,
                  llvm::ArrayRef<mlir::AffineExpr> dimensions, const Frame& frame);
  void checkTrainingBatch(int64_t batch, const Frame& frame);
  mlir::ArrayAttr assertionsAttribute();
  void picture(const ast::PictureStatement& statement, const Frame& frame);
  /// Whether the chain makes what the picture's input takes; reports where not.
  bool checkPictureSizes(const ast::PictureStatement& statement, const std::vector<const Record*>& records,
                         mlir::BlockArgument picture, bool ofAnySize, const Frame& frame);
  void bindInput(const ast::InputStatement& statement, const ast::TensorType& type, const Frame& frame);
  mlir::DictionaryAttr recordAttribute(const Record& record);
  const Given* setValue(const ast::Parameter& parameter);
  const ast::CallableDecl* resolveNetwork(const ast::CallableDecl& decl, std::map<size_t, Given>& given,
                                          const Module*& module, std::vector<std::string>& open);
  bool buildNetwork(const ast::CallableDecl& decl, const std::vector<const ast::TrainDecl*>& recipes,
                    const std::string& name, std::map<size_t, Given> given, bool mustBuild);
  void buildRecipe(const ast::TrainDecl& train, bool& found);
  void finishFunction(FunctionOp function, const std::vector<std::string>& inputs,
                      const std::vector<NamedTensor>& results);
  void finishNetwork();
  void readSettings();
  void reportUnknownSettings();
  void warnOfUnused(const Frame& frame);
  void checkUnusedDeclarations();
  void evaluateGlobal(const Module& module, const ast::Pattern& pattern, const Frame& frame);
  void checkUncalled(const ast::CallableDecl& function, DiagnosticEngine& found);
  void targetSections(const ast::CallableDecl& network, const std::string& name, const Frame& frame);
  void budgetSection(const ast::TargetDecl& section, const std::string& name, const Frame& frame);
  void parameterBudget(const ast::AssignStatement& limit, int64_t most, const std::string& name,
                       const Frame& frame);
  void kernelsSection(const ast::TargetDecl& section, const Frame& frame);
  void trainSection(const ast::TrainDecl& decl, const Frame& network);

  // ---- parameters and paths ----
  std::string nextPath(std::string_view name, const Frame& frame);
  bool claimPath(const std::string& path, std::string_view owner, Span span, const Frame& frame);
  mlir::Value parameter(const std::string& ownerPath, std::string_view owner, std::string_view name,
                        llvm::ArrayRef<int64_t> shape, InitAttr init, bool statistic, Span span,
                        const Frame& frame);
  void applyInits();
  InitAttr initialiser(const Value& value, llvm::ArrayRef<int64_t> shape, Span span, const Frame& frame);
  mlir::Location location(Span span, llvm::StringRef path);

  /// Builds an op after inferring its result types; reports a shape error at `span` and returns null.
  template <typename Op>
  mlir::Value build(mlir::ValueRange operands, llvm::function_ref<void(typename Op::Properties&)> fill,
                    Span span, std::string_view what, llvm::StringRef path, const Frame& frame);
  template <typename Op>
  mlir::Value build(mlir::ValueRange operands, Span span, std::string_view what, llvm::StringRef path,
                    const Frame& frame) {
    return build<Op>(operands, [](auto&) {}, span, what, path, frame);
  }
  Diagnostic& shapeError(const std::string& message, mlir::ValueRange operands, Span span,
                         std::string_view what, const Frame& frame);
  void remember(mlir::Value tensor, Span span, std::string_view what, std::string_view name = {});

  const Program& program;
  mlir::MLIRContext& context;
  const ElaborationOptions& options;
  DiagnosticEngine& diagnostics;
  Observations* observations; ///< may be null
  mlir::OpBuilder builder;
  NetworkState* net = nullptr;

  /// Of calls within each other.
  static constexpr uint32_t maxDepth = 100;
  /// Of values within each other: lists, chains of blocks, arguments given to blocks.
  static constexpr uint32_t maxValueDepth = 1000;
  /// Of nested evaluations, whatever their kind: keeps the stack within a few megabytes.
  static constexpr uint32_t maxEvaluationDepth = 2500;
  static constexpr int64_t maxLayers = 200'000;
  /// Of tensors: what a generated library's tables have room for.
  static constexpr size_t maxRank = 6;
  static constexpr size_t maxLength = 1'000'000;     ///< of a list
  static constexpr size_t maxCharacters = 10'000;    ///< of a string
  static constexpr unsigned maxDimensionParts = 250; ///< of a size that depends on free ones

private:
  void addChain(Diagnostic& diagnostic, const Frame& frame);
  struct Place {
    Diag diag;
    FileId file;
    uint32_t begin, end;
    auto operator<=>(const Place&) const = default;
  };
  std::set<Place> reported;
  const ast::Expr* calledNode = nullptr; ///< stands left of the "(" that is being evaluated
  Diagnostic discarded{};
  uint64_t steps = 0;
  uint32_t callDepth = 0, evaluationDepth = 0;
  /// Counts a level of evaluation for as long as it lives.
  struct Level {
    explicit Level(Elaborator& elaborator) : elaborator(elaborator) { ++elaborator.evaluationDepth; }
    ~Level() { --elaborator.evaluationDepth; }
    Elaborator& elaborator;
  };
  std::set<const ast::CallableDecl*> called; ///< functions
  llvm::DenseMap<mlir::Value, Origin> origins;
  std::map<double, InitAttr> constants; ///< first values of one number
  std::string opError;                  ///< MLIR's last: why the shape of an op could not be inferred
  mlir::ScopedDiagnosticHandler opErrors;
  std::map<std::pair<const Module*, std::string_view>, Value> globals;
  std::set<const ast::Decl*> evaluating;
  std::map<const ast::CallableDecl*, std::shared_ptr<const BlockValue>> aliases; ///< see aliased()
  std::map<std::string_view, std::vector<const ast::TargetDecl*>>
      targets; ///< budget and kernels sections, by their network's name
  SubNetwork* sub = nullptr;
  bool poisonedOutput = false;
  Elaboration result;
  llvm::SmallVector<mlir::Attribute> augments; ///< of the train section that is being evaluated
  std::set<unsigned> augmented;                ///< the inputs that these change
  std::map<std::string, Given, std::less<>> setValues;
  std::set<std::string, std::less<>> setUsed;
  std::set<std::string, std::less<>> probesFound,
      probesUsed; ///< paths in all networks; patterns that fit one
  friend class Application;
};

template <typename Op>
mlir::Value Elaborator::build(mlir::ValueRange operands,
                              llvm::function_ref<void(typename Op::Properties&)> fill, Span span,
                              std::string_view what, llvm::StringRef path, const Frame& frame) {
  auto name = mlir::RegisteredOperationName::lookup(mlir::TypeID::get<Op>(), &context);
  mlir::OperationState state(location(span, path), *name);
  state.addOperands(operands);
  typename Op::Properties& properties = state.getOrAddProperties<typename Op::Properties>();
  fill(properties);
  llvm::SmallVector<mlir::Type, 1> types;
  if (mlir::failed(Op::inferReturnTypes(&context, state.location, operands,
                                        mlir::DictionaryAttr::get(&context),
                                        mlir::OpaqueProperties(&properties), {}, types))) {
    shapeError(opError, operands, span, what, frame);
    return {};
  }
  if (!affordable(mlir::cast<TensorType>(types.front()), operands, span, what, frame)) return {};
  state.addTypes(types);
  mlir::Value result = builder.create(state)->getResult(0);
  remember(result, span, what);
  return result;
}

/// One application of a built-in operator: what its `build` function sees.
class Application {
public:
  Application(Elaborator& elaborator, const BlockValue& block, std::vector<mlir::Value> subjects, Span span,
              const Frame& frame, std::string path)
      : elaborator(elaborator), block(block), subjects(std::move(subjects)), span(span), frame(frame),
        path(std::move(path)) {}

  mlir::Value input(size_t i = 0) const { return subjects[i]; }
  mlir::ValueRange inputs() const { return subjects; }
  TensorType type(size_t i = 0) const { return mlir::cast<TensorType>(subjects[i].getType()); }
  /// Spatial dimensions of the input: [N, C, spatial…].
  unsigned spatial() const { return type().getRank() < 2 ? 0 : type().getRank() - 2; }
  mlir::Builder& attributes() { return elaborator.builder; }

  /// Whether `|>` stands before it, and the place between the two.
  bool isPiped() const;
  Span before() const { return {span.file, span.begin, span.begin}; }
  bool has(std::string_view argument) const;
  int64_t integer(std::string_view argument, int64_t least = 1);
  double real(std::string_view argument);
  bool flag(std::string_view argument);
  llvm::SmallVector<double> reals(std::string_view argument);
  std::string_view elementType(std::string_view argument);
  /// One number a spatial dimension.
  llvm::SmallVector<int64_t> ints(std::string_view argument, int64_t least = 1);
  /// [lows…, highs…]; "same" keeps ceil(n / stride), the odd one at the end (ONNX's SAME_UPPER).
  llvm::SmallVector<int64_t> padding(std::string_view argument, llvm::ArrayRef<int64_t> kernel,
                                     llvm::ArrayRef<int64_t> stride, llvm::ArrayRef<int64_t> dilation);
  /// The extent of a dimension that must be fixed.
  std::optional<int64_t> extent(unsigned dimension);

  mlir::Value parameter(std::string_view name, llvm::ArrayRef<int64_t> shape, InitAttr init,
                        bool statistic = false);
  /// The parameter seen with extents of 1 after its own, up to `rank` dimensions.
  mlir::Value withOnes(mlir::Value parameter, unsigned rank);
  InitAttr uniformByFan(double fanIn);
  InitAttr constant(double value);
  int64_t randomStream();
  std::string text(std::string_view argument) const;
  /// Makes the input an output of the network, if it is asked for.
  void probe(std::string_view name);

  std::string_view name() const { return block.op->name; }
  /// Where an argument was given; nowhere where it was not.
  Span written(std::string_view argument) const;
  /// Whether it was given by its place.
  bool byPlace(std::string_view argument) const;
  template <typename... Args> Diagnostic& warn(Diag diag, Args&&... args) {
    return elaborator.error(diag, span, frame, std::forward<Args>(args)...);
  }
  /// An error about an argument, or about the input where the name is empty.
  Diagnostic& fail(std::string_view argument, std::string message);
  bool failed() const { return hasFailed; }

  template <typename Op>
  Value build(mlir::ValueRange operands, llvm::function_ref<void(typename Op::Properties&)> fill) {
    if (hasFailed) return Value();
    mlir::Value result = elaborator.build<Op>(operands, fill, span, block.op->name, path, frame);
    return result ? Value(result) : Value();
  }
  template <typename Op> Value build(mlir::ValueRange operands) {
    return build<Op>(operands, [](auto&) {});
  }
  template <typename Op> Value build() { return build<Op>(subjects); }
  /// factor * x + offset
  Value scale(const Value& x, double factor, double offset);
  Value reshape(llvm::ArrayRef<mlir::AffineExpr> shape);
  /// A tensor of one number.
  mlir::Value everywhere(TensorType type, double number);

private:
  const Given* given(std::string_view argument) const;
  Value value(std::string_view argument) const;

  Elaborator& elaborator;
  const BlockValue& block;
  std::vector<mlir::Value> subjects;
  Span span;
  const Frame& frame;
  std::string path;
  bool hasFailed = false;
};

} // namespace cnn
