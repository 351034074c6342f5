/* Training a model step by step, in C. A separate object of the archive: a program that only predicts does
 * not link it.
 *
 *   train_step = forward_backward, clip_gradients, update
 *
 * Where the train section has steps, train_step does this for each of them, on the same batch; by hand,
 * forward_backward is the current step's, and update goes on to the next one.
 *
 * Between the parts the gradients may be changed: accumulated, averaged over machines, noised.
 */
#ifndef CNN_TRAINING_H
#define CNN_TRAINING_H

#include <cnn/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* cnn_hyper (cnn/abi.h) is what a step may change; NaN: as the network's train section says. */

/* All NaN. */
cnn_hyper cnn_hyper_default(void);

/* Attaches the training code and reserves gradients, optimizer state (zero) and the arena for batches of
 * max_batch (0: the train section's largest). The seed keys dropout and the like. Attaching the same table
 * again only reserves. A model whose parameters are shared from another one cannot be trained. */
int32_t cnn_training_attach(cnn_model* model, const cnn_training* training, int64_t max_batch);
const cnn_training* cnn_training_table(const cnn_model* model); /* null: not attached */
int64_t cnn_training_max_batch(const cnn_model* model);

/* Begins a phase of the train section: the gradients and the optimizer's state are zero, its steps count from
 * 0, and forward_backward and update are the phase's. Attaching begins phase 0. With steps: the number of
 * one; all their state is zero. */
int32_t cnn_training_set_phase(cnn_model* model, uint32_t phase);
uint32_t cnn_training_phase(const cnn_model* model);

/* inputs: the description's inputs, then the train section's targets; null for one that the section draws: it
 * is drawn, anew in each iteration. 1 <= batch <= max_batch. results: null, or results_count floats: the
 * loss, or each step's as last computed, then the metrics, means over the batch. */
int32_t cnn_training_forward_backward(cnn_model* model, const void* const* inputs, int64_t batch,
                                      float* results);

/* The gradients, trainable_floats of them laid out like the parameters; zero for what the phase or step
 * leaves alone. */
float* cnn_training_gradients(cnn_model* model);

/* Scales the gradients so that their norm is at most max_norm, by PyTorch's clip_grad_norm_. Gives the norm
 * before in *norm (may be null). The sum's order is fixed. max_norm 0: computes the norm only. */
int32_t cnn_training_clip(cnn_model* model, double max_norm, double* norm);

/* Adds the gradients, times `weight`, to a sum of their own, which the first call reserves. */
int32_t cnn_training_accumulate(cnn_model* model, double weight);
/* The gradients become the sum over the weights that it was made with; the sum begins anew. */
int32_t cnn_training_average_gradients(cnn_model* model);

/* One optimizer step on the gradients. Null hyper: the defaults. */
int32_t cnn_training_update(cnn_model* model, const cnn_hyper* hyper);

/* No allocation and no lock from the second call on. */
int32_t cnn_training_step(cnn_model* model, const void* const* inputs, int64_t batch, const cnn_hyper* hyper,
                          float* results);

/* Losses and metrics as the model predicts, without training: nothing is dropped, batch norm goes by its
 * running statistics, no parameter changes. Training need not be attached, and parameters may be shared.
 * inputs: the description's inputs, all of them, then the train section's targets. outputs:
 * evaluation_output_count, the description's, then one float per sample each, of which cnn_training.terms
 * says how losses and metrics are made. What a larger batch needs is reserved first. */
int32_t cnn_training_evaluate(cnn_model* model, const cnn_training* training, const void* const* inputs,
                              int64_t batch, void* const* outputs);

/* Moving averages of all parameters and statistics: decay average + (1 - decay) parameter. The first call
 * reserves them and copies. */
int32_t cnn_training_ema(cnn_model* model, double decay);
/* Exchanges parameters and averages: predict and save are about the averages until the next call. Nothing
 * happens before the first cnn_training_ema. */
int32_t cnn_training_ema_swap(cnn_model* model);

/* Keeps a copy of all parameters, statistics and averages, such as the best so far, in place of an earlier
 * one. The first call reserves it. */
int32_t cnn_training_keep(cnn_model* model);
/* Parameters, statistics and averages become what was kept last; the optimizer's state stays. */
int32_t cnn_training_restore(cnn_model* model);

/* All that training has beside the parameters: what a checkpoint must keep. */
typedef struct cnn_training_state {
  /* Of the optimizer of the phase, or of the step that is next: trainable_floats each; null beyond what it
   * keeps. */
  float* states[CNN_MAX_STATES];
  uint64_t* seed;
  uint64_t* updates; /* optimizer steps done, by each step of the section where it has some */
  uint64_t*
      iterations;  /* forward_backward calls done, of the last step; with the seed keys every random number */
  float* averages; /* moving averages, laid out like the parameters; null before the first */
  uint64_t* batches_tracked; /* as PyTorch's num_batches_tracked */
  float* kept;               /* what cnn_training_keep has copied of the parameters; null before the first */
  float* kept_averages;      /* and of the averages */
  uint64_t* kept_tracked;    /* and of batches_tracked */
} cnn_training_state;
int32_t cnn_training_get_state(cnn_model* model, cnn_training_state* state);

#ifdef __cplusplus
}
#endif
#endif
