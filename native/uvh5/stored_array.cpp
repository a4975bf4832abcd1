#include "uvh5/stored_array.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "core/parallel.h"

namespace contimg {
namespace {

constexpr std::size_t kDirectBytes = 4 << 20;  // read at once straight into the result
constexpr std::size_t kBandBytes = 256 << 10;  // of the result, written by one task through scratch: stays in the cache
constexpr std::size_t kSparseRowBytes = 16 << 10;  // rows so long that parts of them are worth a system call each

/// Cuts the selected rows where a multiple of `chunk_rows` begins (0: nowhere) and after `most` rows, and puts pieces
/// together whose span of rows, gaps included, stays within one such stretch.
std::vector<std::vector<RowPiece>> bands_of_rows(const std::vector<RowRange>& rows, std::size_t chunk_rows,
                                                 std::size_t most) {
  std::vector<std::vector<RowPiece>> bands;
  std::size_t to = 0, band_end = 0;
  for (RowRange range : rows) {
    while (range.count > 0) {
      if (range.first >= band_end) {
        bands.emplace_back();
        band_end = range.first + most;
        if (chunk_rows > 0) band_end = std::min(band_end, (range.first / chunk_rows + 1) * chunk_rows);
      }
      const std::size_t count = std::min(range.count, band_end - range.first);
      bands.back().push_back({range.first, count, to});
      range.first += count;
      range.count -= count;
      to += count;
    }
  }
  return bands;
}

std::size_t end_of(const std::vector<RowPiece>& pieces) { return pieces.back().first + pieces.back().count; }

std::uint8_t* room(std::vector<std::uint8_t>& scratch, std::size_t size) {
  if (scratch.size() < size) scratch.resize(size);
  return scratch.data();
}

bool all_in_order(const std::vector<std::size_t>& pols, std::size_t n_pols) {
  for (std::size_t k = 0; k < pols.size(); ++k)
    if (pols[k] != k) return false;
  return pols.size() == n_pols;
}

}  // namespace

struct StoredArray::Chunk {
  StoredChunk place;
  std::size_t first_row, first_channel, first_pol;
};

std::optional<StoredArray> StoredArray::of(const Hdf5File& file, const Hdf5Dataset& dataset, hid_t memory_type) {
  if (H5Tequal(dataset.type.id(), memory_type) <= 0) return std::nullopt;
  StoredArray array(file, dataset);
  const std::size_t rank = dataset.shape.size();
  array.element_bytes_ = H5Tget_size(memory_type);
  array.n_channels_ = dataset.shape[rank - 2];
  array.n_pols_ = dataset.shape[rank - 1];
  const Hdf5Handle creation(H5Dget_create_plist(dataset.id.id()), H5Pclose);
  if (H5Pget_layout(creation.id()) == H5D_CONTIGUOUS) {
    array.offset_ = H5Dget_offset(dataset.id.id());
    const hsize_t bytes = dataset.shape[0] * array.n_channels_ * array.n_pols_ * array.element_bytes_;
    const bool stored = array.offset_ != HADDR_UNDEF && H5Dget_storage_size(dataset.id.id()) == bytes;
    if (stored) array.offset_ -= file.raw().begin();
    if (stored && !file.raw().holds(array.offset_, bytes))
      file.refuse("Expected " + dataset.name +
                  " to lie in the file but the file ends before. It is incomplete: " + "copy it again");
    return stored ? std::optional(array) : std::nullopt;
  }
  if (dataset.chunk.empty() || (rank == 4 && dataset.chunk[1] != 1)) return std::nullopt;
  array.chunk_rows_ = dataset.chunk[0];
  array.chunk_channels_ = dataset.chunk[rank - 2];
  array.chunk_pols_ = dataset.chunk[rank - 1];
  array.fill_.resize(array.element_bytes_);
  if (H5Pget_fill_value(creation.id(), memory_type, array.fill_.data()) < 0) return std::nullopt;
  const auto filters = FilterPipeline::of(dataset);
  if (!filters) return std::nullopt;
  array.filters_ = *filters;
  return array;
}

bool StoredArray::plan(const Uvh5Selection& selection, std::uint8_t* out, std::vector<ReadTask>& tasks) const {
  if (chunk_rows_ > 0) return plan_chunks(selection, out, tasks);
  plan_contiguous(selection, out, tasks);
  return true;
}

void StoredArray::plan_contiguous(const Uvh5Selection& selection, std::uint8_t* out,
                                  std::vector<ReadTask>& tasks) const {
  const std::size_t channel_bytes = n_pols_ * element_bytes_, row_bytes = n_channels_ * channel_bytes;
  const RawFile& raw = file_->raw();
  if (selection.n_channels == n_channels_ && !selection.channels_reversed &&
      all_in_order(selection.polarizations, n_pols_)) {
    for (const auto& band : bands_of_rows(selection.rows, 0, std::max<std::size_t>(1, kDirectBytes / row_bytes)))
      for (const RowPiece& piece : band)
        tasks.push_back([this, &raw, piece, row_bytes, out](ReadScratch&) {
          raw.read(offset_ + piece.first * row_bytes, piece.count * row_bytes, out + piece.to * row_bytes);
        });
    return;
  }
  const std::size_t span = selection.n_channels * channel_bytes;
  const bool sparse = row_bytes >= kSparseRowBytes && span <= row_bytes / 2;
  const std::size_t pitch = sparse ? span : row_bytes;
  const std::size_t first_channel = sparse ? selection.first_channel : 0;
  const std::size_t n_channels = sparse ? selection.n_channels : n_channels_;
  for (auto& band : bands_of_rows(selection.rows, 0, std::max<std::size_t>(1, kBandBytes / pitch)))
    tasks.push_back([=, this_band = std::move(band), &raw, &selection](ReadScratch& scratch) {
      const std::size_t first = this_band[0].first, count = end_of(this_band) - first;
      std::uint8_t* const bytes = room(scratch.stored, count * pitch);
      if (sparse) {
        for (const RowPiece& piece : this_band)
          for (std::size_t row = piece.first; row < piece.first + piece.count; ++row)
            raw.read(offset_ + row * row_bytes + first_channel * channel_bytes, pitch, bytes + (row - first) * pitch);
      } else {
        raw.read(offset_ + first * row_bytes, count * row_bytes, bytes);
      }
      copy_elements({bytes, pitch, first, first_channel, n_channels, 0, n_pols_, n_pols_}, this_band.data(),
                    this_band.size(), selection, element_bytes_, out);
    });
}

bool StoredArray::plan_chunks(const Uvh5Selection& selection, std::uint8_t* out, std::vector<ReadTask>& tasks) const {
  const std::size_t first_chunk_row = selection.rows.front().first / chunk_rows_;
  const std::size_t last_row = selection.rows.back().first + selection.rows.back().count - 1;
  const auto places = find_chunks(*file_, *dataset_, first_chunk_row, last_row / chunk_rows_ + 1);
  if (!places) return false;
  const std::size_t pol_chunks = (n_pols_ + chunk_pols_ - 1) / chunk_pols_;
  const std::size_t channel_chunks = (n_channels_ + chunk_channels_ - 1) / chunk_channels_;
  std::vector<bool> pol_wanted(pol_chunks);
  for (std::size_t pol : selection.polarizations) pol_wanted[pol / chunk_pols_] = true;
  const std::size_t first_c = selection.first_channel / chunk_channels_;
  const std::size_t end_c = (selection.first_channel + selection.n_channels - 1) / chunk_channels_ + 1;

  const std::size_t out_row_bytes = selection.n_channels * selection.polarizations.size() * element_bytes_;
  const std::size_t most = filters_.empty() ? std::max<std::size_t>(16, kBandBytes / out_row_bytes) : chunk_rows_;
  for (auto& band : bands_of_rows(selection.rows, chunk_rows_, most)) {
    const std::size_t chunk_row = band[0].first / chunk_rows_;
    std::vector<Chunk> chunks;
    for (std::size_t c = first_c; c < end_c; ++c)
      for (std::size_t p = 0; p < pol_chunks; ++p)
        if (pol_wanted[p])
          chunks.push_back({(*places)[((chunk_row - first_chunk_row) * channel_chunks + c) * pol_chunks + p],
                            chunk_row * chunk_rows_, c * chunk_channels_, p * chunk_pols_});
    const auto pieces = std::make_shared<const std::vector<RowPiece>>(std::move(band));
    if (filters_.empty()) {
      tasks.push_back([this, chunks = std::move(chunks), pieces, &selection, out](ReadScratch& scratch) {
        for (const Chunk& chunk : chunks) read_plain_chunk(chunk, *pieces, selection, out, scratch);
      });
    } else {
      for (const Chunk& chunk : chunks)
        tasks.push_back([this, chunk, pieces, &selection, out](ReadScratch& scratch) {
          read_filtered_chunk(chunk, *pieces, selection, out, scratch);
        });
    }
  }
  return true;
}

void StoredArray::read_plain_chunk(const Chunk& chunk, const std::vector<RowPiece>& pieces,
                                   const Uvh5Selection& selection, std::uint8_t* out, ReadScratch& scratch) const {
  const std::size_t row_bytes = chunk_channels_ * chunk_pols_ * element_bytes_;
  const std::size_t first = pieces[0].first, count = end_of(pieces) - first;
  ElementBlock block{nullptr, row_bytes, first, chunk.first_channel, 0, chunk.first_pol, 0, chunk_pols_};
  block.n_channels = std::min(chunk_channels_, n_channels_ - chunk.first_channel);
  block.n_pols = std::min(chunk_pols_, n_pols_ - chunk.first_pol);
  if (chunk.place.size == 0) {  // one row of fill values for all, as long as the array: a chunk can be far longer
    const std::size_t fill_bytes = block.n_channels * block.n_pols * element_bytes_;
    std::uint8_t* const fill = room(scratch.stored, fill_bytes);
    for (std::size_t at = 0; at < fill_bytes; at += element_bytes_) std::copy(fill_.begin(), fill_.end(), fill + at);
    block.data = fill;
    block.row_bytes = 0;
    block.pol_pitch = block.n_pols;
  } else {
    if (chunk.place.size != chunk_rows_ * row_bytes) refuse_chunk(chunk, "does not have the size of a chunk");
    std::uint8_t* const bytes = room(scratch.stored, count * row_bytes);
    file_->raw().read(chunk.place.address + (first - chunk.first_row) * row_bytes, count * row_bytes, bytes);
    block.data = bytes;
  }
  copy_elements(block, pieces.data(), pieces.size(), selection, element_bytes_, out);
}

void StoredArray::read_filtered_chunk(const Chunk& chunk, const std::vector<RowPiece>& pieces,
                                      const Uvh5Selection& selection, std::uint8_t* out, ReadScratch& scratch) const {
  if (chunk.place.size == 0) return read_plain_chunk(chunk, pieces, selection, out, scratch);
  const std::size_t row_bytes = chunk_channels_ * chunk_pols_ * element_bytes_, bytes = chunk_rows_ * row_bytes;
  if (!filters_.can_hold(chunk.place.size, bytes)) refuse_chunk(chunk, "is too short for a chunk");
  std::uint8_t* const stored = room(scratch.stored, chunk.place.size);
  std::uint8_t* const decoded = room(scratch.decoded, bytes);
  file_->raw().read(chunk.place.address, chunk.place.size, stored);
  if (!filters_.decode(stored, chunk.place.size, chunk.place.filter_mask, decoded, bytes, scratch.decoding))
    refuse_chunk(chunk, "cannot be decoded or fails its checksum");
  const ElementBlock block{decoded,
                           row_bytes,
                           chunk.first_row,
                           chunk.first_channel,
                           std::min(chunk_channels_, n_channels_ - chunk.first_channel),
                           chunk.first_pol,
                           std::min(chunk_pols_, n_pols_ - chunk.first_pol),
                           chunk_pols_};
  copy_elements(block, pieces.data(), pieces.size(), selection, element_bytes_, out);
}

void StoredArray::refuse_chunk(const Chunk& chunk, const char* problem) const {
  file_->refuse("Could not read " + dataset_->name + ": its chunk at row " + std::to_string(chunk.first_row) +
                ", channel " + std::to_string(chunk.first_channel) + " " + problem +
                ". The file is damaged: copy it again");
}

void run_tasks(const std::vector<ReadTask>& tasks, unsigned threads, const JobContext& context) {
  if (threads == 0) threads = hardware_threads();
  std::atomic<std::size_t> next{0};
  const auto caller = std::this_thread::get_id();
  parallel_for(std::min<std::size_t>(threads, tasks.size()), threads, [&](std::size_t) {
    ReadScratch scratch;
    try {
      for (std::size_t k; (k = next.fetch_add(1)) < tasks.size();) {
        if (std::this_thread::get_id() == caller)
          context.checkpoint(static_cast<double>(k) / static_cast<double>(tasks.size()));
        else
          context.checkpoint();
        tasks[k](scratch);
      }
    } catch (...) {
      next.store(tasks.size());
      throw;
    }
  });
}

}  // namespace contimg
