#include "imaging/band_nodes.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "core/parallel.h"
#include "core/simd_vector.h"

// Products of a matrix (channels, nodes) that all rows of a task share with their visibilities. Gathering keeps the
// sums of some rows in registers, a vector of nodes each, while it walks over channels; expanding keeps those of a
// vector of channels while it walks over nodes. So neither has a sum across lanes, and sums do not depend on which rows
// go together.
namespace contimg::imaging {
namespace {

constexpr std::size_t kTaskRows = 96;

/// out = weight * visibility, and 0 where the weight is 0, whatever the visibility.
template <typename T>
CONTIMG_INLINE void weigh(const std::complex<T>* visibilities, const T* weights, std::size_t n, T* out) {
  const T* values = reinterpret_cast<const T*>(visibilities);
  for (std::size_t k = 0; k < n; ++k) {
    const T weight = weights[k], re = weight * values[2 * k], im = weight * values[2 * k + 1];
    out[2 * k] = weight > 0 ? re : 0;
    out[2 * k + 1] = weight > 0 ? im : 0;
  }
}

/// @param visibilities  null: all are 1
template <typename T>
CONTIMG_SIMD void copy_weighed(const std::complex<T>* visibilities, const T* weights, std::size_t n,
                               std::complex<T>* out) {
  if (visibilities)
    weigh(visibilities, weights, n, reinterpret_cast<T*>(out));
  else
    std::copy_n(weights, n, out);
}

/// Where the values of a channel of a row are, if there are any.
template <typename T>
const std::complex<T>* at(const std::complex<T>* visibilities, NdView<const T, 2> weights, std::size_t row,
                          std::size_t channel) {
  return visibilities ? visibilities + row * weights.shape(1) + channel : nullptr;
}

/// values[row][node] = sum over n channels of table (channels, nodes) times weighed[row]; kVectors of nodes.
template <int kVectors, int kRows, typename T>
CONTIMG_INLINE void gather_rows(const T* table, std::size_t n, const T* const* weighed,
                                std::complex<T>* const* values) {
  constexpr int kNodes = kVectors * kLanes<T>;
  Vector<T> re[kRows][kVectors] = {}, im[kRows][kVectors] = {};
  for (std::size_t k = 0; k < n; ++k)
    for (int v = 0; v < kVectors; ++v) {
      const Vector<T> weights = load(table + k * kNodes + v * kLanes<T>);
      for (int r = 0; r < kRows; ++r) {
        re[r][v] += weights * weighed[r][2 * k];
        im[r][v] += weights * weighed[r][2 * k + 1];
      }
    }
  for (int r = 0; r < kRows; ++r) {
    alignas(32) T real[kNodes], imaginary[kNodes];
    for (int v = 0; v < kVectors; ++v) {
      store(real + v * kLanes<T>, re[r][v]);
      store(imaginary + v * kLanes<T>, im[r][v]);
    }
    for (int node = 0; node < kNodes; ++node) values[r][node] = {real[node], imaginary[node]};
  }
}

constexpr std::size_t kMostRows = 4;  // at a time

/// As many rows at a time as registers hold sums of: 12 of 16, but 8 for the narrowest.
template <typename T>
constexpr int rows_at_a_time(int n_nodes) {
  const int vectors = n_nodes / kLanes<T>;
  return vectors == 1 ? 4 : vectors < 6 ? 6 / vectors : 1;
}

template <typename T>
CONTIMG_SIMD void gather_group(const T* table, std::size_t n_nodes, std::size_t n, const T* const* weighed,
                               std::complex<T>* const* values) {
  if (n_nodes == 8) return gather_rows<8 / kLanes<T>, rows_at_a_time<T>(8)>(table, n, weighed, values);
  if (n_nodes == 16) return gather_rows<16 / kLanes<T>, rows_at_a_time<T>(16)>(table, n, weighed, values);
  gather_rows<24 / kLanes<T>, rows_at_a_time<T>(24)>(table, n, weighed, values);
}

/// Sets kRows rows of n channels, where their weights are not 0, from values[row] by table (nodes, n_padded).
template <int kRows, typename T>
CONTIMG_INLINE void expand_rows(const T* table, std::size_t n_nodes, std::size_t n_padded, std::size_t n,
                                const std::complex<T>* const* values, const T* const* weights,
                                std::complex<T>* const* visibilities) {
  constexpr int kVectors = 2, kStep = kVectors * kLanes<T>;
  for (std::size_t first = 0; first < n; first += kStep) {
    Vector<T> re[kRows][kVectors] = {}, im[kRows][kVectors] = {};
    for (std::size_t node = 0; node < n_nodes; ++node)
      for (int v = 0; v < kVectors; ++v) {
        const Vector<T> factors = load(table + node * n_padded + first + v * kLanes<T>);
        for (int r = 0; r < kRows; ++r) {
          re[r][v] += factors * values[r][node].real();
          im[r][v] += factors * values[r][node].imag();
        }
      }
    const std::size_t count = std::min<std::size_t>(kStep, n - first);
    for (int r = 0; r < kRows; ++r) {
      alignas(32) T real[kStep], imaginary[kStep];
      for (int v = 0; v < kVectors; ++v) {
        store(real + v * kLanes<T>, re[r][v]);
        store(imaginary + v * kLanes<T>, im[r][v]);
      }
      for (std::size_t k = 0; k < count; ++k)
        if (weights[r][first + k] != 0) visibilities[r][first + k] = {real[k], imaginary[k]};
    }
  }
}

template <typename T>
CONTIMG_SIMD void expand_group(const T* table, std::size_t n_nodes, std::size_t n_padded, std::size_t n,
                               std::size_t n_rows, const std::complex<T>* const* values, const T* const* weights,
                               std::complex<T>* const* visibilities) {
  if (n_rows == 2) return expand_rows<2>(table, n_nodes, n_padded, n, values, weights, visibilities);
  expand_rows<1>(table, n_nodes, n_padded, n, values, weights, visibilities);
}

/// Whether a row has points in a segment.
bool reaches(const GridRow& row, std::size_t segment, std::size_t n_nodes) {
  return row.points.begin <= segment * n_nodes && segment * n_nodes < row.points.end;
}

}  // namespace

template <typename T>
BandNodes<T>::BandNodes(const GridRows& rows, NdView<const double, 1> freq_hz, unsigned threads)
    : rows_(rows), threads_(threads), tables_(rows.cuts.size()) {
  std::vector<std::vector<std::uint32_t>> rows_of_cut(rows.cuts.size());
  for (std::size_t i = 0; i < rows.rows.size(); ++i)
    if (rows.rows[i].points.begin < rows.rows[i].points.end)
      rows_of_cut[rows.rows[i].cut].push_back(static_cast<std::uint32_t>(i));
  for (std::uint32_t cut = 0; cut < rows_of_cut.size(); ++cut) {
    const std::size_t first = order_.size();
    order_.insert(order_.end(), rows_of_cut[cut].begin(), rows_of_cut[cut].end());
    for (std::size_t begin = first; begin < order_.size(); begin += kTaskRows)
      tasks_.push_back({cut, {begin, std::min(begin + kTaskRows, order_.size())}});
  }
  parallel_for(tables_.size(), threads, [&](std::size_t cut) {
    if (!rows_of_cut[cut].empty()) tables_[cut] = tables_of(rows_.cuts[cut], freq_hz);
  });
}

template <typename T>
std::vector<typename BandNodes<T>::Table> BandNodes<T>::tables_of(const BandCut& cut,
                                                                  NdView<const double, 1> freq_hz) const {
  const std::size_t n_nodes = cut.is_whole() ? 0 : cut.rule.n_nodes();
  constexpr std::size_t kStep = 2 * kLanes<T>;
  std::vector<Table> tables;
  for (std::size_t segment = 0; segment < cut.segments.size(); ++segment) {
    const auto [begin, end] = cut.segments[segment];
    Table table{(end - begin + kStep - 1) / kStep * kStep, {}, {}};
    table.by_channel.resize((end - begin) * n_nodes);
    table.by_node.resize(n_nodes * table.n_padded);
    const NdArray<double, 2> weights = cut.weights(segment, freq_hz);
    for (std::size_t k = 0; k < end - begin; ++k)
      for (std::size_t node = 0; node < n_nodes; ++node)
        table.by_channel[k * n_nodes + node] = table.by_node[node * table.n_padded + k] =
            static_cast<T>(weights(k, node));
    tables.push_back(std::move(table));
  }
  return tables;
}

template <typename T>
NdArray<std::complex<T>, 1> BandNodes<T>::gather(const std::complex<T>* visibilities, NdView<const T, 2> weights,
                                                 const JobContext& context) const {
  auto values = NdArray<std::complex<T>, 1>::uninitialized({rows_.n_values});
  parallel_for(tasks_.size(), threads_, [&](std::size_t index) {
    context.checkpoint();
    const Task& task = tasks_[index];
    for (std::size_t i = task.rows.begin; rows_.cuts[task.cut].is_whole() && i < task.rows.end; ++i) {
      const GridRow& row = rows_.rows[order_[i]];
      const std::size_t first = row.channels.begin;
      copy_weighed(at(visibilities, weights, order_[i], first), &weights(order_[i], first), row.channels.end - first,
                   values.data() + (row.first_value + first));
    }
    for (std::size_t segment = 0; segment < tables_[task.cut].size(); ++segment)
      gather_segment(task, segment, visibilities, weights, values.data());
  });
  return values;
}

template <typename T>
void BandNodes<T>::gather_segment(const Task& task, std::size_t segment, const std::complex<T>* visibilities,
                                  NdView<const T, 2> weights, std::complex<T>* values) const {
  const BandCut& cut = rows_.cuts[task.cut];
  const Table& table = tables_[task.cut][segment];
  const std::size_t n_nodes = cut.rule.n_nodes(), first = cut.segments[segment].begin,
                    n = cut.segments[segment].end - first, at_a_time = rows_at_a_time<T>(static_cast<int>(n_nodes));
  thread_local std::vector<std::complex<T>> weighed;
  weighed.resize(at_a_time * n);
  std::array<const T*, kMostRows> from{};
  std::array<std::complex<T>*, kMostRows> to{};
  std::array<std::complex<T>, 32> unused;  // where rows go that are not there
  for (std::size_t i = task.rows.begin; i < task.rows.end;) {
    std::size_t count = 0;
    for (; i < task.rows.end && count < at_a_time; ++i) {
      const GridRow& row = rows_.rows[order_[i]];
      if (!reaches(row, segment, n_nodes)) continue;
      copy_weighed(at(visibilities, weights, order_[i], first), &weights(order_[i], first), n,
                   weighed.data() + count * n);
      to[count++] = values + (row.first_value + segment * n_nodes);
    }
    if (count == 0) return;
    for (std::size_t r = 0; r < at_a_time; ++r) {
      from[r] = reinterpret_cast<const T*>(weighed.data() + std::min(r, count - 1) * n);
      if (r >= count) to[r] = unused.data();
    }
    gather_group(table.by_channel.data(), n_nodes, n, from.data(), to.data());
  }
}

template <typename T>
void BandNodes<T>::expand(const std::complex<T>* values, NdView<const T, 2> weights,
                          NdView<std::complex<T>, 2> visibilities, const JobContext& context) const {
  parallel_for(tasks_.size(), threads_, [&](std::size_t index) {
    context.checkpoint();
    const Task& task = tasks_[index];
    for (std::size_t i = task.rows.begin; rows_.cuts[task.cut].is_whole() && i < task.rows.end; ++i) {
      const GridRow& row = rows_.rows[order_[i]];
      for (std::size_t channel = row.channels.begin; channel < row.channels.end; ++channel)
        if (weights(order_[i], channel) != 0) visibilities(order_[i], channel) = values[row.first_value + channel];
    }
    for (std::size_t segment = 0; segment < tables_[task.cut].size(); ++segment)
      expand_segment(task, segment, values, weights, visibilities);
  });
}

template <typename T>
void BandNodes<T>::expand_segment(const Task& task, std::size_t segment, const std::complex<T>* values,
                                  NdView<const T, 2> weights, NdView<std::complex<T>, 2> visibilities) const {
  const BandCut& cut = rows_.cuts[task.cut];
  const Table& table = tables_[task.cut][segment];
  const std::size_t n_nodes = cut.rule.n_nodes(), first = cut.segments[segment].begin,
                    n = cut.segments[segment].end - first;
  std::array<const std::complex<T>*, 2> from{};
  std::array<const T*, 2> weight{};
  std::array<std::complex<T>*, 2> to{};
  for (std::size_t i = task.rows.begin; i < task.rows.end;) {
    std::size_t count = 0;
    for (; i < task.rows.end && count < 2; ++i) {
      const GridRow& row = rows_.rows[order_[i]];
      if (!reaches(row, segment, n_nodes)) continue;
      from[count] = values + (row.first_value + segment * n_nodes);
      weight[count] = &weights(order_[i], first);
      to[count++] = &visibilities(order_[i], first);
    }
    if (count > 0)
      expand_group(table.by_node.data(), n_nodes, table.n_padded, n, count, from.data(), weight.data(), to.data());
  }
}

template class BandNodes<float>;
template class BandNodes<double>;

}  // namespace contimg::imaging
