#include "mosaic/linmos.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>

#include "core/error.h"
#include "core/parallel.h"
#include "core/read_ahead.h"

namespace contimg::mosaic {
namespace {

/// Pixels of a block: wide enough that the rows of tiles are read in long pieces, small enough for a core's cache.
constexpr std::size_t kBlockWidth = 512, kBlockHeight = 64;
/// Pixels of the rows that are put together before they are written, and of samples kept for comparison.
constexpr std::size_t kRowsBudget = std::size_t{1} << 20, kSamplesBudget = std::size_t{4} << 20;

using RowOf = void (BlockCombiner::*)(std::size_t, float*) const;

struct Product {
  PixelSink* sink;
  RowOf row_of;
};

/// Rows of every product that are being put together, or written.
using Rows = std::vector<std::vector<float>>;

std::vector<Product> wanted(const MosaicSinks& sinks) {
  std::vector<Product> products;
  const auto add = [&](PixelSink* sink, RowOf row_of) {
    if (sink) products.push_back({sink, row_of});
  };
  add(sinks.mosaic, &BlockCombiner::mosaic);
  add(sinks.weight, &BlockCombiner::weight);
  add(sinks.rms, &BlockCombiner::rms);
  add(sinks.coverage, &BlockCombiner::coverage);
  add(sinks.chi_square, &BlockCombiner::chi_square);
  return products;
}

/// What a thread needs to make blocks; used again and again.
struct Worker {
  explicit Worker(const Rejection& rejection) : combiner(rejection) {}
  TileSampler::Scratch scratch;
  BlockCombiner combiner;
  std::vector<TileSamples> samples, kept;
};

/// Gives every thread a worker that no other has.
class Workers {
 public:
  explicit Workers(const Rejection& rejection) : rejection_(rejection) {}
  std::unique_ptr<Worker> take() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (idle_.empty()) return std::make_unique<Worker>(rejection_);
    auto worker = std::move(idle_.back());
    idle_.pop_back();
    return worker;
  }
  void give_back(std::unique_ptr<Worker> worker) {
    std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(worker));
  }

 private:
  Rejection rejection_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> idle_;
};

/// Largest number of tiles that lie on one block of the standard size, roughly: over the middles of such blocks.
std::size_t most_overlapping(const std::vector<TileSampler>& samplers, const CelestialGrid& output) {
  std::size_t most = 0;
  for (std::size_t y = 0; y < output.ny; y += kBlockHeight)
    for (std::size_t x = 0; x < output.nx; x += kBlockWidth) {
      const Window block{x, x + kBlockWidth, y, y + kBlockHeight};
      most =
          std::max(most, static_cast<std::size_t>(std::count_if(samplers.begin(), samplers.end(), [&](const auto& s) {
                     return !intersection(block, s.footprint()).empty();
                   })));
    }
  return most;
}

class MosaicMaker {
 public:
  MosaicMaker(const std::vector<MosaicTile>& tiles, const CelestialGrid& output, const LinmosOptions& options,
              const MosaicSinks& sinks)
      : output_(output),
        options_(options),
        products_(wanted(sinks)),
        workers_(options.rejection),
        results_(tiles.size()) {
    for (const MosaicTile& tile : tiles) {
      check_tile(tile);
      samplers_.emplace_back(tile, output, options.sampling);
    }
    keeps_samples_ = options.compare_tiles || sinks.chi_square || options.rejection.sigmas > 0;
    if (!keeps_samples_) return;
    const std::size_t share = kSamplesBudget / std::max<std::size_t>(1, most_overlapping(samplers_, output));
    while (block_width_ * block_height_ > share && block_height_ > 4) block_height_ /= 2;
    while (block_width_ * block_height_ > share && block_width_ > 32) block_width_ /= 2;
  }

  /// Rows are written while the next are made: what waits for the disk keeps no processor waiting.
  std::vector<TileResult> run(const JobContext& context) {
    const std::size_t n_rows = std::max(block_height_, kRowsBudget / output_.nx / block_height_ * block_height_);
    const auto end_of = [&](std::size_t y) { return std::min(y + n_rows, output_.ny); };
    const auto make = [&](std::size_t i, Rows& rows) {
      rows.resize(products_.size());
      for (auto& of_product : rows) of_product.resize(std::min(n_rows, output_.ny) * output_.nx);
      make_rows(i * n_rows, end_of(i * n_rows), context, &rows);
    };
    const auto write = [&](std::size_t i, const Rows& rows) {
      const std::size_t y = i * n_rows;
      parallel_for(products_.size(), options_.threads,
                   [&](std::size_t p) { products_[p].sink->write(y, end_of(y) - y, rows[p].data()); });
    };
    read_ahead<Rows>((output_.ny + n_rows - 1) / n_rows, make, write);
    return std::move(results_);
  }

