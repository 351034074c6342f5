//===- summarize.h - A network of the dialect to its summary ------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TO_SUMMARY_SUMMARIZE_H
#define CNN_COMPILER_DIALECT_TO_SUMMARY_SUMMARIZE_H

#include "dialect/dialect.h"
#include "dialect_to_groups/plan.h"
#include "dialect_to_summary/summary.h"

namespace cnn {

/// Layers and costs, as the front end built the network: before any pass. Memory is left at 0.
NetworkSummary summarize(NetworkOp network);

/// The memory that the network's plan asks for.
void addMemory(NetworkSummary& summary, const NetworkPlan& plan);

} // namespace cnn

#endif
