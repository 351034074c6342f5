/* A compiled network at run time: create, load, predict, save. Plain C; needs libc, libm and pthread only.
 *
 * A model has two parts. Its parameters (the f32 masters and what is derived from them) may be shared by
 * several models. The rest (arena, scratch, error message) belongs to one model, which one thread at a time
 * may use; two threads may use two models at the same time, also when these share parameters, as long as
 * nobody writes them.
 *
 * No function crashes on a null pointer: where "null" is not said to be allowed, one that returns a status
 * gives CNN_ERROR_ARGUMENT, the others 0, null or nothing, and do nothing else.
 */
#ifndef CNN_MODEL_H
#define CNN_MODEL_H

#include <cnn/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cnn_model cnn_model;

enum cnn_status {
  CNN_OK = 0,
  CNN_ERROR_ARGUMENT = 1,    /* a call that the documentation rules out: batch 0, a null pointer */
  CNN_ERROR_MEMORY = 2,      /* the allocator gave nothing */
  CNN_ERROR_CPU = 3,         /* the processor lacks instructions that the code needs */
  CNN_ERROR_VERSION = 4,     /* the generated library and this runtime do not fit */
  CNN_ERROR_FILE = 5,        /* open, read, write, rename failed */
  CNN_ERROR_FORMAT = 6,      /* the file is not what it should be: truncated, malformed */
  CNN_ERROR_MISMATCH = 7,    /* a good file for another network */
  CNN_ERROR_STATE = 8,       /* the call needs another one before it: training not attached */
  CNN_ERROR_INTERNAL = 9,    /* generated code failed: a bug of the compiler */
  CNN_ERROR_INTERRUPTED = 10 /* Trainer::interrupt was called */
};

/* Where all memory of a model comes from. `allocate` returns memory aligned to `alignment` (a power of two,
 * at most 2 MiB), or null. Both null: aligned malloc, with huge pages asked for from 4 MiB up. */
typedef struct cnn_allocator {
  void* context;
  void* (*allocate)(void* context, size_t bytes, size_t alignment);
  void (*release)(void* context, void* memory, size_t bytes);
} cnn_allocator;

/* All zero means the defaults. */
typedef struct cnn_options {
  int64_t max_batch; /* the arena is reserved for so many; 0: 1. Larger batches are predicted in slices */
  int32_t threads; /* the caller's among them; 0: CNN_NUM_THREADS, else the cores that the process may use, by
                    * its affinity and its control group's quota */
  int32_t reserved;
  cnn_allocator allocator;
  cnn_model* share; /* use this model's parameters (same network) instead of own ones; null: own */
  /* The caller's own threads instead of the runtime's pool; the cnn_worker that it passes must have at least
   * cnn_model_scratch_bytes() of scratch. Null: the runtime's pool. */
  cnn_parallel_for parallel_for;
  void* pool;
} cnn_options;

/* Creates a model with the weights that are compiled into the library, which stay where they are until
 * something writes to the parameters; without such with parameters that are all zero: load or initialise
 * them next. Null options: the defaults. On an error *model is null and the message (cut to message_bytes)
 * says why; message may be null. */
int32_t cnn_model_create(const cnn_inference* inference, const cnn_options* options, cnn_model** model,
                         char* message, size_t message_bytes);
/* Null is allowed. Shared parameters live until the last model that uses them is destroyed. Destroying the
 * last of all models ends the runtime's threads and waits for them: the code may then be unloaded. */
void cnn_model_destroy(cnn_model* model);

/* Why the last call failed; empty after a call that did not. Valid until the next call on the model. Never
 * null: for a model that is null it says so. */
const char* cnn_model_message(const cnn_model* model);
/* What the last load accepted and what is still likely wrong, a line or more for each thing; empty where
 * there is nothing: weights that are NaN or infinite, that were saved from a network which computes something
 * else, or for other classes. Files that say nothing of it, such as those of PyTorch, are taken as they are.
 * Valid until the next load. */
const char* cnn_model_warning(const cnn_model* model);
const cnn_description* cnn_model_description(const cnn_model* model);
int32_t cnn_model_threads(const cnn_model* model);
int64_t cnn_model_max_batch(const cnn_model* model);
size_t cnn_model_scratch_bytes(const cnn_model* model);

/* Makes room for batches of max_batch; never shrinks. */
int32_t cnn_model_reserve(cnn_model* model, int64_t max_batch);

/* Runs the network on `batch` samples. inputs, outputs: dense row-major, in the description's order, batch
 * first, any alignment that suits the element. No allocation and no lock from the second call on. While
 * this and the functions of cnn/training.h compute, every thread rounds to nearest and takes subnormal
 * numbers as zero; the caller's floating-point mode (MXCSR, FPCR) is as before when they return. */
int32_t cnn_model_predict(cnn_model* model, const void* const* inputs, void* const* outputs, int64_t batch);

/* Fills the parameters by their initialisers. The numbers depend on the seed, on each parameter's stream and
 * on the index in it, and on nothing else. */
int32_t cnn_model_initialise(cnn_model* model, uint64_t seed);

/* safetensors with PyTorch's names and shapes. F32 is read as it is; F16, BF16 and F64 are converted. Names
 * and shapes must be the network's: one message lists all that is missing, unexpected or of another shape,
 * and the parameters stay as they were. Scalars *.num_batches_tracked are accepted, and tensors whose names
 * begin with "cnn." (a checkpoint's training state) are passed over. Parameters that only training reads are
 * not saved; a file may have them, as a checkpoint does, or not, and then they stay as they are. `data` may
 * be null where `bytes` is 0. */
int32_t cnn_model_load(cnn_model* model, const char* path);
int32_t cnn_model_load_memory(cnn_model* model, const void* data, size_t bytes, const char* name);
/* The file is the old one or the new one at any moment, whoever else writes or reads it: it is written beside
 * under a name of its own, synced and renamed. Links are followed, permissions kept. */
int32_t cnn_model_save(cnn_model* model, const char* path);

/* Texts by name that travel with the weights, in the __metadata__ of the files that save and checkpoints
 * write; load takes the file's. Models that share parameters share them. A null text takes a name away. The
 * names format, network, cnnc and parameter_hash are the runtime's own: they can be read after a load, not
 * set. */
int32_t cnn_model_set_metadata(cnn_model* model, const char* name, const char* text);
/* Null where there is none; valid until the next call that sets or loads some. */
const char* cnn_model_metadata(const cnn_model* model, const char* name);
/* The names of the classes, in their order; 0 of them: not known. */
int32_t cnn_model_set_class_names(cnn_model* model, const char* const* names, size_t count);
/* What the network names the class number `index`, else what the weights do, which have it from the folders
 * that they were trained on. Null where neither does. */
const char* cnn_model_class_name(const cnn_model* model, int64_t index);

/* The f32 masters, laid out by cnn_parameter.offset. After writing them call cnn_model_parameters_changed.
 * Weights that are compiled in are copied by the first call; null, with a message, where memory lacks. */
float* cnn_model_parameters(cnn_model* model);
void cnn_model_parameters_changed(cnn_model* model);

#ifdef __cplusplus
}
#endif
#endif
