#include "uvh5/group_source.h"

#include <algorithm>
#include <array>
#include <complex>
#include <future>
#include <memory>
#include <utility>

#include "core/error.h"
#include "core/normalize.h"
#include "core/parallel.h"
#include "uvh5/group_check.h"
#include "uvh5/group_observation.h"
#include "uvh5/subband_layout.h"

namespace contimg {
namespace {

constexpr std::size_t kMaxSubbands = 16;
constexpr std::size_t kBlockBytes = 32 << 20;  // of visibilities in one block

void require_enough(std::size_t n_files, std::size_t min_subbands) {
  if (n_files == 0 || n_files > kMaxSubbands)
    throw Error(code::kInvalidArgument,
                "Expected 1 to 16 subband files of one group but received " + std::to_string(n_files));
  if (n_files < min_subbands)
    throw Error(code::kIncompleteGroup, "Expected at least " + std::to_string(min_subbands) +
                                            " subbands but the group holds " + std::to_string(n_files) +
                                            ". Wait for the others, or accept fewer");
}

Uvh5Header read_header(const Uvh5Reader& reader) {
  const auto lock = hdf5_lock();
  return read_uvh5_header(reader.file(), reader.n_rows(), reader.n_channels(), reader.n_pols());
}

double lowest_hz(const Uvh5Header& header) { return std::min(header.freq_hz.front(), header.freq_hz.back()); }

std::string text_of_history(std::size_t n_files, std::size_t min_subbands, const std::vector<SubbandSlot>& slots) {
  std::string missing;
  for (const SubbandSlot& slot : slots)
    if (!slot.file) missing += (missing.empty() ? "" : ", ") + subband_name(slot);
  return "Read " + std::to_string(n_files) + " UVH5 subband files, conjugated" +
         (missing.empty() ? "" : "; flagged the missing subbands " + missing) + " (at least " +
         std::to_string(min_subbands) + " of " + std::to_string(slots.size()) + " asked for)";
}

}  // namespace

struct Uvh5GroupSource::OpenSubband {
  const Subband* subband;
  std::unique_ptr<const Uvh5Reader> reader;
  std::size_t rows_per_block;
};

Uvh5GroupSource::Uvh5GroupSource(const std::vector<std::string>& paths, std::size_t min_subbands,
                                 const EarthOrientation& orientation) {
  require_enough(paths.size(), min_subbands);
  std::vector<std::pair<Uvh5Header, FileStamp>> files;
  for (const std::string& path : paths) {
    const Uvh5Reader reader(path);
    Uvh5Header header = read_header(reader);
    require_regular_rows(header);
    require_ordered_channels(header);
    require_uvw_of_positions(header);
    if (!files.empty()) require_same_observation(files.front().first, header);
    header.uvw_m = {};  // checked; the source has its own
    reader.file().raw().require_unchanged();
    files.emplace_back(std::move(header), reader.file().raw().stamp());
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return lowest_hz(a.first) < lowest_hz(b.first); });
  std::vector<Uvh5Header> headers;
  for (auto& file : files) headers.push_back(std::move(file.first));
  require_distinct_channels(headers);

  const std::vector<SubbandSlot> slots = lay_out_subbands(headers);
  observation_ = observation_of_group(headers, slots, orientation);
  observation_.history.push_back(text_of_history(paths.size(), min_subbands, slots));
  for (const SubbandSlot& slot : slots) {
    Subband subband{{}, {}, slot.first_channel, slot.freq_hz.size(), false};
    if (slot.file) {
      const Uvh5Header& header = headers[*slot.file];
      subband.path = header.path;
      subband.stamp = files[*slot.file].second;
      subband.descending = header.freq_hz.front() > header.freq_hz.back();
    }
    subbands_.push_back(subband);
  }
}

