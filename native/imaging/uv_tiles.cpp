#include "imaging/uv_tiles.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"

namespace contimg::imaging {
namespace {

/// (plane, tile row, tile column) in one number that sorts in this order.
using Key = std::uint64_t;

struct KeyedRun {
  Key key = 0;
  VisibilityRun run;
};

/// The tile and plane where the kernel of a visibility starts; tiles not yet wrapped into the grid.
struct Place {
  std::int64_t tile_u, tile_v, plane;
  bool operator==(const Place& other) const {
    return tile_u == other.tile_u && tile_v == other.tile_v && plane == other.plane;
  }
};

/// Finds the places of visibilities and cuts rows where the place changes.
class RowCutter {
 public:
  RowCutter(const GriddingPlan& plan, NdView<const double, 1> freq_hz) : plan_(plan), freq_hz_(freq_hz) {
    // u, v and w are linear in frequency: while channels ascend or descend, equal places of two channels mean the
    // same place in between. Where frequency turns, a row is cut in any case.
    for (std::size_t c = 1; c + 1 < freq_hz.size(); ++c)
      if ((freq_hz(c) > freq_hz(c - 1)) != (freq_hz(c + 1) > freq_hz(c))) turns_.push_back(c);
  }

  void cut(std::size_t row, std::vector<KeyedRun>& runs) const {
    const GridRow& grid_row = plan_.rows[row];
    std::size_t begin = grid_row.first_channel;
    for (std::size_t turn : turns_) {
      if (turn <= begin || turn >= grid_row.end_channel) continue;
      bisect(row, begin, turn, runs);
      begin = turn;
    }
    if (begin < grid_row.end_channel) bisect(row, begin, grid_row.end_channel, runs);
  }

 private:
  Place place(std::size_t row, std::size_t channel) const {
    const GridRow& grid_row = plan_.rows[row];
    const double f = freq_hz_(channel), half = plan_.kernel_uv.width / 2.0;
    const double plane = std::ceil(plan_.plane_position(grid_row.w_per_hz * f) - plan_.kernel_w.width / 2.0);
    const double last_start = static_cast<double>(plan_.n_planes - plan_.kernel_w.width);
    return {tile_of_cell(std::ceil(grid_row.u_cells_per_hz * f - half)),
            tile_of_cell(std::ceil(grid_row.v_cells_per_hz * f - half)),
            static_cast<std::int64_t>(std::clamp(plane, 0.0, last_start))};
  }

  Key key(const Place& place) const {
    const auto wrapped = [](std::int64_t tile, std::size_t n_tiles) {
      const std::int64_t n = static_cast<std::int64_t>(n_tiles);
      return static_cast<Key>((tile % n + n) % n);
    };
    const std::size_t n_u = plan_.n_tiles_u(), n_v = plan_.n_tiles_v();
    return (static_cast<Key>(place.plane) * n_v + wrapped(place.tile_v, n_v)) * n_u + wrapped(place.tile_u, n_u);
  }

  /// Appends the runs of [begin, end), begin < end, within which frequency is monotonic.
  void bisect(std::size_t row, std::size_t begin, std::size_t end, std::vector<KeyedRun>& runs) const {
    while (begin < end) {
      const Place first = place(row, begin);
      std::size_t same = begin, other = end;  // the last channel known to be there too, the first known not to be
      if (place(row, end - 1) == first) same = end - 1;
      while (other - same > 1) {
        const std::size_t middle = (same + other) / 2;
        (place(row, middle) == first ? same : other) = middle;
      }
      runs.push_back(
          {key(first),
           {static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(same + 1)}});
      begin = same + 1;
    }
  }

  const GriddingPlan& plan_;
  NdView<const double, 1> freq_hz_;
  std::vector<std::size_t> turns_;
};

/// Stable least-significant-digit radix sort by key.
void sort_by_key(std::vector<KeyedRun>& runs) {
  constexpr int kDigitBits = 11;
  Key largest = 0;
  for (const KeyedRun& run : runs) largest = std::max(largest, run.key);
  std::vector<KeyedRun> sorted(runs.size());
  for (int shift = 0; shift < 64 && (largest >> shift) > 0; shift += kDigitBits) {
    const auto digit = [shift](const KeyedRun& run) { return (run.key >> shift) & ((1u << kDigitBits) - 1); };
    std::vector<std::size_t> offsets((1u << kDigitBits) + 1);
    for (const KeyedRun& run : runs) ++offsets[digit(run) + 1];
    for (std::size_t i = 1; i < offsets.size(); ++i) offsets[i] += offsets[i - 1];
    for (const KeyedRun& run : runs) sorted[offsets[digit(run)]++] = run;
    runs.swap(sorted);
  }
}

TileItem item_of_key(Key key, const GriddingPlan& plan, std::size_t first_run) {
  TileItem item;
  item.tile_u = static_cast<std::uint32_t>(key % plan.n_tiles_u());
  item.tile_v = static_cast<std::uint32_t>(key / plan.n_tiles_u() % plan.n_tiles_v());
  item.plane = static_cast<std::uint32_t>(key / plan.n_tiles_u() / plan.n_tiles_v());
  item.first_run = item.end_run = first_run;
  return item;
}

}  // namespace

TiledVisibilities sort_into_tiles(const GriddingPlan& plan, NdView<const double, 1> freq_hz, unsigned threads) {
  constexpr std::size_t kBlockRows = 2048;
  const RowCutter cutter(plan, freq_hz);
  std::vector<std::vector<KeyedRun>> blocks((plan.rows.size() + kBlockRows - 1) / kBlockRows);
  parallel_for(blocks.size(), threads, [&](std::size_t block) {
    const std::size_t end = std::min(plan.rows.size(), (block + 1) * kBlockRows);
    for (std::size_t row = block * kBlockRows; row < end; ++row) cutter.cut(row, blocks[block]);
  });
  std::vector<KeyedRun> keyed;
  for (const auto& block : blocks) keyed.insert(keyed.end(), block.begin(), block.end());
  sort_by_key(keyed);

  TiledVisibilities result;
  result.runs.reserve(keyed.size());
  std::size_t in_item = 0;
  for (std::size_t i = 0; i < keyed.size(); ++i) {
    if (i == 0 || keyed[i].key != keyed[i - 1].key || in_item >= kItemVisibilities) {
      result.items.push_back(item_of_key(keyed[i].key, plan, i));
      in_item = 0;
    }
    result.runs.push_back(keyed[i].run);
    result.items.back().end_run = i + 1;
    in_item += keyed[i].run.end_channel - keyed[i].run.first_channel;
  }
  return result;
}

}  // namespace contimg::imaging
