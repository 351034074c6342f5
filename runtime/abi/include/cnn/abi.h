/* The tables and calling conventions shared by generated libraries and the runtime.
 *
 * A generated library exports constant tables; everything else goes through function pointers in them. Plain
 * C, no dependency but <stddef.h> and <stdint.h>. Every table begins with its size and the ABI version, so
 * that a runtime can refuse or understand a library of another version. Sizes are logical: no pad is visible
 * here.
 */
#ifndef CNN_ABI_H
#define CNN_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CNN_ABI_VERSION 8u
#define CNN_MAX_RANK 6
#define CNN_MAX_STATES 4 /* of an optimizer, for each parameter */

/* ---- Execution ---------------------------------------------------------------------------------------- */

/* One worker of the pool, and the user context of every kernel. `scratch` is 64-byte aligned memory of its
 * own, a stack from which kernels take temporaries with cnn_scratch_allocate. */
typedef struct cnn_worker {
  unsigned char* scratch;
  uint64_t scratch_bytes;
  uint64_t scratch_used;
  int32_t index;  /* 0 .. workers - 1 */
  int32_t failed; /* set by cnn_scratch_allocate when the scratch is too small: a compiler bug, reported as
                     such */
} cnn_worker;

/* Kernels take large temporaries from their worker's scratch, last in first out; no lock, no system call. */
void* cnn_scratch_allocate(void* worker, size_t bytes);
void cnn_scratch_free(void* worker, void* pointer);

/* One chunk of a phase. Chunks of one call are independent; their number depends on shapes and on the batch
 * size, never on the number of threads. */
typedef void (*cnn_task)(void* closure, int64_t chunk, cnn_worker* worker);

/* Runs task(closure, 0 .. chunks - 1) and returns when all have ended. May run all of them on the caller. */
typedef void (*cnn_parallel_for)(void* pool, cnn_task task, void* closure, int64_t chunks);

/* All that generated code touches in one call. The runtime fills it; generated code only reads it. */
typedef struct cnn_run {
  void* pool;
  cnn_parallel_for parallel_for;
  float* parameters;       /* the f32 masters, laid out by cnn_parameter.offset; statistics among them */
  unsigned char* prepared; /* derived parameters (inference): cnn_inference_code.prepared_bytes, 64-aligned */
  unsigned char* arena;    /* arena_constant_bytes + arena_block_bytes * ceil(batch / block), 64-aligned */
  const void* const* inputs; /* dense row-major, the batch dimension first, in the description's order */
  void* const* outputs;      /* likewise; caller's memory, no alignment but the element's */
  int64_t batch;             /* at least 1 */
  float* gradients;          /* training: laid out like the trainable part of parameters; overwritten */
  float* results; /* training: results_count floats: the loss, or each step's, then each metric, means over
                   * the batch; a step's code writes its own loss, that of the first the metrics as well */
  uint64_t seed;  /* training: with step, keys every random number */
  uint64_t step;  /* training: 0 for the first */
} cnn_run;

/* ---- Description -------------------------------------------------------------------------------------- */

enum cnn_element { CNN_F32 = 0, CNN_I32 = 1, CNN_U8 = 2, CNN_I64 = 3 };

typedef struct cnn_tensor {
  const char* name;
  int32_t element; /* enum cnn_element */
  int32_t rank;
  int64_t shape[CNN_MAX_RANK]; /* -1: the batch dimension */
} cnn_tensor;

enum cnn_initialiser {
  CNN_INIT_CONSTANT = 0,    /* a: the value */
  CNN_INIT_UNIFORM = 1,     /* a, b: the bounds */
  CNN_INIT_NORMAL = 2,      /* a: mean, b: standard deviation */
  CNN_INIT_TRUNC_NORMAL = 3 /* a: mean, b: standard deviation, cut at mean +- 2 (PyTorch: -2 and 2) */
};

enum cnn_parameter_flags {
  CNN_TRAINABLE = 1,
  CNN_STATISTIC = 2,    /* batch norm's running mean and variance */
  CNN_TRAINING_ONLY = 4 /* predict does not read it: in checkpoints, not in files of weights */
};

/* Parameters are f32, dense row-major in PyTorch's shape (OIHW), each at a multiple of 16 floats. The
 * trainable ones come first and fill [0, trainable_floats); the gap floats between them are zero. */
typedef struct cnn_parameter {
  const char* name; /* PyTorch's: conv1.weight */
  int32_t rank;
  uint32_t flags;
  int64_t shape[CNN_MAX_RANK];
  uint64_t offset; /* in floats from the start of the masters */
  int32_t initialiser;
  int32_t reserved;
  double a, b;
  uint64_t stream; /* of random numbers, the parameter's own: independent of order and of other layers */
} cnn_parameter;

/* A setting that the runtime interprets (preprocess, data, augment, weights): name and arguments as
 * written, e.g. {"fashion_mnist", 0, ...}, {"folder", 1, {"path"}, {"pets"}}. */
typedef struct cnn_setting {
  const char* name;
  uint32_t argument_count;
  const char* const* argument_names;  /* an empty name: positional */
  const char* const* argument_values; /* numbers and lists as text: [0.5, 0.5]; strings without quotes */
} cnn_setting;

