#pragma once

#include <casacore/ms/MeasurementSets/MSMainColumns.h>
#include <casacore/ms/MeasurementSets/MeasurementSet.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/visibility_source.h"
#include "ms/write_plan.h"

namespace contimg::ms {

/// Fills the main table of a new MS: write_rows, then every block of the source, then finish. Takes the casacore mutex
/// where it needs it.
class MainTableWriter {
 public:
  MainTableWriter(casacore::MeasurementSet& ms, const Observation& observation, const WritePlan& plan,
                  std::string path);
  ~MainTableWriter();

  /// Everything that is known before a visibility is read.
  void write_rows();
  /// DATA, FLAG and WEIGHT_SPECTRUM of a block, which is changed in place.
  void write_block(VisibilityBlock& block);
  /// What follows from all blocks: WEIGHT, SIGMA, FLAG_ROW.
  void finish();

 private:
  /// Channels of a block that lie in one spectral window.
  struct Segment {
    std::size_t spw, first_in_spw, first_in_block, n_channels, n_in_spw;
  };
  std::vector<Segment> segments(const VisibilityBlock& block) const;
  /// Conjugates (docs/conventions.md section 2), and flags what has no weight.
  void to_ms_conventions(VisibilityBlock& block) const;
  void keep_rows(VisibilityBlock& block) const;
  void put_segment(const VisibilityBlock& block, const Segment& segment, std::size_t first_row);

  std::unique_ptr<casacore::MSMainColumns> columns_;
  const Observation& observation_;
  const WritePlan& plan_;
  std::string path_;
  std::size_t n_spws_, n_pols_;
  /// Per row of the MS and polarization: sum of the weights of what is not flagged, and how many those are.
  std::vector<double> weight_sum_;
  std::vector<std::uint32_t> weight_count_;
};

}  // namespace contimg::ms