 private:
  void make_rows(std::size_t y_begin, std::size_t y_end, const JobContext& context, Rows* out) {
    const std::size_t columns = (output_.nx + block_width_ - 1) / block_width_;
    const std::size_t rows = (y_end - y_begin + block_height_ - 1) / block_height_;
    std::atomic<std::size_t> done{0};
    std::vector<BlockResults> results(columns * rows);
    const JobContext part = context.part(static_cast<double>(y_begin) / static_cast<double>(output_.ny),
                                         static_cast<double>(y_end) / static_cast<double>(output_.ny));
    parallel_for(columns * rows, options_.threads, [&](std::size_t i) {
      part.checkpoint(static_cast<double>(done++) / static_cast<double>(columns * rows));
      const std::size_t x = i % columns * block_width_, y = y_begin + i / columns * block_height_;
      auto worker = workers_.take();
      results[i] =
          make_block({x, std::min(x + block_width_, output_.nx), y, std::min(y + block_height_, y_end)}, worker.get());
      store(worker->combiner, y_begin, out);
      workers_.give_back(std::move(worker));
    });
    for (const BlockResults& block : results)  // in order, so that sums do not depend on threads
      for (const auto& [tile, result] : block) results_[tile].add(result);
  }

  using BlockResults = std::vector<std::pair<std::size_t, TileResult>>;  ///< by tile

  BlockResults make_block(const Window& block, Worker* worker) {
    BlockCombiner& combiner = worker->combiner;
    combiner.start(block);
    BlockResults results;
    std::size_t n_kept = 0;
    for (std::size_t t = 0; t < samplers_.size(); ++t) {
      std::uint64_t pixels = 0;
      const auto add = [&](const SampledRow& row) { pixels += combiner.add(row); };
      const auto keep = [&](const SampledRow& row) {
        if (pixels == 0) {  // the first row
          if (worker->samples.size() == n_kept) worker->samples.emplace_back();
          worker->samples[n_kept].start(block);
        }
        pixels += row.n;
        worker->samples[n_kept].keep(block, row);
      };
      const bool counts = keeps_samples_ ? samplers_[t].sample(block, &worker->scratch, keep)
                                         : samplers_[t].sample(block, &worker->scratch, add);
      if (!counts) continue;
      results.emplace_back(t, TileResult());
      results.back().second.pixels = pixels;
      ++n_kept;
    }
    if (keeps_samples_) combine_kept(n_kept, worker, &results);
    return results;
  }

  void combine_kept(std::size_t n, Worker* worker, BlockResults* block_results) {
    std::vector<TileResult*> results;
    for (auto& [tile, result] : *block_results) results.push_back(&result);
    // The samples that hold something, without those that are there to be used again.
    std::vector<TileSamples>& kept = worker->kept;
    kept.clear();
    std::move(worker->samples.begin(), worker->samples.begin() + static_cast<std::ptrdiff_t>(n),
              std::back_inserter(kept));
    if (options_.rejection.sigmas > 0) worker->combiner.reject(&kept, results);
    for (std::size_t i = 0; i < n; ++i) results[i]->pixels = worker->combiner.add(kept[i]);
    worker->combiner.compare(kept, results);
    std::move(kept.begin(), kept.end(), worker->samples.begin());
  }

  void store(const BlockCombiner& combiner, std::size_t y_begin, Rows* rows) const {
    const Window& block = combiner.block();
    for (std::size_t p = 0; p < products_.size(); ++p)
      for (std::size_t row = 0; row < block.height(); ++row)
        (combiner.*products_[p].row_of)(
            row, (*rows)[p].data() + (block.y_begin - y_begin + row) * output_.nx + block.x_begin);
  }

  CelestialGrid output_;
  LinmosOptions options_;
  std::vector<TileSampler> samplers_;
  std::vector<Product> products_;
  Workers workers_;
  std::size_t block_width_ = kBlockWidth, block_height_ = kBlockHeight;
  bool keeps_samples_ = false;
  std::vector<TileResult> results_;
};

}  // namespace

std::vector<TileResult> make_mosaic(const std::vector<MosaicTile>& tiles, const CelestialGrid& output,
                                    const LinmosOptions& options, const MosaicSinks& sinks, const JobContext& context) {
  if (output.nx == 0 || output.ny == 0) throw Error(code::kInvalidArgument, "Expected a mosaic of at least one pixel");
  return MosaicMaker(tiles, output, options, sinks).run(context);
}

}  // namespace contimg::mosaic
