/* Inference in C: reads weights, predicts a batch of one pattern, prints the outputs. Null pointers are
 * refused. */
#include "small.h"

#include <stdio.h>

static int expect(int32_t status, const char* call) {
  if (status == CNN_ERROR_ARGUMENT) return 0;
  fprintf(stderr, "%s gave %d, expected CNN_ERROR_ARGUMENT\n", call, (int)status);
  return 1;
}

static int null_pointers(cnn_model* model, float* image, float* logits) {
  char message[512];
  return expect(small_create(NULL, NULL, message, sizeof message),
                "small_create without a place for the model") |
         expect(small_predict(NULL, image, logits, 1), "small_predict without a model") |
         expect(small_predict(model, NULL, logits, 1), "small_predict without an image") |
         expect(small_predict(model, image, NULL, 1), "small_predict without logits");
}

int main(int count, char** arguments) {
  char message[512];
  cnn_model* model;
  float image[3 * SMALL_IMAGE_SIZE], logits[3 * SMALL_LOGITS_SIZE];
  if (count != 2) return 2;
  if (small_create(NULL, &model, message, sizeof message)) {
    fprintf(stderr, "%s\n", message);
    return 1;
  }
  if (cnn_model_load(model, arguments[1])) {
    fprintf(stderr, "%s\n", cnn_model_message(model));
    return 1;
  }
  for (int i = 0; i < 3 * SMALL_IMAGE_SIZE; ++i) image[i] = (float)(i % 17) / 8 - 1;
  if (small_predict(model, image, logits, 3)) {
    fprintf(stderr, "%s\n", cnn_model_message(model));
    return 1;
  }
  if (null_pointers(model, image, logits)) return 1;
  for (int i = 0; i < 3 * SMALL_LOGITS_SIZE; ++i) printf("%.9g\n", (double)logits[i]);
  cnn_model_destroy(model);
  return 0;
}
