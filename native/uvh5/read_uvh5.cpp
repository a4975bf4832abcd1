#include "uvh5/read_uvh5.h"

#include <array>
#include <utility>

#include "core/error.h"

namespace contimg {
namespace {

Uvh5Selection resolve(const Uvh5Part& part, const Uvh5Reader& reader) {
  const std::string& path = reader.file().path();
  Uvh5Selection selection = reader.everything();
  {
    const auto lock = hdf5_lock();
    selection.rows = choose_rows(reader.file(), reader.n_rows(), part.rows);
  }
  selection.first_channel = part.first_channel;
  selection.n_channels = resolve_count("channels", part.first_channel, part.n_channels, reader.n_channels(), path);
  if (part.polarizations) selection.polarizations = *part.polarizations;
  if (selection.polarizations.empty()) throw Error(code::kInvalidArgument, "Expected at least one polarization index");
  for (std::size_t index : selection.polarizations)
    resolve_count("a polarization index", index, 1, reader.n_pols(), path);
  return selection;
}

template <typename T>
Uvh5Data read(const Uvh5Reader& reader, const Uvh5Selection& selection, unsigned threads, const JobContext& context) {
  const std::array<std::size_t, 3> shape{selection.n_rows(), selection.n_channels, selection.polarizations.size()};
  auto visibilities = NdArray<std::complex<T>, 3>::uninitialized(shape);
  Uvh5Data data{{}, NdArray<std::uint8_t, 3>::uninitialized(shape), NdArray<float, 3>::uninitialized(shape), {}};
  reader.read<T>(selection, {visibilities.view(), data.flags.view(), data.nsamples.view()}, threads, context);
  data.visibilities = std::move(visibilities);
  data.rows = NdArray<std::uint32_t, 1>::uninitialized({shape[0]});
  std::uint32_t* to = data.rows.data();
  for (const RowRange& range : selection.rows)
    for (std::size_t k = 0; k < range.count; ++k) *to++ = static_cast<std::uint32_t>(range.first + k);
  return data;
}

}  // namespace

Uvh5Data read_uvh5(const std::string& path, const Uvh5Part& part, unsigned threads, const JobContext& context) {
  const Uvh5Reader reader(path);
  const Uvh5Selection selection = resolve(part, reader);
  switch (reader.visibility_type()) {
    case VisibilityType::kComplex64:
      return read<float>(reader, selection, threads, context);
    case VisibilityType::kComplex128:
      return read<double>(reader, selection, threads, context);
    case VisibilityType::kInt32:
      return read<std::int32_t>(reader, selection, threads, context);
  }
  throw Error(code::kInternal, "Unknown type of visibilities");
}

}  // namespace contimg
