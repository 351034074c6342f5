// Data sets in memory, and the readers that make them from files.
#ifndef CNN_DATA_HPP
#define CNN_DATA_HPP

#include <cnn/cxx20.hpp>
#ifdef CNN_CXX20

#include <cnn/image.hpp>
#include <cnn/result.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace cnn {

/// One value a sample: a picture, a label. Kept in the source's element type; pictures are C x H x W.
struct Column {
  std::string name;
  int element = CNN_U8;            // enum cnn_element
  std::vector<std::int64_t> shape; // of one sample
  std::vector<std::uint8_t> bytes; // the samples one after another
  /// Or a picture's file for each sample, which is read whenever the sample is; bytes is empty then, and
  /// height and width, which differ, are 0 in shape.
  std::vector<std::string> files = {};

  bool in_files() const { return !files.empty(); }
  std::int64_t elements() const; // of one sample
  std::size_t sample_bytes() const;
};

/// Columns of one length. `source` names files in messages.
struct Dataset {
  std::string source;
  std::int64_t count = 0;
  std::vector<Column> columns;
  std::vector<std::string> labels;    // class names, where the source has them
  std::string skipped;                // of a folder, the files that are not in it, in words; empty: none
  std::vector<float> mean, deviation; // by channel, of pictures scaled to [0, 1]; empty: leave as they are

  Dataset() = default;
  Dataset(Dataset&&) = default;
  Dataset& operator=(Dataset&&) = default;
};

/// A part that the source lacks has no samples: of test and validation either may be missing, or both.
struct DataSplits {
  Dataset train, test, validation = {};
};

/// IDX (MNIST's format), plain or gzip. 8-bit pictures get the column `image` of shape [1, H, W].
Result<Dataset> read_idx(const std::string& images_path, const std::string& labels_path);
/// CIFAR-10's and CIFAR-100's binary files, one after another; label_bytes 1 or 2 (coarse, fine: fine is
/// used).
Result<Dataset> read_cifar(const std::vector<std::string>& paths, int classes, int label_bytes);
/// A folder with one folder per class, classes in the order of their names. Their PNG, JPEG and WebP files
/// are read, those in folders within them as well, but no hidden ones. Pictures are scaled so that the
/// shorter side fits and cut at the centre to channels x height x width.
Result<Dataset> read_image_folder(const std::string& path, int channels, int height, int width);
/// The same without reading any picture: of whatever size they stay in their files.
Result<Dataset> list_image_folder(const std::string& path, int channels);
/// One .npy file: a column whose first dimension counts samples. f4, i4, i8, u1, little-endian, C order.
Result<Column> read_npy(const std::string& path, std::int64_t& count);

/// Writes a column of `count` samples as one .npy file.
Status write_npy(const std::string& path, const Column& column, std::int64_t count);

/// The named sets look in `folder` (may be empty), then in $CNN_DATA, then where packages put them.
Result<DataSplits> fashion_mnist(const std::string& folder = "");
Result<DataSplits> mnist(const std::string& folder = "");
Result<DataSplits> cifar10(const std::string& folder = "");
Result<DataSplits> cifar100(const std::string& folder = "");

/// The data setting of a train section. `picture` (may be null) is the network's input that a folder of
/// pictures must fit, unless they are `of_any_size`: then they stay in their files, for preprocess. A folder
/// given by the user replaces the setting's.
Result<DataSplits> load_data(const cnn_setting& setting, const std::string& folder, const cnn_tensor* picture,
                             bool of_any_size = false);
/// The same for a network's first picture input, with its preprocess.
Result<DataSplits> load_data(const cnn_setting& setting, const std::string& folder,
                             const cnn_description& network);

/// A picture of any size as the network's input number `input` takes it: by its preprocess, or, where it has
/// none, as fit_image does.
Result<Image> preprocess_image(const cnn_description& network, std::uint32_t input, Image image);

/// Mean and standard deviation by channel that a data setting names (both empty: none), without reading the
/// data.
struct Normalisation {
  std::vector<float> mean, deviation;
};
Result<Normalisation> data_normalisation(const cnn_setting& setting);

/// The class names of a well-known set, by a data setting's name; empty for others.
std::vector<std::string> known_labels(const std::string& name);

} // namespace cnn
#endif
#endif
