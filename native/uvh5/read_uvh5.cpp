#include "uvh5/read_uvh5.h"

#include <algorithm>
#include <array>

#include "core/error.h"

namespace contimg {
namespace {

constexpr std::size_t kBlockBytes = 64 << 20;  // between two checkpoints

/// `count` items from `first` of `available`, or all that follow.
std::size_t resolve(const char* what, std::size_t first, std::optional<std::size_t> count, std::size_t available,
                    const std::string& path) {
  const bool fits = first < available && (!count || (*count > 0 && *count <= available - first));
  if (!fits)
    throw Error(code::kInvalidArgument, "Expected " + std::string(what) + " within the " + std::to_string(available) +
                                            " of " + path + " but received " +
                                            (count ? std::to_string(*count) + " from " : "those from ") +
                                            std::to_string(first));
  return count.value_or(available - first);
}

Uvh5Selection resolve(const Uvh5Part& part, const Uvh5Reader& reader) {
  const std::string& path = reader.file().path();
  Uvh5Selection selection = reader.everything();
  selection.first_row = part.first_row;
  selection.n_rows = resolve("rows", part.first_row, part.n_rows, reader.n_rows(), path);
  selection.first_channel = part.first_channel;
  selection.n_channels = resolve("channels", part.first_channel, part.n_channels, reader.n_channels(), path);
  if (part.polarizations) selection.polarizations = *part.polarizations;
  for (std::size_t index : selection.polarizations) resolve("a polarization index", index, 1, reader.n_pols(), path);
  return selection;
}

template <typename T>
NdView<T, 3> rows(NdArray<T, 3>& array, std::size_t first, std::size_t count) {
  return {&array(first, 0, 0), {count, array.shape(1), array.shape(2)}};
}

template <typename T>
Uvh5Data read(const Uvh5Reader& reader, const Uvh5Selection& selection, const JobContext& context) {
  const std::array<std::size_t, 3> shape{selection.n_rows, selection.n_channels, selection.polarizations.size()};
  auto visibilities = NdArray<std::complex<T>, 3>::uninitialized(shape);
  Uvh5Data data{{}, NdArray<std::uint8_t, 3>::uninitialized(shape), NdArray<float, 3>::uninitialized(shape)};
  const std::size_t per_block = reader.rows_per_block(kBlockBytes);
  for (std::size_t row = 0; row < selection.n_rows; row += per_block) {
    context.checkpoint(static_cast<double>(row) / static_cast<double>(selection.n_rows));
    Uvh5Selection block = selection;
    block.first_row += row;
    block.n_rows = std::min(per_block, selection.n_rows - row);
    reader.read_visibilities<T>(block, rows(visibilities, row, block.n_rows));
    reader.read_flags(block, rows(data.flags, row, block.n_rows));
    reader.read_nsamples(block, rows(data.nsamples, row, block.n_rows));
  }
  data.visibilities = std::move(visibilities);
  return data;
}

}  // namespace

Uvh5Data read_uvh5(const std::string& path, const Uvh5Part& part, const JobContext& context) {
  const Uvh5Reader reader(path);
  const Uvh5Selection selection = resolve(part, reader);
  if (selection.polarizations.empty()) throw Error(code::kInvalidArgument, "Expected at least one polarization index");
  switch (reader.visibility_type()) {
    case VisibilityType::kComplex64:
      return read<float>(reader, selection, context);
    case VisibilityType::kComplex128:
      return read<double>(reader, selection, context);
    case VisibilityType::kInt32:
      return read<std::int32_t>(reader, selection, context);
  }
  throw Error(code::kInternal, "Unknown type of visibilities");
}

}  // namespace contimg
