#include "trainee.h"

#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace {

const char* const noNames[] = {"", "", ""};

} // namespace

TEST_CASE("training learns, and the test metrics agree with those of training") {
  Small library({CNN_ADAM, false});
  library.phase.hyper.lr = 0.01;
  cnn::Model model = makeTrainee(library);
  cnn::Trainer trainer(model, library.training, {.epochs = 20, .quiet = true});
  trainer.use(splits(300));
  float last[2] = {};
  trainer.on_step(
      [&](std::int64_t, double, std::span<const float> results) { std::copy_n(results.begin(), 2, last); });
  REQUIRE(trainer.run().ok());
  auto metrics = trainer.test().or_exit();
  REQUIRE(metrics.size() == 2);
  REQUIRE(metrics[1].name == "top1");
  REQUIRE(metrics[1].value > 0.95);
  REQUIRE(metrics[0].value == Approx(last[0]).margin(0.3));
  REQUIRE_THAT(cnn::format_metrics("test", metrics), Catch::Contains("\ntest accuracy "));
}

TEST_CASE("weights after training are the same bytes for 1 and 2 threads, with a partial last batch") {
  Small library({CNN_ADAMW, false});
  library.phase.hyper.clip_norm = 1;
  const char* const values[] = {"4", "1"};
  const char* const names[] = {"", "padding"};
  const cnn_augment augments[] = {{{"random_hflip", 0, nullptr, nullptr}, nullptr, 0, 0},
                                  {{"random_crop", 2, names, values}, nullptr, 0, 0}};
  library.training.augments = augments;
  library.training.augment_count = 2;
  auto one = train(library, {.epochs = 3}, 1), two = train(library, {.epochs = 3}, 2);
  REQUIRE(std::memcmp(one.data(), two.data(), one.size() * 4) == 0);
  REQUIRE(train(library, {.epochs = 3, .seed = 99}) != one);
  library.training.augment_count = 0;
  REQUIRE(train(library, {.epochs = 3}) != one);
}

TEST_CASE("options replace what the train section says") {
  Small library;
  std::vector<double> rates;
  cnn::Model model = makeTrainee(library);
  cnn::Trainer trainer(model, library.training,
                       {.epochs = 3, .batch = 40, .lr = 0.5, .validation = 0.1, .quiet = true});
  trainer.use(splits());
  trainer.on_step([&](std::int64_t, double lr, std::span<const float>) { rates.push_back(lr); });
  REQUIRE(trainer.run().ok());
  REQUIRE(rates == std::vector<double>(9, 0.5)); // 90 samples in batches of 40
}

TEST_CASE("training that was stopped at any step and resumed ends with the same bytes") {
  Small library({CNN_ADAM, false});
  library.phase.hyper.momentum = 0.9;
  library.phase.schedule = CNN_ONE_CYCLE;
  library.phase.schedule_arguments = cnn::defaultsOf(cnn::scheduleKinds[CNN_ONE_CYCLE]);
  library.phase.schedule_arguments.max_lr = 0.05;
  const cnn_augment augment{{"random_hflip", 0, nullptr, nullptr}, nullptr, 0, 0};
  library.training.augments = &augment;
  library.training.augment_count = 1;
  auto unbroken = train(library, {.epochs = 3});
  TemporaryFolder folder;
  for (std::int64_t stopAt : {0, 3, 6, 7, 13, 20}) {
    std::string path = folder / ("run" + std::to_string(stopAt) + ".safetensors");
    cnn::TrainerOptions options{
        .epochs = 3, .checkpoint = path, .checkpoint_steps = 1, .resume = true, .quiet = true};
    {
      // An error from a step stands for the end of the process: nothing after it is saved.
      cnn::Model model = makeTrainee(library);
      auto forward = library.phase.forward_backward;
      static std::int64_t left;
      left = stopAt;
      library.phase.forward_backward = [](const cnn_run* run) -> int32_t {
        return left-- == 0 ? 1 : linear::Code<4, 3>::forwardBackward(run);
      };
      cnn::Trainer trainer(model, library.training, options);
      trainer.use(splits());
      REQUIRE(!trainer.run().ok());
      library.phase.forward_backward = forward;
    }
    auto resumed = train(library, options);
    INFO("stopped at " << stopAt);
    REQUIRE(std::memcmp(resumed.data(), unbroken.data(), unbroken.size() * 4) == 0);
  }
}

TEST_CASE("a checkpoint is also a weights file, and says what does not fit") {
  Small library({CNN_ADAM, false});
  TemporaryFolder folder;
  std::string path = folder / "run.safetensors";
  auto trained = train(library, {.epochs = 1, .checkpoint = path});
  cnn::Model other = makeTrainee(library);
  REQUIRE(other.load(path.c_str()).ok());
  REQUIRE(parametersOf(other) == trained);

  cnn::TrainerOptions resume{.epochs = 2, .checkpoint = path, .resume = true};
  SECTION("weights alone") {
    REQUIRE(other.save(path.c_str()).ok());
    REQUIRE_THAT(failure(library, splits(), resume), Catch::Contains("not a checkpoint of this version"));
  }
  SECTION("truncated") {
    std::string bytes = readFile(path);
    writeFile(path, bytes.substr(0, bytes.size() - 5));
    REQUIRE_THAT(failure(library, splits(), resume), Catch::Contains("truncated"));
  }
}

