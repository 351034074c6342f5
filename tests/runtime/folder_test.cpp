// What of a folder is in a data set, what is not and is said, and which parts a data set has.
#include "array_files.h"
#include "picture_files.h"
#include "trainee.h"

#include <sys/resource.h>
#include <sys/stat.h>

namespace {

namespace fs = std::filesystem;

struct Pictures : TemporaryFolder {
  void add(const std::string& name) {
    fs::create_directories((path / name).parent_path());
    const std::string file = (path / name).string();
    PixelBytes pixels(4 * 4 * 3, static_cast<std::uint8_t>(name.size()));
    if (name.ends_with("webp"))
      writeWebp(file, 4, 4, pixels);
    else if (name.ends_with("png") || name.ends_with("PNG"))
      writePng(file, 4, 4, pixels);
    else
      writeJpeg(file, 4, 4, pixels);
  }
  cnn::Result<cnn::DataSplits> load(const char* source = "folder") const {
    const std::string whole = path.string();
    const char *names[] = {""}, *values[] = {whole.c_str()};
    return cnn::load_data({source, 1, names, values}, "", &photo);
  }
  cnn_tensor photo{"photo", CNN_U8, 4, {-1, 3, 4, 4}};
};

std::string npyFailure(const std::string& bytes) {
  TemporaryFolder folder;
  writeFile(folder / "a.npy", bytes);
  std::int64_t count = 0;
  auto column = cnn::read_npy(folder / "a.npy", count);
  REQUIRE(!column);
  return column.message();
}

} // namespace

TEST_CASE("a class has the pictures of all formats and of the folders within it, and the rest is said") {
  Pictures folder;
  for (const char* name : {"train/cat/a.webp", "train/cat/b.JPEG", "train/dog/x.PNG",
                           "train/dog/puppy/small/y.jpg", "train/cat/.hidden.png", "train/dog/.cache/z.png"})
    folder.add(name);
  for (const char* name :
       {"train/cat/a.gif", "train/dog/b.gif", "train/dog/notes.TXT", "train/dog/README", "train/list.csv"})
    writeFile(folder / name, "x");
  // Links are followed, and each folder is read once.
  fs::create_directory_symlink(folder / "train/dog", folder / "train/dog/puppy/back");
  cnn::DataSplits data = folder.load().or_exit();
  CHECK(data.train.count == 4);
  CHECK(data.train.labels == std::vector<std::string>{"cat", "dog"});
  CHECK(data.train.skipped ==
        folder / "train: skipped 7 files: 1 .csv, 2 .gif, 1 .txt, 2 hidden, 1 without an ending");
  CHECK((data.test.count == 0 && data.validation.count == 0));
  CHECK(cnn::list_image_folder(folder / "train", 3).or_exit().columns[0].files ==
        std::vector<std::string>{folder / "train/cat/a.webp", folder / "train/cat/b.JPEG",
                                 folder / "train/dog/puppy/small/y.jpg", folder / "train/dog/x.PNG"});

  fs::create_directories(folder / "train/emu");
  writeFile(folder / "train/emu/a.heic", "x");
  CHECK_THAT(folder.load().message(), Catch::Contains("emu: expected PNG, JPEG or WebP files, found none") &&
                                          Catch::Contains("skipped 1 file: 1 .heic"));
}

TEST_CASE("a pipe among the pictures is an error that names it, and is not waited for") {
  Pictures folder;
  folder.add("train/cat/a.png");
  REQUIRE(mkfifo((folder / "train/cat/b.png").c_str(), 0600) == 0);
  CHECK(std::string(folder.load().message()) == folder / "train/cat/b.png: not a file: it is a named pipe");
  Small library;
  cnn::Model model = makeTrainee(library);
  REQUIRE(mkfifo((folder / "w.safetensors").c_str(), 0600) == 0);
  CHECK(std::string(model.load((folder / "w.safetensors").c_str()).message()) ==
        folder / "w.safetensors: not a file: it is a named pipe");
  std::int64_t count = 0;
  REQUIRE(mkfifo((folder / "train_x.npy").c_str(), 0600) == 0);
  CHECK(std::string(cnn::read_npy(folder / "train_x.npy", count).message()) ==
        folder / "train_x.npy: not a file: it is a named pipe");
}

