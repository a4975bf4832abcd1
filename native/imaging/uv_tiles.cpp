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
  PointRun run;
};

/// The tile and plane where the kernel of a point starts; tiles not yet wrapped into the grid.
struct Place {
  std::int64_t tile_u, tile_v, plane;
  bool operator==(const Place& other) const {
    return tile_u == other.tile_u && tile_v == other.tile_v && plane == other.plane;
  }
};

/// Finds the places of points and cuts rows where the place changes.
class RowCutter {
 public:
  explicit RowCutter(const GriddingPlan& plan) : plan_(plan) {
    // u, v and w are linear in frequency: while points ascend or descend, equal places of two points mean the same
    // place in between. Where frequency turns, a row is cut in any case.
    for (const BandCut& cut : plan.rows.cuts) {
      const std::vector<double>& freq_hz = cut.node_hz;
      turns_.emplace_back();
      for (std::size_t p = 1; p + 1 < freq_hz.size(); ++p)
        if ((freq_hz[p] > freq_hz[p - 1]) != (freq_hz[p + 1] > freq_hz[p])) turns_.back().push_back(p);
    }
  }

  void cut(std::size_t row, std::vector<KeyedRun>& runs) const {
    const GridRow& grid_row = plan_.rows.rows[row];
    std::size_t begin = grid_row.points.begin;
    for (std::size_t turn : turns_[grid_row.cut]) {
      if (turn <= begin || turn >= grid_row.points.end) continue;
      bisect(row, begin, turn, runs);
      begin = turn;
    }
    if (begin < grid_row.points.end) bisect(row, begin, grid_row.points.end, runs);
  }

 private:
  Place place(const GridRow& grid_row, double f) const {
    const double half = plan_.kernel_uv.width / 2.0;
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
    const GridRow& grid_row = plan_.rows.rows[row];
    const std::vector<double>& freq_hz = plan_.rows.points_hz(grid_row);
    while (begin < end) {
      const Place first = place(grid_row, freq_hz[begin]);
      std::size_t same = begin, other = end;  // the last point known to be there too, the first known not to be
      if (place(grid_row, freq_hz[end - 1]) == first) same = end - 1;
      while (other - same > 1) {
        const std::size_t middle = (same + other) / 2;
        (place(grid_row, freq_hz[middle]) == first ? same : other) = middle;
      }
      runs.push_back(
          {key(first),
           {static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(same + 1)}});
      begin = same + 1;
    }
  }

  const GriddingPlan& plan_;
  std::vector<std::vector<std::size_t>> turns_;  // per cut of the band
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

TiledPoints sort_into_tiles(const GriddingPlan& plan, unsigned threads) {
  constexpr std::size_t kBlockRows = 2048;
  const RowCutter cutter(plan);
  std::vector<std::vector<KeyedRun>> blocks((plan.rows.rows.size() + kBlockRows - 1) / kBlockRows);
  parallel_for(blocks.size(), threads, [&](std::size_t block) {
    const std::size_t end = std::min(plan.rows.rows.size(), (block + 1) * kBlockRows);
    for (std::size_t row = block * kBlockRows; row < end; ++row) cutter.cut(row, blocks[block]);
  });
  std::vector<KeyedRun> keyed;
  for (const auto& block : blocks) keyed.insert(keyed.end(), block.begin(), block.end());
  sort_by_key(keyed);

  TiledPoints result;
  result.runs.reserve(keyed.size());
  std::size_t in_item = 0;
  for (std::size_t i = 0; i < keyed.size(); ++i) {
    if (i == 0 || keyed[i].key != keyed[i - 1].key || in_item >= kItemPoints) {
      result.items.push_back(item_of_key(keyed[i].key, plan, i));
      in_item = 0;
    }
    result.runs.push_back(keyed[i].run);
    result.items.back().end_run = i + 1;
    in_item += keyed[i].run.end - keyed[i].run.first;
  }
  return result;
}

}  // namespace contimg::imaging
