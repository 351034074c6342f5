// Weights that fit in names and shapes, of another network: loading says so.
#include "trainee.h"

#include "../../runtime/model/meaning.h"

namespace {

std::string differences(const char* there, const char* here, std::size_t expected) {
  cnn::Text text;
  REQUIRE(cnn::compareMeanings(there, here, text) == expected);
  return text.c_str();
}

constexpr char relu[] = "argument act = relu\nargument classes = 10\npreprocess = none\n"
                        "- conv1\tconv padding=[1,1] stride=[1,1]\t$0 @conv1.weight\n- relu1\trelu\t-1\n";

} // namespace

TEST_CASE("meanings differ in operators, their attributes, what they are applied to, and pictures' way in") {
  REQUIRE(differences(relu, relu, 0).empty());
  REQUIRE(differences(relu,
                      "argument act = tanh\nargument classes = 10\npreprocess = none\n"
                      "- conv1\tconv padding=[1,1] stride=[1,1]\t$0 @conv1.weight\n- tanh1\ttanh\t-1\n",
                      1) == "\n  act: relu there, tanh here\n  tanh1: relu there, tanh here");
  REQUIRE(differences(relu,
                      "argument act = relu\nargument classes = 10\npreprocess = resize(64)\n"
                      "- conv1\tconv padding=[1,1] stride=[2,1]\t$0 @conv1.weight\n- relu1\trelu\t$0\n",
                      3) ==
          "\n  preprocess: none there, resize(64) here\n  conv1: stride=[1,1] there, stride=[2,1] here"
          "\n  and 1 more operator");
  REQUIRE(differences("- a\tadd\t-1 -2\n", "- a\tadd\t-2 -1\n", 1) == "\n  a: of other values there");
  REQUIRE(differences("- a\trelu\t$0\n", "- a\trelu\t$0\n- b\trelu\t-1\n", 1) ==
          "\n  1 operators there, 2 here");
  REQUIRE(differences("- a\tconv\t$0\n", "- a\tconv bias=true\t$0\n", 1) ==
          "\n  a: nothing there, bias=true here");
}

TEST_CASE("names, arguments without effect and settings that one side lacks mean nothing") {
  REQUIRE(differences(relu,
                      "argument act = tanh\npreprocess = none\npixels = mean 0.5, std 0.5\n"
                      "- stem\tconv padding=[1,1] stride=[1,1]\t$0 @conv1.weight\n- \trelu\t-1\n",
                      0)
              .empty());
  REQUIRE(differences("", "", 0).empty());
}

TEST_CASE("loading weights of another network warns, and of one that says nothing does not") {
  TemporaryFolder folder;
  std::string path = folder / "weights.safetensors";
  Small library;
  library.description.meaning = "- relu1\trelu\t$0\n";
  {
    cnn::Model model = makeTrainee(library);
    model.initialise(1).or_exit();
    model.save(path.c_str()).or_exit();
    model.load(path.c_str()).or_exit();
    REQUIRE(std::string(model.warning()).empty());
    REQUIRE(std::string(model.metadata("meaning")) == "- relu1\trelu\t$0\n");
  }
  library.description.meaning = "- tanh1\ttanh\t$0\n";
  cnn::Model model = makeTrainee(library);
  model.load(path.c_str()).or_exit();
  REQUIRE(
      std::string(model.warning()) ==
      path +
          ": the weights fit Linear in names and shapes, but are of a network that computes something else:"
          "\n  tanh1: relu there, tanh here\n");
  model.save(path.c_str()).or_exit(); // with the meaning of the network that holds them now
  model.load(path.c_str()).or_exit();
  REQUIRE(std::string(model.warning()).empty());
  library.description.meaning = nullptr;
  cnn::Model silent = makeTrainee(library);
  silent.load(path.c_str()).or_exit();
  REQUIRE(std::string(silent.warning()).empty());
  silent.save(path.c_str()).or_exit();
  REQUIRE(silent.metadata("meaning") != nullptr); // of the file that was loaded
  library.description.meaning = "- relu1\trelu\t$0\n";
  model.load(path.c_str()).or_exit();
  REQUIRE(std::string(model.warning()).empty()); // the file says nothing
}

TEST_CASE("loading weights of other classes warns") {
  TemporaryFolder folder;
  std::string path = folder / "weights.safetensors";
  Small library;
  {
    cnn::Model model = makeTrainee(library);
    const char* const names[] = {"cat", "dog", "emu"};
    model.set_class_names(names).or_exit();
    model.save(path.c_str()).or_exit();
  }
  const char* const labels[] = {"cat", "fox", "emu"};
  library.description.labels = labels;
  library.description.label_count = 3;
  cnn::Model model = makeTrainee(library);
  model.load(path.c_str()).or_exit();
  REQUIRE_THAT(model.warning(),
               Catch::Contains("of other classes than Linear: number 1 is 'dog' there, 'fox' here"));
}
