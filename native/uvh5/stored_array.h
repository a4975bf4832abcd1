#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/job_context.h"
#include "uvh5/chunk_index.h"
#include "uvh5/element_copy.h"
#include "uvh5/filter_pipeline.h"

namespace contimg {

/// Memory that one thread needs while it reads, kept from task to task.
struct ReadScratch {
  std::vector<std::uint8_t> stored, decoded;
  DecodingScratch decoding;
};

/// Reads one piece of an array into its place. Pieces do not share elements: any order, any threads, no lock.
using ReadTask = std::function<void(ReadScratch&)>;

/// An array of (rows, channels, polarizations) whose elements lie in the file as they lie in memory, so that they can
/// be read past libhdf5: contiguous, or in chunks that are uncompressed or compressed as FilterPipeline knows. Memory
/// of a task: 256 kB, or the compressed and the decoded chunk.
class StoredArray {
 public:
  /// Nothing where only libhdf5 can read the array: values to be converted, another layout, other filters.
  /// `file` and `dataset` must outlive what comes back. Threads: call under hdf5_lock().
  static std::optional<StoredArray> of(const Hdf5File& file, const Hdf5Dataset& dataset, hid_t memory_type);

  /// Appends tasks that together read a selection to `out`, (rows, channels, polarizations) of the selection; false,
  /// and none, where the chunks cannot be found. Threads: call under hdf5_lock(); `out` and this must outlive the
  /// tasks.
  bool plan(const Uvh5Selection& selection, std::uint8_t* out, std::vector<ReadTask>& tasks) const;

 private:
  StoredArray(const Hdf5File& file, const Hdf5Dataset& dataset) : file_(&file), dataset_(&dataset) {}
  void plan_contiguous(const Uvh5Selection& selection, std::uint8_t* out, std::vector<ReadTask>& tasks) const;
  bool plan_chunks(const Uvh5Selection& selection, std::uint8_t* out, std::vector<ReadTask>& tasks) const;
  struct Chunk;
  void read_plain_chunk(const Chunk& chunk, const std::vector<RowPiece>& pieces, const Uvh5Selection& selection,
                        std::uint8_t* out, ReadScratch& scratch) const;
  void read_filtered_chunk(const Chunk& chunk, const std::vector<RowPiece>& pieces, const Uvh5Selection& selection,
                           std::uint8_t* out, ReadScratch& scratch) const;
  [[noreturn]] void refuse_chunk(const Chunk& chunk, const char* problem) const;

  const Hdf5File* file_;
  const Hdf5Dataset* dataset_;
  std::size_t element_bytes_ = 0, n_channels_ = 0, n_pols_ = 0;
  std::uint64_t offset_ = 0;                                          ///< of a contiguous array
  std::size_t chunk_rows_ = 0, chunk_channels_ = 0, chunk_pols_ = 0;  ///< 0: contiguous
  FilterPipeline filters_;
  std::vector<std::uint8_t> fill_;  ///< one element: what chunks hold that were never written
};

/// Runs tasks on up to `threads` threads (0: all).
void run_tasks(const std::vector<ReadTask>& tasks, unsigned threads, const JobContext& context);

}  // namespace contimg
