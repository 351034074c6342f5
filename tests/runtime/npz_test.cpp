// NumPy's archives of arrays as data: their names, their pictures, and what is wrong with them.
#include "array_files.h"

#include <cnn/data.hpp>

namespace {

const std::string pictures = npyOf("'|u1'", "(2, 2, 2, 3)", "abcdefghijklmnopqrstuvwx");
const std::string twoLabels = npyOf("'<i8'", "(2,)", std::string("\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0", 16));
const std::string oneLabel = npyOf("'|u1'", "(1,)", "\3");
const std::string onePicture = npyOf("'|u1'", "(1, 2, 2, 3)", "ABCDEFGHIJKL");

cnn::Result<cnn::DataSplits> load(const std::string& bytes, const char* images = nullptr,
                                  const char* labels = nullptr) {
  TemporaryFolder folder;
  const std::string path = folder / "data.npz";
  writeFile(path, bytes);
  const cnn_tensor picture{"photo", CNN_F32, 4, {-1, 3, 2, 2}};
  std::vector<const char*> names{""}, values{path.c_str()};
  for (auto [name, value] : {std::pair("images", images), std::pair("labels", labels)})
    if (value) {
      names.push_back(name);
      values.push_back(value);
    }
  return cnn::load_data({"npz", static_cast<std::uint32_t>(names.size()), names.data(), values.data()}, "",
                        &picture);
}

std::string failure(const std::string& bytes, const char* images = nullptr, const char* labels = nullptr) {
  auto read = load(bytes, images, labels);
  REQUIRE(!read);
  CHECK_THAT(read.message(), Catch::Contains("data.npz: "));
  return read.message();
}

std::string textOf(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

} // namespace

TEST_CASE("an archive's arrays are parts of a data set by their names, stored or deflated") {
  for (bool deflated : {false, true}) {
    cnn::DataSplits data = load(zipOf({{"train_images.npy", pictures, deflated},
                                       {"train_labels.npy", twoLabels, deflated},
                                       {"labels_val.npy", oneLabel, deflated},
                                       {"images_val.npy", onePicture, deflated},
                                       {"about.txt", "nothing to read"}}))
                               .or_exit();
    CHECK((data.train.count == 2 && data.test.count == 0 && data.validation.count == 1));
    REQUIRE(data.train.columns.size() == 2);
    CHECK(data.train.columns[0].name == "image");
    CHECK(data.train.columns[1].name == "label");
    CHECK(data.train.columns[1].element == CNN_I64);
    CHECK(data.train.columns[1].shape.empty());
    // Pixels are side by side in the file, channels in the data set.
    CHECK(data.train.columns[0].shape == std::vector<std::int64_t>{3, 2, 2});
    CHECK(textOf(data.train.columns[0].bytes) == "adgjbehkcfilmpsvnqtworux");
    CHECK(textOf(data.validation.columns[0].bytes) == "ADGJBEHKCFIL");
  }
}

TEST_CASE("an archive's arrays may have other names, and labels may be missing") {
  const std::string planes = npyOf("'<f4'", "(1, 3, 2, 2)", std::string(48, '\0'));
  cnn::DataSplits data =
      load(zipOf({{"x_train.npy", pictures}, {"y_train.npy", twoLabels}}), "x", "y").or_exit();
  CHECK((data.train.count == 2 && data.train.columns.size() == 2));
  data = load(zipOf({{"images.npy", planes}}, "a comment at the end")).or_exit();
  CHECK((data.train.count == 1 && data.train.columns.size() == 1));
  CHECK(data.train.columns[0].shape == std::vector<std::int64_t>{3, 2, 2});
  CHECK_THAT(failure(zipOf({{"images.npy", planes}}), nullptr, "classes"),
             Catch::EndsWith("expected an array classes, train_classes or classes_train, found images"));
  CHECK_THAT(failure(zipOf({{"x.npy", planes}, {"y.npy", oneLabel}})),
             Catch::EndsWith("expected an array images, train_images or images_train, found x, y"));
  CHECK_THAT(failure(zipOf({{"images.npy", planes}, {"test_labels.npy", oneLabel}})),
             Catch::EndsWith("expected an array test_images or images_test, found images, test_labels"));
  CHECK_THAT(failure(zipOf({})), Catch::EndsWith("found none"));
  CHECK_THAT(failure(zipOf({{"images.npy", planes}, {"labels.npy", twoLabels}})),
             Catch::EndsWith("labels.npy has 2 samples, but images.npy has 1"));
}

TEST_CASE("a damaged archive is refused with what is wrong") {
  CHECK_THAT(failure(""), Catch::Contains("not an .npz file: the directory of a zip archive is missing"));
  CHECK_THAT(failure(pictures), Catch::Contains("the directory of a zip archive is missing"));
  auto one = [](ZipEntry entry) {
    entry.name = "images.npy";
    return zipOf({entry});
  };
  CHECK_THAT(failure(one({"", pictures, false, 1})), Catch::Contains("images.npy: encrypted"));
  CHECK_THAT(failure(one({"", pictures, false, 0, 14})), Catch::Contains("method 14 of zip"));
  CHECK_THAT(failure(one({"", pictures, false, 0, -1, 7})), Catch::Contains("another sum"));
  CHECK_THAT(failure(one({"", pictures, true, 0, -1, 7})), Catch::Contains("another sum"));
  CHECK_THAT(failure(one({"", pictures, false, 0, -1, -1, 9})), Catch::Contains("with two sizes"));
  CHECK_THAT(failure(one({"", pictures, true, 0, -1, -1, 90})),
             Catch::Contains("bytes of the values are missing"));
  CHECK_THAT(failure(one({"", pictures, true, 0, -1, -1, 0xffffffff})), Catch::Contains("more than 4 GB"));
  CHECK_THAT(failure(one({"", pictures + "x"})), Catch::Contains("oversized"));
  CHECK_THAT(failure(one({"", "no array"})), Catch::Contains("not an .npy file"));
  CHECK_THAT(failure(one({"", npyOf("'<f8'", "(1,)", "12345678")})), Catch::Contains("float64"));
  // It promises far more than is there, and no memory is asked for that.
  CHECK_THAT(failure(one({"", npyOf("'<f4'", "(1000000000,)", "1234"), true, 0, -1, -1, 0xfffffff0})),
             Catch::Contains("it cannot be unpacked"));
  const std::string whole = one({"", pictures, true});
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) failure(whole.substr(0, bytes));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    auto read = load(changed); // an error, or what is not read was changed
    CHECK((read.ok() || *read.message()));
  }
}