TEST_CASE("data that does not fit the network is explained") {
  Small library;
  cnn::DataSplits data = splits();
  SECTION("a label that is no class") {
    data.train.columns[1].bytes[7] = 3;
    REQUIRE_THAT(failure(library, std::move(data)),
                 Catch::Contains("rows: sample 7 has label 3") && Catch::Contains("classes 0 to 2"));
  }
  SECTION("a label beyond 32 bits, by its own number") {
    cnn::Column& label = data.train.columns[1];
    std::vector<std::int64_t> values(label.bytes.begin(), label.bytes.end());
    values[7] = std::int64_t{1} << 33;
    label.element = CNN_I64;
    label.bytes.resize(values.size() * 8);
    std::memcpy(label.bytes.data(), values.data(), label.bytes.size());
    REQUIRE_THAT(failure(library, std::move(data)),
                 Catch::Contains("sample 7 has label 8589934592, but the network has the classes 0 to 2"));
  }
  SECTION("a label that is no class in the test data, before the training") {
    data.test.columns[1].bytes[2] = 9;
    REQUIRE_THAT(failure(library, std::move(data)), Catch::Contains("rows: sample 2 has label 9"));
  }
  SECTION("pictures of another size") {
    data.train.columns[0].shape = {1, 2, 8};
    REQUIRE_THAT(failure(library, std::move(data)),
                 Catch::Contains("expects samples of shape [1, 4, 4], found [1, 2, 8]"));
  }
  SECTION("no column left for the label") {
    data.train.columns.pop_back();
    REQUIRE_THAT(failure(library, std::move(data)),
                 Catch::Contains("no column for the network's input label"));
  }
  SECTION("a column with too few bytes") {
    data.train.columns[0].bytes.pop_back();
    REQUIRE_THAT(failure(library, std::move(data)), Catch::Contains("column image has 1599 bytes"));
  }
  SECTION("labels that are fractions") {
    data.train.columns[1].element = CNN_F32;
    data.train.columns[1].bytes.resize(400);
    REQUIRE_THAT(failure(library, std::move(data)), Catch::Contains("input label is i32, found f32"));
  }
  SECTION("no samples") {
    data.train = rows(0, 1);
    REQUIRE_THAT(failure(library, std::move(data)), Catch::Contains("no samples"));
  }
  SECTION("an unknown augmentation") {
    const cnn_augment augment{{"random_nonsense", 0, nullptr, nullptr}, nullptr, 0, 0};
    library.training.augments = &augment;
    library.training.augment_count = 1;
    REQUIRE_THAT(failure(library, std::move(data)), Catch::Contains("random_nonsense is not known"));
  }
  SECTION("a crop of another size") {
    const char* const values[] = {"7"};
    const cnn_augment augment{{"random_crop", 1, noNames, values}, nullptr, 0, 0};
    library.training.augments = &augment;
    library.training.augment_count = 1;
    REQUIRE_THAT(failure(library, std::move(data)),
                 Catch::Contains("random_crop: expected a picture of at least 7 x 7"));
  }
}

TEST_CASE("progress that is not on a terminal is one line an epoch") {
  Small library;
  cnn::Model model = makeTrainee(library);
  std::FILE* out = std::tmpfile();
  cnn::Trainer trainer(model, library.training, {.epochs = 2, .validation = 0.2, .report = out});
  trainer.use(splits());
  REQUIRE(trainer.run().ok());
  std::rewind(out);
  std::vector<std::string> lines;
  for (char line[512]; std::fgets(line, sizeof(line), out);) lines.push_back(line);
  std::fclose(out);
  REQUIRE(lines.size() == 3);
  REQUIRE_THAT(lines[0], Catch::Contains("training Linear on 80 samples, batch 16, 2 epochs, 1 thread"));
  REQUIRE_THAT(lines[2], Catch::StartsWith("epoch 2/2  ") && Catch::Contains("samples/s  loss ") &&
                             Catch::Contains("  top1 ") && Catch::Contains("validation top1 ") &&
                             Catch::Contains("lr 0.1") && !Catch::Contains("\r"));
}

TEST_CASE("progress on a terminal is redrawn in place, within the line") {
  int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  REQUIRE(terminal >= 0);
  REQUIRE((grantpt(terminal) == 0 && unlockpt(terminal) == 0));
  winsize size{24, 60, 0, 0};
  REQUIRE(ioctl(terminal, TIOCSWINSZ, &size) == 0);
  std::FILE* out = std::fopen(ptsname(terminal), "w");
  REQUIRE(out != nullptr);
  Small library;
  cnn::Model model = makeTrainee(library);
  cnn::Trainer trainer(model, library.training, {.epochs = 1, .report = out});
  trainer.use(splits());
  REQUIRE(trainer.run().ok());
  std::fclose(out); // the reads end when nobody holds the other side
  std::string shown;
  char text[4096];
  for (ssize_t length; (length = read(terminal, text, sizeof(text))) > 0;)
    shown.append(text, static_cast<std::size_t>(length));
  close(terminal);
  REQUIRE_THAT(shown,
               Catch::Contains("\r\033[Kepoch 1/1 [") && Catch::Contains("[########################]"));
  std::size_t start = shown.find("epoch 1/1 ["), end = shown.find('\r', start);
  REQUIRE(end - start <= 59);
}

TEST_CASE("softmax regression on Fashion-MNIST reaches what is known of it") {
  auto data = cnn::fashion_mnist();
  if (!data) {
    WARN(data.message());
    return;
  }
  linear::Library<28, 10> library({CNN_ADAM, false});
  library.phase.hyper.lr = 1e-3;
  library.phase.batch = 64;
  cnn::Model model = cnn::Model::create(library.inference, {.max_batch = 64}).or_exit();
  cnn::Trainer trainer(model, library.training, {.epochs = 2, .quiet = true});
  trainer.use(*std::move(data));
  REQUIRE(trainer.run().ok());
  auto metrics = trainer.test().or_exit();
  REQUIRE(metrics[1].value > 0.80);
}
