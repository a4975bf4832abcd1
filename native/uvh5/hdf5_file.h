#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "uvh5/hdf5_handle.h"
#include "uvh5/raw_file.h"

namespace contimg {

using Hdf5Shape = std::vector<hsize_t>;

/// A value of any kind that headers hold.
using Hdf5Scalar = std::variant<bool, double, std::string>;

/// `(200, 1, 4, 2)`, for messages.
std::string to_text(const Hdf5Shape& shape);

/// A dataset that is open, with what libhdf5 says about it.
struct Hdf5Dataset {
  std::string name;
  Hdf5Handle id;
  Hdf5Handle type;   ///< in the file
  Hdf5Handle space;  ///< in the file
  Hdf5Shape shape;
  Hdf5Shape chunk;  ///< empty where the dataset is contiguous
};

/// Half of how many entries a node of a version 1 B-tree or a table of symbols may have.
struct TreeRanks {
  unsigned chunk = 0, group = 0, symbol = 0;
};

/// A file that somebody else wrote, open for reading. Every reading function checks kind and shape before it allocates,
/// and throws Error{UVH5_FORMAT} that names file and dataset, what was expected and what came.
/// Threads: call under hdf5_lock().
class Hdf5File {
 public:
  /// @throws Error{FILE_ACCESS} missing or forbidden; Error{UVH5_FORMAT} not HDF5, empty, truncated
  explicit Hdf5File(const std::string& path);

  const std::string& path() const { return path_; }
  /// The same open file, for reading past libhdf5, from where its addresses count; without a lock.
  const RawFile& raw() const { return raw_; }
  const TreeRanks& ranks() const { return ranks_; }
  /// Whether there is an object of this path, each part of which is a name in its group, not a link to elsewhere.
  bool has(const std::string& name) const;

  /// Opens a dataset whose bytes lie in this file, with filters that FilterPipeline knows, and a chunk cache that holds
  /// all chunks beside one another on the trailing axes. Refuses shapes that the file is too small to fill and chunks
  /// of absurd size.
  Hdf5Dataset dataset(const std::string& name) const;

  /// One number or string: scalar, or an array of one.
  std::int64_t integer(const std::string& name) const;
  double number(const std::string& name) const;
  std::string text(const std::string& name) const;

  /// Names in a group; none where there is no such group.
  std::vector<std::string> names_in(const std::string& group) const;
  /// A dataset of one value: number, string or boolean; nothing where it is of another kind or shape.
  std::optional<Hdf5Scalar> scalar(const std::string& name) const;

  /// Arrays of a known shape, flattened in C order.
  std::vector<std::int64_t> integers(const std::string& name, const Hdf5Shape& shape) const;
  /// Refuses NaN and infinity.
  std::vector<double> finite_numbers(const std::string& name, const Hdf5Shape& shape) const;
  std::vector<std::string> texts(const std::string& name, const Hdf5Shape& shape) const;
  Hdf5Shape shape(const std::string& name) const;

  /// Throws Error{UVH5_FORMAT} for this file.
  [[noreturn]] void refuse(const std::string& message) const;

 private:
  void read_creation_properties();
  bool is_sound_group(const std::string& group) const;
  bool has_in_group(const std::string& group, const std::string& name) const;
  void require_filled(const Hdf5Dataset& dataset, double element_bytes) const;
  void require_sane_chunk(const Hdf5Dataset& dataset, double element_bytes) const;
  Hdf5Dataset of_shape(const std::string& name, const Hdf5Shape& shape) const;
  std::vector<double> read_numbers(const Hdf5Dataset& dataset) const;
  std::vector<std::int64_t> read_integers(const Hdf5Dataset& dataset) const;
  std::vector<std::string> read_texts(const Hdf5Dataset& dataset) const;

  std::string path_;
  Hdf5Handle file_;
  RawFile raw_;
  TreeRanks ranks_;
  mutable std::set<std::string> sound_groups_;
};

}  // namespace contimg