TEST_CASE("of test and validation folders either may be missing, and train may not") {
  for (const char* name : {"val", "valid", "validation"}) {
    Pictures folder;
    folder.add("train/cat/a.png");
    folder.add(std::string(name) + "/cat/b.png");
    folder.add(std::string(name) + "/cat/c.png");
    cnn::DataSplits data = folder.load().or_exit();
    CHECK((data.train.count == 1 && data.test.count == 0 && data.validation.count == 2));
    folder.add("test/cat/d.png");
    CHECK(folder.load().or_exit().test.count == 1);
    folder.add(std::string(name) + "/dog/e.png");
    CHECK_THAT(folder.load().message(), Catch::Contains("different class folders: dog"));
  }
  Pictures folder;
  folder.add("cat/a.png");
  folder.add("dog/a.png");
  CHECK_THAT(folder.load().message(),
             Catch::Contains("expected a folder train, and beside it test or val; found cat, dog"));
  folder.add("train/cat/a.png");
  folder.add("val/cat/a.png");
  folder.add("valid/cat/a.png");
  CHECK_THAT(folder.load().message(),
             Catch::Contains("expected one folder for validation, found val and valid"));
}

TEST_CASE("arrays have parts by their names as well") {
  Pictures folder;
  const std::string two = npyOf("'<f4'", "(2, 1)", std::string(8, '\0'));
  writeFile(folder / "test_x.npy", two);
  CHECK_THAT(folder.load("npy").message(), Catch::Contains("no train_*.npy"));
  writeFile(folder / "train_x.npy", two);
  writeFile(folder / "val_x.npy", two);
  cnn::DataSplits data = folder.load("npy").or_exit();
  CHECK((data.train.count == 2 && data.test.count == 2 && data.validation.count == 2));
  fs::remove(folder / "test_x.npy");
  CHECK(folder.load("npy").or_exit().test.count == 0);
}

TEST_CASE("data with a part for validation is measured on it, and tested on it where there is no other") {
  Small library;
  auto run = [&](cnn::TrainerOptions options, bool withTest) {
    cnn::Model model = makeTrainee(library);
    std::FILE* report = std::tmpfile();
    options.epochs = 1;
    options.report = report;
    cnn::Trainer trainer(model, library.training, options);
    cnn::DataSplits data = splits();
    data.validation = rows(30, 9);
    data.validation.source = "held";
    data.train.labels = {"upper", "lower"};
    data.train.skipped = "rows: skipped 1 file: 1 .gif";
    if (!withTest) data.test = {};
    trainer.use(std::move(data));
    cnn::Status ran = trainer.run();
    std::string text(static_cast<std::size_t>(std::ftell(report)), '\0');
    std::rewind(report);
    REQUIRE(std::fread(text.data(), 1, text.size(), report) == text.size());
    std::fclose(report);
    return ran.ok() ? text + trainer.tested_split().or_exit() : std::string(ran.message());
  };
  std::string both = run({}, true), alone = run({}, false);
  CHECK_THAT(both, Catch::Contains("training Linear on 100 samples") && Catch::Contains("validation top1") &&
                       Catch::Contains("rows: skipped 1 file: 1 .gif") &&
                       Catch::Contains("the data has 2 classes, logits has 3") && Catch::EndsWith("\ntest"));
  CHECK_THAT(alone, Catch::EndsWith("\nvalidation"));
  CHECK_THAT(run({.validation = 0.1}, true),
             Catch::Contains("validation is 0.1, but the data has a part for it, held"));
  library.training.validation = 0.5;
  CHECK_THAT(run({}, true),
             Catch::Contains("training Linear on 100 samples") &&
                 Catch::Contains("validation = 0.5 holds nothing out: the data has a part for it, held"));
  library.training.validation = 0;

  cnn::Model model = makeTrainee(library);
  cnn::Trainer trainer(model, library.training, {.epochs = 1, .quiet = true});
  cnn::DataSplits data = splits();
  data.test = {};
  trainer.use(std::move(data));
  REQUIRE(trainer.run().ok());
  CHECK(trainer.tested_split().or_exit() == nullptr);
  CHECK_THAT(trainer.test().message(), Catch::Contains("no test data"));
}