Uvh5GroupSource::OpenSubband Uvh5GroupSource::open(const Subband& subband) const {
  if (subband.path.empty()) {
    const std::size_t row_bytes = subband.n_channels * observation_.n_pols() * sizeof(std::complex<float>);
    return {&subband, nullptr, std::max<std::size_t>(1, kBlockBytes / row_bytes)};
  }
  auto reader = std::make_unique<const Uvh5Reader>(subband.path);
  if (reader->file().raw().stamp() != subband.stamp) refuse_changed(subband.path);
  const std::size_t rows = reader->rows_per_block(kBlockBytes);
  return {&subband, std::move(reader), rows};
}

void Uvh5GroupSource::fetch(const OpenSubband& open, RowRange rows, BlockMemory& memory,
                            const JobContext& context) const {
  const Subband& subband = *open.subband;
  const std::size_t first_row = rows.first, n_rows = std::min(open.rows_per_block, rows.count);
  const std::array<std::size_t, 3> shape{n_rows, subband.n_channels, observation_.n_pols()};
  const std::size_t count = shape[0] * shape[1] * shape[2];
  if (memory.visibilities.size() < count) {
    memory.visibilities = NdArray<std::complex<float>, 1>::uninitialized({count});
    memory.flags = NdArray<std::uint8_t, 1>::uninitialized({count});
    memory.weights = NdArray<float, 1>::uninitialized({count});
  }
  memory.block = {first_row,
                  subband.first_channel,
                  {memory.visibilities.data(), shape},
                  {memory.flags.data(), shape},
                  {memory.weights.data(), shape}};
  const NdView<std::complex<float>, 3> visibilities = memory.block.visibilities;
  const NdView<std::uint8_t, 3> flags = memory.block.flags;
  const NdView<float, 3> weights = memory.block.weights;
  if (!open.reader) {
    std::fill(visibilities.begin(), visibilities.end(), std::complex<float>());
    std::fill(flags.begin(), flags.end(), std::uint8_t{1});
    std::fill(weights.begin(), weights.end(), 0.0f);
    return;
  }
  Uvh5Selection selection = open.reader->everything();
  selection.rows = {{first_row, n_rows}};
  selection.channels_reversed = subband.descending;
  open.reader->read<float>(selection, {visibilities, flags, weights}, 0, context);
  constexpr std::size_t kAtOnce = 1 << 16;  // elements
  parallel_for((count + kAtOnce - 1) / kAtOnce, 0, [&](std::size_t k) {
    const std::size_t first = k * kAtOnce;
    normalize(visibilities.data() + first, flags.data() + first, weights.data() + first,
              std::min(kAtOnce, count - first));
  });
}

void Uvh5GroupSource::read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) {
  read_rows({0, observation_.n_rows()}, consume, context);
}

void Uvh5GroupSource::read_rows(RowRange rows, const std::function<void(VisibilityBlock&)>& consume,
                                const JobContext& context) {
  if (rows.count == 0) return;
  std::array<BlockMemory, 2> memory;
  OpenSubband file{};
  std::size_t subband = 0, row = rows.first, turn = 0;
  // The next block in the order of subbands and rows; nothing after the last one. Runs on one thread at a time.
  const auto fetch_next = [&, quiet = context.quiet()]() -> BlockMemory* {
    if (row == rows.end()) {
      row = rows.first;
      ++subband;
    }
    if (subband == subbands_.size()) return nullptr;
    if (row == rows.first) file = open(subbands_[subband]);
    BlockMemory& next = memory[turn ^= 1];
    fetch(file, {row, rows.end() - row}, next, quiet);
    row += next.block.visibilities.shape(0);
    return &next;
  };
  // The future of std::async waits in its destructor: nothing that the thread uses goes before it ends.
  std::future<BlockMemory*> ahead = std::async(std::launch::async, fetch_next);
  while (BlockMemory* const current = ahead.get()) {
    ahead = std::async(std::launch::async, fetch_next);
    const double channels_done = static_cast<double>(current->block.first_channel);
    const double rows_done =
        static_cast<double>(current->block.first_row - rows.first) / static_cast<double>(rows.count);
    const double done = channels_done + rows_done * static_cast<double>(current->block.visibilities.shape(1));
    context.checkpoint(done / static_cast<double>(observation_.n_channels()));
    consume(current->block);
  }
  context.checkpoint(1);
}

}  // namespace contimg
