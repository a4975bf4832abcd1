#include "ms/visibility_columns.h"

#include <algorithm>
#include <cstring>

#include "ms/column_access.h"
#include "ms/ms_create.h"
#include "ms/table_lock.h"

namespace contimg::ms {
namespace {

using Complex = std::complex<float>;

/// Unpolarized flux of 1 Jy at the phase center, what MODEL_DATA starts from: 1 in XX, YY, RR, LL and I.
Complex unit_model(int polarization) {
  switch (polarization) {
    case 1:
    case -1:
    case -2:
    case -5:
    case -6:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

struct VisibilityColumns::Columns {
  casacore::ArrayColumn<Complex> data, model, corrected;  // the last two null unless asked for
  casacore::ArrayColumn<bool> flag;
};

VisibilityColumns::VisibilityColumns(casacore::MeasurementSet& ms, const WritePlan& plan, std::string path)
    : plan_(plan),
      path_(std::move(path)),
      n_pols_(plan.observation.n_pols()),
      columns_(std::make_unique<Columns>()),
      weights_(ms, plan, path_) {
  with_casacore(path_, [&] {
    columns_->data.attach(ms, "DATA");
    columns_->flag.attach(ms, "FLAG");
    if (plan.model_data) columns_->model.attach(ms, "MODEL_DATA");
    if (plan.corrected_data) columns_->corrected.attach(ms, "CORRECTED_DATA");
  });
}

VisibilityColumns::~VisibilityColumns() {
  const std::lock_guard<std::mutex> lock(casacore_mutex());
  columns_.reset();
}

std::vector<VisibilityColumns::Segment> VisibilityColumns::segments(const VisibilityBlock& block) const {
  std::vector<Segment> result;
  const std::size_t begin = block.first_channel, end = begin + block.visibilities.shape(1);
  for (std::size_t spw = 0; spw < plan_.n_windows(); ++spw) {
    const std::size_t spw_begin = plan_.observation.spw_first_channel[spw];
    const std::size_t from = std::max(begin, spw_begin), to = std::min(end, spw_begin + plan_.n_channels_of(spw));
    if (from < to) result.push_back({spw, from - spw_begin, from - begin, to - from});
  }
  return result;
}

void VisibilityColumns::write_block(VisibilityBlock& block) {
  rephase(block, plan_.rephasing, plan_.observation.freq_hz);
  for (const Segment& segment : segments(block)) write_segment(block, segment);
}

/// Piece by piece, each within one row of tiles.
void VisibilityColumns::write_segment(const VisibilityBlock& block, const Segment& segment) {
  const std::size_t end = plan_.rank[block.first_row + block.visibilities.shape(0)];
  const std::size_t window_row = segment.spw * plan_.n_kept();
  for (std::size_t kept = plan_.rank[block.first_row]; kept < end;) {
    const std::size_t row = window_row + kept;
    const std::size_t n_rows = std::min(end - kept, plan_.tile.rows - row % plan_.tile.rows);
    TablePatch patch;
    patch.first_row = row;
    patch.n_rows = n_rows;
    patch.first_channel = segment.first_in_window;
    patch.n_channels = segment.n_channels;
    patch.n_channels_in_window = plan_.n_channels_of(segment.spw);
    stage(block, segment.first_in_block, kept, patch);
    put_staged(patch);
    weights_.write(patch);
    kept += n_rows;
  }
}

/// Copies the rows of `patch`, which are kept rows from `first_kept` on, out of the block, conjugated
/// (docs/conventions.md section 2), and flags what has no weight.
void VisibilityColumns::stage(const VisibilityBlock& block, std::size_t first_in_block, std::size_t first_kept,
                              TablePatch& patch) {
  const std::size_t per_row = patch.n_channels * n_pols_, size = patch.n_rows * per_row;
  if (staged_visibilities_.size() < size) {
    staged_visibilities_.resize(size);
    staged_flags_.resize(size);
    staged_weights_.resize(size);
  }
  bool any_flag = false, alike = true;
  for (std::size_t k = 0; k < patch.n_rows; ++k) {
    const std::size_t row = plan_.kept[first_kept + k] - block.first_row;
    const Complex* visibilities = &block.visibilities(row, first_in_block, 0);
    const std::uint8_t* flags = &block.flags(row, first_in_block, 0);
    const float* weights = &block.weights(row, first_in_block, 0);
    Complex* to = staged_visibilities_.data() + k * per_row;
    std::uint8_t* to_flags = staged_flags_.data() + k * per_row;
    std::uint8_t flagged = 0;
    for (std::size_t i = 0; i < per_row; ++i) to[i] = std::conj(visibilities[i]);
    for (std::size_t i = 0; i < per_row; ++i) {
      to_flags[i] = static_cast<std::uint8_t>((flags[i] != 0) | !(weights[i] > 0));
      flagged = static_cast<std::uint8_t>(flagged | to_flags[i]);
    }
    std::memcpy(staged_weights_.data() + k * per_row, weights, per_row * sizeof(float));
    any_flag = any_flag || flagged;
    // Each channel like the one before it, to the bit.
    alike = alike && std::memcmp(weights, weights + n_pols_, (per_row - n_pols_) * sizeof(float)) == 0;
  }
  patch.flags = staged_flags_.data();
  patch.weights = staged_weights_.data();
  patch.any_flag = any_flag;
  patch.weights_alike = alike;
}

void VisibilityColumns::put_staged(const TablePatch& patch) {
  static_assert(sizeof(bool) == 1, "flags, 0 or 1, are handed over as they are");
  const auto put = [&](auto& column, const auto* values) {
    put_cells(column, patch.first_row, patch.first_channel, patch.n_channels_in_window,
              shared_array(values, n_pols_, patch.n_channels, patch.n_rows));
  };
  const std::size_t size = patch.n_rows * patch.n_channels * n_pols_;
  for (std::size_t i = staged_model_.size(); plan_.model_data && i < size; ++i)
    staged_model_.push_back(unit_model(plan_.observation.polarizations[i % n_pols_]));
  with_casacore(path_, [&] {
    put(columns_->data, staged_visibilities_.data());
    if (plan_.model_data) put(columns_->model, staged_model_.data());
    if (plan_.corrected_data) put(columns_->corrected, staged_visibilities_.data());
    // Cells of a fixed shape are false until they are put.
    if (patch.any_flag || !columns_->flag.columnDesc().isFixedShape())
      put(columns_->flag, reinterpret_cast<const bool*>(staged_flags_.data()));
  });
}

void VisibilityColumns::finish() { weights_.finish(); }

}  // namespace contimg::ms
