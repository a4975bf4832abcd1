#pragma once

#include <casacore/tables/Tables/Table.h>

#include <memory>
#include <string>

#include "core/visibility_source.h"
#include "ms/ms_selection.h"
#include "ms/ms_table.h"

namespace contimg::ms {

/// The visibilities of a MeasurementSet, or of a part of it, read ahead on a thread of its own.
///
/// Flags are FLAG or FLAG_ROW, and 1 where a visibility is not finite (it is then given as 0) or a window lacks the
/// row; weights are WEIGHT_SPECTRUM, or WEIGHT for every channel where that is missing, or 1 without either.
class MsSource final : public VisibilitySource {
 public:
  /// @param data_column  DATA, CORRECTED_DATA or MODEL_DATA
  /// @param orientation  used where the MS does not say with which its UVW was computed
  /// @throws Error{MEASUREMENT_SET, FILE_ACCESS}; Error{INVALID_ARGUMENT} for a selection of nothing
  MsSource(std::string path, const EarthOrientation& orientation, std::string data_column = "DATA",
           const Selection& selection = {});

  const Observation& observation() const override { return contents_.observation; }
  const MsContents& contents() const { return contents_; }
  void read(const std::function<void(VisibilityBlock&)>& consume, const JobContext& context) override;
  void read_rows(RowRange rows, const std::function<void(VisibilityBlock&)>& consume,
                 const JobContext& context) override;

 private:
  struct Close {  ///< under the casacore mutex
    void operator()(casacore::Table* table) const;
  };

  std::string path_, data_column_;
  std::unique_ptr<casacore::Table, Close> table_;
  MsContents contents_;
};

}  // namespace contimg::ms
