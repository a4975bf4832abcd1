#pragma once

#include <casacore/ms/MeasurementSets/MeasurementSet.h>
#include <casacore/tables/Tables/ArrayColumn.h>

#include <complex>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/visibility_source.h"
#include "ms/weight_columns.h"
#include "ms/write_plan.h"

namespace contimg::ms {

/// DATA, FLAG and the weights of a new MS, and MODEL_DATA and CORRECTED_DATA where they were asked for: every block of
/// the source, then finish. Takes the casacore mutex where it needs it.
class VisibilityColumns {
 public:
  VisibilityColumns(casacore::MeasurementSet& ms, const WritePlan& plan, std::string path);
  ~VisibilityColumns();

  /// Moves the block to its field in place, and writes it.
  void write_block(VisibilityBlock& block);
  void finish();

 private:
  /// Channels of a block that lie in one spectral window.
  struct Segment {
    std::size_t spw, first_in_window, first_in_block, n_channels;
  };
  std::vector<Segment> segments(const VisibilityBlock& block) const;
  void write_segment(const VisibilityBlock& block, const Segment& segment);
  void stage(const VisibilityBlock& block, std::size_t first_in_block, std::size_t first_kept, TablePatch& patch);
  void put_staged(const TablePatch& patch);

  struct Columns;
  const WritePlan& plan_;
  std::string path_;
  std::size_t n_pols_;
  std::unique_ptr<Columns> columns_;
  WeightColumns weights_;
  /// One piece, small enough to stay in the cache from here to casacore's tile and the system's page.
  std::vector<std::complex<float>> staged_visibilities_, staged_model_;
  std::vector<std::uint8_t> staged_flags_;
  std::vector<float> staged_weights_;
};

}  // namespace contimg::ms
