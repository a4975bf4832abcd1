#include "ms/main_table_writer.h"

#include <casacore/casa/Arrays/Slicer.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ms/table_lock.h"

namespace contimg::ms {
namespace {

using casacore::Array;
using casacore::IPosition;
using casacore::Slicer;
using casacore::Vector;

Slicer rows(std::size_t first, std::size_t n) {
  return Slicer(IPosition(1, static_cast<ssize_t>(first)), IPosition(1, static_cast<ssize_t>(n)));
}

/// casacore's axes run the other way: C order (rows, channels, pols) is its (pols, channels, rows). Nothing is copied.
template <typename T>
Array<T> shared(const T* data, const IPosition& shape) {
  return Array<T>(shape, const_cast<T*>(data), casacore::SHARE);
}

/// The channels [first, first + n) of every row of a block, copied unless they are all.
template <typename T>
std::vector<T> channels(const NdView<T, 3>& all, std::size_t first, std::size_t n) {
  std::vector<T> copy;
  if (n == all.shape(1)) return copy;
  const std::size_t n_pols = all.shape(2);
  copy.reserve(all.shape(0) * n * n_pols);
  for (std::size_t row = 0; row < all.shape(0); ++row) {
    const T* begin = &all(row, first, 0);
    copy.insert(copy.end(), begin, begin + n * n_pols);
  }
  return copy;
}

/// Puts into an incremental column, whose values hold until the next, only where the value changes.
template <typename Column, typename Value>
void put_changes(Column& column, std::size_t first_row, const WritePlan& plan, const Observation& observation,
                 Value value) {
  std::size_t previous = observation.time_mjd_s.size();
  for (std::size_t k = 0; k < plan.n_kept(); ++k) {
    const std::size_t time = observation.time_index[plan.kept[k]];
    if (time == previous) continue;
    column.put(first_row + k, value(time));
    previous = time;
  }
}

}  // namespace

MainTableWriter::MainTableWriter(casacore::MeasurementSet& ms, const Observation& observation, const WritePlan& plan,
                                 std::string path)
    : observation_(observation),
      plan_(plan),
      path_(std::move(path)),
      n_spws_(observation.spw_first_channel.size()),
      n_pols_(observation.n_pols()),
      weight_sum_(plan.n_kept() * n_spws_ * n_pols_),
      weight_count_(weight_sum_.size()) {
  with_casacore(path_, [&] { columns_ = std::make_unique<casacore::MSMainColumns>(ms); });
}

MainTableWriter::~MainTableWriter() {
  const std::lock_guard<std::mutex> lock(casacore_mutex());
  columns_.reset();
}

void MainTableWriter::write_rows() {
  const std::size_t n = plan_.n_kept();
  Vector<int> antenna1(n), antenna2(n);
  casacore::Matrix<double> uvw(3, n);
  for (std::size_t k = 0; k < n; ++k) {
    const std::size_t row = plan_.kept[k];
    antenna1(k) = static_cast<int>(observation_.antenna1[row]);
    antenna2(k) = static_cast<int>(observation_.antenna2[row]);
    const Vec3& coordinates = plan_.rephasing.uvw_m[row];
    uvw(0, k) = coordinates.x;
    uvw(1, k) = coordinates.y;
    uvw(2, k) = coordinates.z;
  }
  with_casacore(path_, [&] {
    for (auto* column : {&columns_->feed1(), &columns_->feed2(), &columns_->processorId(), &columns_->observationId(),
                         &columns_->arrayId(), &columns_->stateId()})
      column->put(0, 0);
    columns_->scanNumber().put(0, 1);
    const auto time = [&](std::size_t t) { return observation_.time_mjd_s[t]; };
    const auto interval = [&](std::size_t t) { return observation_.integration_s[t]; };
    const auto field = [&](std::size_t t) { return static_cast<int>(plan_.field_of_time[t]); };
    for (std::size_t spw = 0; spw < n_spws_; ++spw) {
      const std::size_t first = spw * n;
      columns_->dataDescId().put(first, static_cast<int>(spw));
      put_changes(columns_->time(), first, plan_, observation_, time);
      put_changes(columns_->timeCentroid(), first, plan_, observation_, time);
      put_changes(columns_->interval(), first, plan_, observation_, interval);
      put_changes(columns_->exposure(), first, plan_, observation_, interval);
      put_changes(columns_->fieldId(), first, plan_, observation_, field);
      columns_->antenna1().putColumnRange(rows(first, n), antenna1);
      columns_->antenna2().putColumnRange(rows(first, n), antenna2);
      columns_->uvw().putColumnRange(rows(first, n), uvw);
    }
  });
}

std::vector<MainTableWriter::Segment> MainTableWriter::segments(const VisibilityBlock& block) const {
  std::vector<Segment> result;
  const std::size_t begin = block.first_channel, end = begin + block.visibilities.shape(1);
  for (std::size_t spw = 0; spw < n_spws_; ++spw) {
    const std::size_t spw_begin = observation_.spw_first_channel[spw];
    const std::size_t spw_end = spw + 1 < n_spws_ ? observation_.spw_first_channel[spw + 1] : observation_.n_channels();
    const std::size_t from = std::max(begin, spw_begin), to = std::min(end, spw_end);
    if (from < to) result.push_back({spw, from - spw_begin, from - begin, to - from, spw_end - spw_begin});
  }
  return result;
}

void MainTableWriter::to_ms_conventions(VisibilityBlock& block) const {
  for (std::size_t i = 0; i < block.flags.size(); ++i) {
    block.visibilities.data()[i] = std::conj(block.visibilities.data()[i]);
    block.flags.data()[i] = block.flags.data()[i] != 0 || !(block.weights.data()[i] > 0);
  }
}

void MainTableWriter::keep_rows(VisibilityBlock& block) const {
  const std::size_t n = block.visibilities.shape(0), per_row = block.visibilities.shape(1) * n_pols_;
  std::size_t to = 0;
  for (std::size_t from = 0; from < n; ++from) {
    const std::size_t row = block.first_row + from;
    if (plan_.rank[row] == plan_.rank[row + 1]) continue;
    if (to != from) {
      std::copy_n(block.visibilities.data() + from * per_row, per_row, block.visibilities.data() + to * per_row);
      std::copy_n(block.flags.data() + from * per_row, per_row, block.flags.data() + to * per_row);
      std::copy_n(block.weights.data() + from * per_row, per_row, block.weights.data() + to * per_row);
    }
    ++to;
  }
  const std::array<std::size_t, 3> shape{to, block.visibilities.shape(1), n_pols_};
  block.visibilities = {block.visibilities.data(), shape};
  block.flags = {block.flags.data(), shape};
  block.weights = {block.weights.data(), shape};
}

void MainTableWriter::write_block(VisibilityBlock& block) {
  rephase(block, plan_.rephasing, observation_.freq_hz);
  to_ms_conventions(block);
  const std::size_t first_kept = plan_.rank[block.first_row];
  keep_rows(block);
  if (block.visibilities.shape(0) == 0) return;
  for (const Segment& segment : segments(block)) put_segment(block, segment, segment.spw * plan_.n_kept() + first_kept);
}

void MainTableWriter::put_segment(const VisibilityBlock& block, const Segment& segment, std::size_t first_row) {
  const auto visibilities = channels(block.visibilities, segment.first_in_block, segment.n_channels);
  const auto flags = channels(block.flags, segment.first_in_block, segment.n_channels);
  const auto weights = channels(block.weights, segment.first_in_block, segment.n_channels);
  const auto* vis_data = visibilities.empty() ? block.visibilities.data() : visibilities.data();
  const auto* flag_data = flags.empty() ? block.flags.data() : flags.data();
  const auto* weight_data = weights.empty() ? block.weights.data() : weights.data();
  const std::size_t n_rows = block.visibilities.shape(0);

  for (std::size_t row = 0, i = 0; row < n_rows; ++row)
    for (std::size_t channel = 0; channel < segment.n_channels; ++channel)
      for (std::size_t pol = 0; pol < n_pols_; ++pol, ++i) {
        if (flag_data[i]) continue;
        weight_sum_[(first_row + row) * n_pols_ + pol] += weight_data[i];
        ++weight_count_[(first_row + row) * n_pols_ + pol];
      }

  const IPosition shape(3, static_cast<ssize_t>(n_pols_), static_cast<ssize_t>(segment.n_channels),
                        static_cast<ssize_t>(n_rows));
  const IPosition cell(2, static_cast<ssize_t>(n_pols_), static_cast<ssize_t>(segment.n_in_spw));
  const Slicer section(IPosition(2, 0, static_cast<ssize_t>(segment.first_in_spw)), shape.getFirst(2));
  static_assert(sizeof(bool) == 1, "flags, 0 or 1, are handed over as they are");
  with_casacore(path_, [&] {
    const auto put = [&](auto& column, const auto& values) {
      if (!(column.columnDesc().isFixedShape()))
        for (std::size_t row = 0; row < n_rows; ++row)
          if (!column.isDefined(first_row + row)) column.setShape(first_row + row, cell);
      column.putColumnRange(rows(first_row, n_rows), section, values);
    };
    put(columns_->data(), shared(vis_data, shape));
    put(columns_->flag(), shared(reinterpret_cast<const bool*>(flag_data), shape));
    put(columns_->weightSpectrum(), shared(weight_data, shape));
  });
}

void MainTableWriter::finish() {
  const std::size_t n_rows = plan_.n_kept() * n_spws_;
  std::vector<float> weight(weight_sum_.size()), sigma(weight_sum_.size());
  Vector<bool> flag_row(n_rows);
  for (std::size_t row = 0; row < n_rows; ++row) {
    bool flagged = true;
    for (std::size_t i = row * n_pols_; i < (row + 1) * n_pols_; ++i) {
      if (weight_count_[i] == 0) continue;
      flagged = false;
      weight[i] = static_cast<float>(weight_sum_[i] / weight_count_[i]);
      sigma[i] = 1 / std::sqrt(weight[i]);
    }
    flag_row(row) = flagged;
  }
  const IPosition shape(2, static_cast<ssize_t>(n_pols_), static_cast<ssize_t>(n_rows));
  with_casacore(path_, [&] {
    columns_->weight().putColumn(shared(weight.data(), shape));
    columns_->sigma().putColumn(shared(sigma.data(), shape));
    columns_->flagRow().putColumn(flag_row);
  });
}

}  // namespace contimg::ms