/* A change of pictures before they reach the network: preprocess, or augment in training, at random. Each of
 * the columns `inputs` (indices of forward_backward's inputs, of which the first are the description's) gets
 * the same draw; null: the first input alone. */
typedef struct cnn_augment {
  cnn_setting setting;
  const uint32_t* inputs;
  uint32_t input_count;
  uint32_t reserved;
} cnn_augment;

typedef struct cnn_description {
  uint32_t size, version;
  const char* name;         /* the network's, as written: LeNet */
  const char* cnnc_version; /* 0.1.0 */
  const char* target;       /* x86-64-linux-avx512_skylake-... : what the code needs */
  const char* precision;    /* f32, exact */
  uint64_t source_hash;     /* of the network's text and settings */
  uint64_t parameter_hash;  /* of names and shapes: what a weights file must match */
  uint64_t cpu_features;    /* enum cnn_cpu_feature bits that the code needs */
  const cnn_tensor* inputs;
  const cnn_tensor* outputs;
  const cnn_parameter* parameters;
  const char* const* labels; /* class names or null */
  uint32_t input_count, output_count, parameter_count, label_count;
  uint64_t parameter_floats;   /* the whole masters block */
  uint64_t trainable_floats;   /* its first part */
  uint64_t parameter_elements; /* logical number of trainable values, what papers count */
  int64_t max_batch;           /* above it an offset would overflow */
  /* What the network asserts of its batch, null where nothing: the index in `assertions` of the first that a
   * batch of this size does not keep, or -1. With `training` those of the train section count as well. */
  int32_t (*failed_assertion)(int64_t batch, int32_t training);
  const char* const* assertions;
  /* What the network computes, as text by lines: arguments, preprocess, operators. Files of weights hold it,
   * so that weights which fit another network in names and shapes are noticed. Null or empty: not known. */
  const char* meaning;
  const cnn_augment* preprocess; /* in order; in training only for inputs that no augment changes */
  uint32_t preprocess_count;
  uint32_t reserved;
} cnn_description;

enum cnn_cpu_feature {
  CNN_CPU_AVX2_FMA = 1,
  CNN_CPU_AVX512 = 2,
  CNN_CPU_AVX512_BF16 = 4,
  CNN_CPU_AMX_BF16 = 8,
  CNN_CPU_SSE41 = 16,
  CNN_CPU_AVX = 32,
  CNN_CPU_FMA = 64,
  CNN_CPU_F16C = 128,
  CNN_CPU_AVX512_VBMI = 256,
  CNN_CPU_AVX512_VNNI = 512,
  CNN_CPU_AVX_VNNI = 1024,
  CNN_CPU_AMX_INT8 = 2048
};

/* ---- Inference ---------------------------------------------------------------------------------------- */

typedef struct cnn_inference {
  uint32_t size, version;
  const cnn_description* description;
  uint64_t prepared_bytes;
  uint64_t arena_constant_bytes, arena_block_bytes; /* block: one picture */
  uint64_t scratch_bytes;                           /* for each worker */
  int32_t (*prepare)(const cnn_run* run);           /* masters to derived parameters; 0 or an error code */
  int32_t (*predict)(const cnn_run* run);
  /* The whole masters block and 16 floats more, 64-aligned, where weights are compiled in; else null. */
  const float* weights;
} cnn_inference;

/* ---- Training ----------------------------------------------------------------------------------------- */

enum cnn_optimizer {
#define CNN_OPTIMIZER(NAME, name, documentation, source) CNN_##NAME,
#include <cnn/optimizers.def>
  CNN_OPTIMIZER_COUNT
};

enum cnn_schedule {
#define CNN_SCHEDULE(NAME, name, by_length, documentation, source) CNN_##NAME,
#include <cnn/schedules.def>
  CNN_SCHEDULE_COUNT
};

/* The hyper-parameters of all optimizers; each reads its own. Flags such as nesterov are 0 or 1. */
typedef struct cnn_hyper {
#define CNN_HYPER(field, kind, range) double field;
#include <cnn/optimizers.def>
  double clip_norm; /* of every optimizer: the largest norm of the gradients; 0: none */
} cnn_hyper;

/* The arguments of all schedules, by PyTorch's names; each reads its own. */
typedef struct cnn_schedule_arguments {
#define CNN_SCHEDULE_FIELD(field, kind, range) double field;
#include <cnn/schedules.def>
} cnn_schedule_arguments;

enum cnn_unit { CNN_PLAIN = 0, CNN_PERCENT = 1 /* a share of 1, shown times 100 */ };

typedef struct cnn_metric {
  const char* name; /* top1 */
  const char* kind; /* the operator: accuracy, cross_entropy, ...; custom: a sum or other arithmetic */
  int32_t output;   /* index among the description's outputs of what it reads; -1: none of them */
  int32_t target;   /* index among forward_backward's inputs: the description's, then the targets; or -1 */
  int32_t unit;     /* enum cnn_unit */
  int32_t higher_is_better; /* 1: training should make it larger; 0: smaller */
} cnn_metric;