TEST_CASE("an array of another type or none at all is refused with what to do") {
  CHECK_THAT(
      npyFailure(npyOf("'<f8'", "(3,)", "")),
      Catch::Contains("found '<f8' (float64): save it by numpy.save(path, array.astype(numpy.float32))"));
  CHECK_THAT(npyFailure(npyOf("'>f4'", "(3,)", "")), Catch::Contains("(float32, big-endian)"));
  CHECK_THAT(npyFailure(npyOf("'<u2'", "(3,)", "")),
             Catch::Contains("(uint16)") && Catch::Contains("numpy.int64"));
  CHECK_THAT(npyFailure(npyOf("'|b1'", "(3,)", "")),
             Catch::Contains("(bool)") && Catch::Contains("numpy.uint8"));
  CHECK_THAT(npyFailure(npyOf("'|O'", "(3,)", "")), Catch::EndsWith("found '|O'"));
  CHECK_THAT(npyFailure(npyOf("'<f4'", "(3,)", "", "True")),
             Catch::Contains("numpy.ascontiguousarray(array)"));
  CHECK_THAT(npyFailure(npyOf("'<f4'", "(0,)", "")), Catch::Contains("an empty array, of shape (0,)"));
  CHECK_THAT(npyFailure(npyOf("'<f4'", "(2, 0, 3)", "")),
             Catch::Contains("an empty array, of shape (2, 0, 3)"));
  CHECK_THAT(npyFailure("PK\3\4 and so on"), Catch::Contains("a zip archive, as numpy.savez writes"));
}

TEST_CASE("a label is named as it is in the file, however large") {
  Small library;
  cnn::DataSplits data = splits(3);
  std::int64_t labels[] = {0, std::int64_t{1} << 33, 2};
  auto* bytes = reinterpret_cast<std::uint8_t*>(labels);
  data.train.columns[1] = {"label", CNN_I64, {}, {bytes, bytes + sizeof(labels)}};
  CHECK_THAT(failure(library, std::move(data)), Catch::Contains("sample 1 has label 8589934592, but"));
}

TEST_CASE("weights in the format of others are named, with what to do") {
  Small library;
  cnn::Model model = makeTrainee(library);
  TemporaryFolder folder;
  auto messageOf = [&](const std::string& bytes) {
    writeFile(folder / "net.pth", bytes);
    cnn::Status loaded = model.load((folder / "net.pth").c_str());
    REQUIRE(!loaded);
    REQUIRE_THAT(loaded.message(),
                 Catch::StartsWith(folder / "net.pth: expected a safetensors file, found "));
    return std::string(loaded.message());
  };
  const std::string rest(60, '\x7f');
  CHECK_THAT(messageOf("PK\3\4" + std::string(22, 'x') + "zzzzarchive/data.pkl" + rest),
             Catch::Contains("PyTorch's own format") && Catch::Contains("safetensors.torch.save_file"));
  CHECK_THAT(messageOf("\x80\x02\x8a\x0a" + rest), Catch::Contains("PyTorch's own format"));
  CHECK_THAT(messageOf("PK\3\4" + std::string(22, 'x') + "a.npy" + rest),
             Catch::Contains("an archive of NumPy's arrays"));
  CHECK_THAT(messageOf("\x89HDF\r\n\x1a\n" + rest), Catch::Contains("HDF5"));
  CHECK_THAT(messageOf("version https://git-lfs.github.com/spec/v1\n" + rest),
             Catch::Contains("git lfs pull"));
  CHECK_THAT(messageOf("<!DOCTYPE html>" + rest), Catch::Contains("an HTML page"));
  CHECK_THAT(messageOf("\x08\x08\x12\x07pytorch" + rest), Catch::Contains("cnnc import"));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // which reserve address space themselves
TEST_CASE("memory that lacks for a data file is an error with the file and its bytes") {
  TemporaryFolder folder;
  constexpr std::uint32_t count = 400'000'000 / 784;
  auto bigEndian = [](std::uint32_t value) {
    std::string text = littleEndian(value);
    return std::string(text.rbegin(), text.rend());
  };
  writeFile(folder / "images",
            std::string("\0\0\10\3", 4) + bigEndian(count) + bigEndian(28) + bigEndian(28));
  fs::resize_file(folder / "images", 16 + std::uintmax_t{count} * 784); // a hole
  writeFile(folder / "labels", "");
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_AS, &before) == 0);
  rlimit less = before;
  less.rlim_cur = pages * 4096 + (std::uint64_t{100} << 20);
  REQUIRE(setrlimit(RLIMIT_AS, &less) == 0);
  auto read = cnn::read_idx(folder / "images", folder / "labels");
  REQUIRE(setrlimit(RLIMIT_AS, &before) == 0);
  REQUIRE(!read);
  CHECK(read.code() == CNN_ERROR_MEMORY);
  CHECK(std::string(read.message()) == folder / "images: no memory for the " +
                                           std::to_string(std::uint64_t{count} * 784) +
                                           " bytes of its pictures");
}
#endif
