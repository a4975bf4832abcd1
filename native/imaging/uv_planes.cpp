#include "imaging/uv_planes.h"

#include <algorithm>

#include "core/parallel.h"

// Threads without locks: each item of work is gridded onto a tile of its own, then the tiles are added to the grids by
// strips of kTileSize rows, each strip by one thread, its tiles in the order of the items. Neither step depends on who
// does what, so the bits do not depend on the number of threads.
namespace contimg::imaging {
namespace {

constexpr std::size_t kBatchBytes = 16 << 20;  // of tiles that are in memory at a time

/// The tiles of items along one axis, and those after them, into which kernels reach.
std::vector<bool> reached(const std::vector<TileItem>& items, std::uint32_t TileItem::*tile, std::size_t n_tiles) {
  std::vector<bool> result(n_tiles);
  for (const TileItem& item : items) result[item.*tile] = result[(item.*tile + 1) % n_tiles] = true;
  return result;
}

/// Image pixels on an axis of the grid, in the order of the image: its middle is at cell 0.
std::vector<IndexRange> cells_of_image(std::size_t n_pixels, std::size_t n_cells) {
  return {{n_cells - n_pixels / 2, n_cells}, {0, n_pixels / 2}};
}

}  // namespace

UsedTiles::UsedTiles(const std::vector<bool>& reached) : indices_(reached.size()) {
  for (std::size_t tile = 0; tile < reached.size(); ++tile) {
    indices_[tile] = tiles_.size();
    if (reached[tile]) tiles_.push_back(tile);
  }
}

std::vector<IndexRange> UsedTiles::cells() const {
  std::vector<IndexRange> ranges;
  for (const std::size_t tile : tiles_) ranges.push_back({tile * kTileSize, (tile + 1) * kTileSize});
  return ranges;
}

template <typename T>
UvPlanes<T>::UvPlanes(const GriddingPlan& plan, const TiledPoints& tiled, unsigned threads)
    : plan_(plan),
      tiled_(tiled),
      threads_(threads),
      used_v_(reached(tiled.items, &TileItem::tile_v, plan.n_tiles_v())),
      used_u_(reached(tiled.items, &TileItem::tile_u, plan.n_tiles_u())),
      columns_(cells_of_image(plan.image.nx, plan.nu)),
      rows_(cells_of_image(plan.image.ny, plan.nv)),
      half_(NdArray<std::complex<T>, 2>::uninitialized({used_v_.n_cells(), plan.image.nx})) {
  for (int layer = 0; layer < plan.kernel_w.width; ++layer)
    grids_.push_back(NdArray<std::complex<T>, 2>::uninitialized({used_v_.n_cells(), used_u_.n_cells()}));
  first_item_.assign(plan.n_planes + 1, 0);
  for (const TileItem& item : tiled.items) ++first_item_[item.plane + 1];
  for (std::size_t plane = 0; plane < plan.n_planes; ++plane) first_item_[plane + 1] += first_item_[plane];
}

template <typename T>
IndexRange UvPlanes<T>::items_of_plane(std::size_t plane) const {
  return {first_item_[plane], first_item_[plane + 1]};
}

template <typename T>
bool UvPlanes<T>::used(std::size_t plane) const {
  const std::size_t reach = grids_.size() - 1, first_start = plane < reach ? 0 : plane - reach;
  return first_item_[first_start] < first_item_[plane + 1];
}

template <typename T>
void UvPlanes<T>::clear(std::size_t plane) {
  const auto cells = grid(plane);
  const std::size_t strip_size = kTileSize * cells.shape(1);
  parallel_for(used_v_.size(), threads_, [&](std::size_t strip) {
    std::fill_n(cells.data() + strip * strip_size, strip_size, std::complex<T>());
  });
}

template <typename T>
void UvPlanes<T>::add_points(std::size_t plane, const std::complex<T>* values, const T* weights,
                             const JobContext& context) {
  const IndexRange all = items_of_plane(plane);
  const std::size_t tile_size = grids_.size() * TileShape<T>::kPlane,
                    batch_size = kBatchBytes / (tile_size * sizeof(T));
  if (tiles_.empty()) tiles_ = NdArray<T, 1>::uninitialized({batch_size * tile_size});  // kept from plane to plane
  for (std::size_t begin = all.begin; begin < all.end; begin += batch_size) {
    const IndexRange batch{begin, std::min(begin + batch_size, all.end)};
    parallel_for(batch.end - batch.begin, threads_, [&](std::size_t i) {
      context.checkpoint();
      T* tile = tiles_.data() + i * tile_size;
      std::fill_n(tile, tile_size, T(0));
      spread_item(plan_, tiled_, tiled_.items[batch.begin + i], values, weights, tile);
    });
    add_tiles(plane, batch);
  }
}

template <typename T>
void UvPlanes<T>::add_tiles(std::size_t plane, IndexRange items) {
  const std::size_t n_layers = grids_.size();
  parallel_for(used_v_.size() * n_layers, threads_, [&](std::size_t index) {
    add_strip(plane, index / n_layers, static_cast<int>(index % n_layers), items);
  });
}

/// Adds one layer of the tiles to one strip of its grid: those of the strip, and the margins of those of the strip
/// before.
template <typename T>
void UvPlanes<T>::add_strip(std::size_t plane, std::size_t strip, int layer, IndexRange items) {
  const std::size_t n_tiles_v = plan_.n_tiles_v(), tile_size = grids_.size() * TileShape<T>::kPlane;
  const auto cells = grid(plane + layer);
  const std::size_t n_u = cells.shape(1);
  const std::size_t width = plan_.kernel_uv.width;
  const auto first = tiled_.items.begin() + items.begin, last = tiled_.items.begin() + items.end;
  const auto before = [](const TileItem& item, std::size_t tile_v) { return item.tile_v < tile_v; };
  for (const std::size_t margin : {1, 0}) {
    const std::size_t tile_v = (used_v_.tile(strip) + n_tiles_v - margin) % n_tiles_v;
    const std::size_t n_rows = margin ? width - 1 : kTileSize;
    for (auto item = std::lower_bound(first, last, tile_v, before); item != last && item->tile_v == tile_v; ++item) {
      const T* tile = tiles_.data() + (item - first) * tile_size + layer * TileShape<T>::kPlane;
      for (std::size_t row = 0; row < n_rows; ++row) {
        const T* source = tile + (row + margin * kTileSize) * TileShape<T>::kRow;
        std::complex<T>* target = cells.data() + (strip * kTileSize + row) * n_u;
        for (std::size_t k = 0, u = used_u_.index(item->tile_u) * kTileSize; k < kTileSize + width - 1; ++k, ++u)
          target[u < n_u ? u : u - n_u] += std::complex<T>(source[k], source[k + TileShape<T>::kColumns]);
      }
    }
  }
}

template <typename T>
void UvPlanes<T>::get_points(std::size_t plane, const T* weights, std::complex<T>* values, const JobContext& context) {
  const IndexRange items = items_of_plane(plane);
  parallel_for(items.end - items.begin, threads_, [&](std::size_t i) {
    context.checkpoint();
    std::vector<T> tile(grids_.size() * TileShape<T>::kPlane);
    load_tile(tiled_.items[items.begin + i], tile.data());
    interpolate_item(plan_, tiled_, tiled_.items[items.begin + i], tile.data(), weights, values);
  });
}

template <typename T>
void UvPlanes<T>::load_tile(const TileItem& item, T* tile) {
  const std::size_t extent = kTileSize + plan_.kernel_uv.width - 1;
  for (std::size_t layer = 0; layer < grids_.size(); ++layer) {
    const auto cells = grid(item.plane + layer);
    const std::size_t n_v = cells.shape(0), n_u = cells.shape(1);
    for (std::size_t row = 0; row < extent; ++row) {
      const std::size_t v = (used_v_.index(item.tile_v) * kTileSize + row) % n_v;
      T* target = tile + layer * TileShape<T>::kPlane + row * TileShape<T>::kRow;
      for (std::size_t k = 0, u = used_u_.index(item.tile_u) * kTileSize; k < extent; ++k, ++u) {
        const std::complex<T> value = cells(v, u < n_u ? u : u - n_u);
        target[k] = value.real();
        target[k + TileShape<T>::kColumns] = value.imag();
      }
    }
  }
}

template <typename T>
void UvPlanes<T>::to_image(std::size_t plane, const ColumnsBody<T>& take) {
  fft_rows<T>(grid(plane), {plan_.nu, used_u_.cells(), columns_}, FftDirection::kBackward, half_.view(), threads_);
  fft_columns_to<T>(half_.view(), {plan_.nv, used_v_.cells(), rows_}, FftDirection::kBackward, take, threads_);
}

template <typename T>
void UvPlanes<T>::from_image(std::size_t plane, const ColumnsBody<T>& give) {
  fft_columns_from<T>(give, {plan_.nv, rows_, used_v_.cells()}, FftDirection::kForward, half_.view(), threads_);
  fft_rows<T>(half_.view(), {plan_.nu, columns_, used_u_.cells()}, FftDirection::kForward, grid(plane), threads_);
}

template class UvPlanes<float>;
template class UvPlanes<double>;

}  // namespace contimg::imaging