/* A loss or metric of any number of samples is the sum over its terms of sum(values) / sum(shares), or / the
 * number of samples. */
typedef struct cnn_term {
  uint32_t metric; /* index among the metrics */
  uint32_t value;  /* which output of evaluate has the term's value of each sample */
  int32_t share;   /* which has the share of the sample's labels that count; -1: each sample counts as one */
  uint32_t training_only; /* 1: the metric depends on parameters that predict does not read */
} cnn_term;

/* What an optimizer group changes: the parameters with these indices. NaN: as the default. */
typedef struct cnn_parameter_group {
  const uint32_t* parameters;
  uint32_t parameter_count;
  uint32_t reserved;
  double lr_scale, weight_decay;
} cnn_parameter_group;

/* An input of the network that training draws at random in place of data. */
typedef struct cnn_draw {
  uint32_t input;       /* index among the description's inputs, an f32 */
  int32_t distribution; /* enum cnn_initialiser: CNN_INIT_UNIFORM or CNN_INIT_NORMAL */
  double a, b;          /* as of a parameter */
} cnn_draw;

/* Labels that a loss or a metric reads: from 0 to classes - 1, or `ignored`. An input may be in several. */
typedef struct cnn_labels {
  uint32_t input; /* index among forward_backward's inputs, an i32 or a u8 */
  int32_t classes;
  int32_t ignores; /* 1: what has the label `ignored` does not count */
  int32_t ignored;
} cnn_labels;

/* One phase of a train section, with a backward pass of its own that leaves out what the phase does not
 * train. The phases run one after the other. A section without phases is one phase with an empty name.
 *
 * With cnn_training.steps these are the steps of an iteration instead: all of them run on each batch, one
 * after the other, each with an optimizer state of its own. batch, epochs and stop_* are then the first's. */
typedef struct cnn_phase {
  const char* name;

  /* Forward, loss, backward for one batch: fills gradients and results, updates statistics in parameters. */
  int32_t (*forward_backward)(const cnn_run* run);

  /* One optimizer step on `count` consecutive floats (count a multiple of 16, all pointers 64-aligned).
   * states: those of optimizers.def that these hyper-parameters keep, in order.
   * scalars: those of optimizers.def, in order. */
  int32_t (*update)(cnn_worker* worker, float* parameters, const float* gradients, float* const* states,
                    int64_t count, const float* scalars);

  const uint32_t* frozen; /* indices of parameters that others train and this one leaves alone */
  const cnn_parameter_group* groups;
  uint32_t frozen_count, group_count;
  int32_t optimizer; /* enum cnn_optimizer */
  int32_t schedule;  /* enum cnn_schedule */
  cnn_hyper hyper;
  cnn_schedule_arguments schedule_arguments;
  int32_t stop_metric; /* index of the result that has to improve on the validation share */
  uint32_t reserved;
  int64_t batch, epochs;
  int64_t accumulate;  /* batches whose gradients make one optimizer step; 0: 1 */
  int64_t stop_epochs; /* the phase ends after so many epochs without improvement; 0: it does not end early */
} cnn_phase;

typedef struct cnn_training {
  uint32_t size, version;
  const cnn_description* description;
  uint64_t arena_constant_bytes, arena_block_bytes; /* what suffices for every phase */
  uint32_t block;            /* pictures side by side in a vector: the arena counts blocks of so many */
  uint32_t results_count;    /* the losses (one, or one a step) and metric_count */
  uint64_t scratch_bytes;    /* for each worker */
  const cnn_tensor* targets; /* the train section's inputs: passed after the description's inputs */
  const char* meaning;       /* of losses and metrics, as cnn_description.meaning is of predict */
  const cnn_metric* metrics; /* results_count: the loss, or each step's by its name, then each metric */
  uint32_t target_count, metric_count;
  const cnn_phase* phases; /* at least one */
  uint32_t phase_count, augment_count;
  uint64_t seed;
  double validation; /* share of the training data held out; 0: none */
  double ema; /* decay of the weights' moving averages, which are what is evaluated and kept; 0: none */
  const cnn_setting* data;     /* null where the section names none */
  const cnn_augment* augments; /* applied in order */
  const cnn_setting* weights;  /* load(file, into, except): first values from a file; null: none */
  const cnn_draw* draws;
  uint32_t draw_count;
  uint32_t steps;           /* 1: `phases` are the steps of each iteration */
  const cnn_labels* labels; /* what is no class is an error, before anything is computed */
  uint32_t label_count;
  uint32_t term_count;
  /* Losses and metrics without training: inputs as of forward_backward; outputs are the description's, then
   * one f32 per sample each. A metric without a term depends on no sample. */
  int32_t (*evaluate)(const cnn_run* run);
  const cnn_term* terms;
  uint64_t evaluation_constant_bytes, evaluation_block_bytes; /* the arena of evaluate, by blocks as above */
  uint32_t evaluation_output_count;
  uint32_t reserved;
} cnn_training;

#ifdef __cplusplus
}
#endif
#endif
