/// What a kernels section can choose for a convolution.
#include "ast_to_dialect/operators/operator.h"

namespace cnn {

std::vector<Operator> algorithms() {
  return {
      {"auto", Family::Algorithm, 0, {}, "What the compiler finds fastest by its cost model.", ""},
      {"direct",
       Family::Algorithm,
       0,
       {{"tile", Takes::Tile, "-",
         "[vectors, columns] or [vectors, columns, rows]: in inference so many vectors of output channels "
         "times pixels of "
         "the result have their sums in registers at once; depthwise, vectors is 1"}},
       "Products summed over window and input channels, without Winograd.",
       ""},
      {"winograd",
       Family::Algorithm,
       0,
       {{"outputs", Takes::Int, "", "a side of its tiles: 4 or 2, for 5x5 windows 2 (along the columns)"}},
       "Fewer products by Winograd's minimal filtering, for convolutions of stride 1 with windows of 3x3 or "
       "5x5.",
       "Lavin and Gray 2016"},
  };
}

} // namespace cnn
