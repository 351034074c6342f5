//===- cnn_dialect.td - The cnn dialect, its types and attributes ----------------------------------------===//
#ifndef CNN_DIALECT_TD
#define CNN_DIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

def Cnn_Dialect : Dialect {
  let name = "cnn";
  let cppNamespace = "::cnn";
  let summary = "Convolutional neural networks: inference, losses and gradients on NCHW tensors";
  let description = [{
    Tensors have value semantics and are in NCHW order (N, C, then the spatial dimensions; features are [N, F]).
    One op for each thing a paper would name; gradients are ops of their own. Free dimensions are named symbols
    that the type carries: two tensors whose batch is N have the same batch.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
    void registerTypes();
    void registerAttributes();
  }];
}

class Cnn_Type<string name, string typeMnemonic> : TypeDef<Cnn_Dialect, name> { let mnemonic = typeMnemonic; }
class Cnn_Attr<string name, string attrMnemonic> : AttrDef<Cnn_Dialect, name> { let mnemonic = attrMnemonic; }

def Cnn_LayoutKind : I32EnumAttr<"LayoutKind", "which elements lie side by side in a vector", [
    I32EnumAttrCase<"plain", 0>, I32EnumAttrCase<"batch_lanes", 1>, I32EnumAttrCase<"channel_lanes", 2>]> {
  let cppNamespace = "::cnn";
  let genSpecializedAttr = 0;
}

def Cnn_LayoutAttr : Cnn_Attr<"Layout", "layout"> {
  let summary = "how a tensor lies in memory";
  let description = [{
    `plain`: dense row-major. `batch_lanes`: [C][H + 2 halo_y][W + 2 halo_x][lanes], `lanes` images side by side.
    `channel_lanes`: [ceil(C / lanes)][H + 2 halo_y][W + 2 halo_x][lanes], one image. The halo holds zeros.
  }];
  let parameters = (ins EnumParameter<Cnn_LayoutKind>:$kind, DefaultValuedParameter<"int64_t", "1">:$lanes,
                        DefaultValuedParameter<"int64_t", "0">:$halo_y, DefaultValuedParameter<"int64_t", "0">:$halo_x);
  let assemblyFormat = "`<` $kind (`,` struct($lanes, $halo_y, $halo_x)^)? `>`";
}

def Cnn_TensorType : Cnn_Type<"Tensor", "tensor"> {
  let summary = "a tensor whose dimensions are integers or affine expressions of named free dimensions";
  let description = [{
    `!cnn.tensor<[N, 64, H floordiv 2, 28], f32>`. A free dimension's name is a symbol that means the same in
    every type of the context, so that equal dimensions are equal expressions. A scalar has no dimensions.
    `layout` is absent until layouts are assigned.
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::AffineExpr">:$shape, "::mlir::Type":$elementType,
                        OptionalParameter<"::cnn::LayoutAttr">:$layout);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    /// A tensor of fixed dimensions.
    static TensorType get(::mlir::MLIRContext* context, ::llvm::ArrayRef<int64_t> shape, ::mlir::Type element);
    /// An f32 tensor of this shape, without layout.
    static TensorType f32(::mlir::MLIRContext* context, ::llvm::ArrayRef<::mlir::AffineExpr> shape);
    unsigned getRank() const { return getShape().size(); }
    /// The dimension's value, or nothing where it is free.
    std::optional<int64_t> getFixed(unsigned i) const;
    bool hasFreeBatch() const { return getRank() > 0 && !getFixed(0); }
    /// The fixed dimensions from `first` on; all of them must be fixed.
    ::llvm::SmallVector<int64_t> getFixedFrom(unsigned first) const;
    TensorType withShape(::llvm::ArrayRef<::mlir::AffineExpr> shape) const;
    TensorType withLayout(LayoutAttr layout) const;
    /// `[N, 64, 28, 28]`, as diagnostics show it.
    std::string shapeText() const;
  }];
}

def Cnn_InitKind : I32EnumAttr<"InitKind", "distribution of a parameter's first values", [
    I32EnumAttrCase<"constant", 0>, I32EnumAttrCase<"uniform", 1>, I32EnumAttrCase<"normal", 2>,
    I32EnumAttrCase<"trunc_normal", 3>]> {
  let cppNamespace = "::cnn";
  let genSpecializedAttr = 0;
}

def Cnn_InitAttr : Cnn_Attr<"Init", "init"> {
  let summary = "a parameter's first values";
  let description = "constant: a. uniform: in [a, b). normal, trunc_normal: mean a, standard deviation b.";
  let parameters = (ins EnumParameter<Cnn_InitKind>:$kind, "::mlir::FloatAttr":$a, "::mlir::FloatAttr":$b);
  let assemblyFormat = "`<` $kind `,` $a `,` $b `>`";
  let builders = [AttrBuilder<(ins "InitKind":$kind, "double":$a, CArg<"double", "0.0">:$b)>];
}

def Cnn_ScheduleAttr : Cnn_Attr<"Schedule", "schedule"> {
  let summary = "which kernel template computes a group, with which tiles";
  let parameters = (ins "::mlir::StringAttr":$algorithm, "::mlir::DictionaryAttr":$tiles);
  let assemblyFormat = "`<` $algorithm `,` $tiles `>`";
}

#endif
