// Training that is killed at any moment goes on from its checkpoint and ends with the same bytes.
#include "deaths.h"
#include "linear_library.h"

#include <cnn/cnn.hpp>

namespace {

cnn::Dataset noise(std::int64_t count) {
  cnn::Dataset data;
  data.source = "noise";
  data.count = count;
  data.columns.push_back({"image", CNN_U8, {1, 4, 4}, {}});
  data.columns.push_back({"label", CNN_U8, {}, {}});
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count) * 16; ++i)
    data.columns[0].bytes.push_back(static_cast<std::uint8_t>(cnn::philox(5, 1, i)[0]));
  for (std::uint64_t i = 0; i < static_cast<std::uint64_t>(count); ++i)
    data.columns[1].bytes.push_back(static_cast<std::uint8_t>(cnn::philox(5, 2, i)[0] % 3));
  return data;
}

// Trains to the end, going on from a checkpoint if there is one, and saves.
bool trainToEnd(const std::string& checkpoint, const std::string& result) {
  linear::Library<> library({CNN_ADAM, false});
  cnn::Model model = cnn::Model::create(library.inference, {.threads = 2}).or_exit();
  cnn::Trainer trainer(
      model, library.training,
      {.epochs = 4, .checkpoint = checkpoint, .checkpoint_steps = 2, .resume = true, .quiet = true});
  trainer.use({noise(90), noise(10)});
  cnn::Status status = trainer.run();
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.message());
  return status.ok() && model.save(result.c_str()).ok();
}

} // namespace

TEST_CASE("killed inside any write, sync or rename, training resumes to the same bytes") {
  dieInEachOf(60, 1, trainToEnd);
}

TEST_CASE("killed again and again at random moments, training still comes to the same bytes") {
  killAtRandom(5, 30000, trainToEnd);
}
