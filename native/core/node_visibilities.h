#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/band_cuts.h"
#include "core/nd_array.h"
#include "core/row_range.h"

namespace contimg {

/// Visibilities of consecutive rows at few frequencies, the nodes, from which they follow at every channel
/// (core/band_cuts.h). Rows of similar delays share one of some cuts of the band.
class NodeVisibilities {
 public:
  /// The cuts, for all channels of an observation, ascending in delay.
  class Cuts {
   public:
    /// @param misfit  rms error over a segment that nodes may make, relative to the amplitude of the longest delay
    Cuts(const std::vector<double>& freq_hz, double misfit);
    std::size_t size() const { return cuts_.size(); }
    const BandCut& operator[](std::size_t cut) const { return cuts_[cut].band; }
    /// The one of fewest nodes that holds for delays up to this.
    std::uint32_t fewest(double delay_s) const;

   private:
    friend NodeVisibilities;
    /// Weights of nodes, (nodes, padded channels), per segment; none where every channel is a node.
    struct Cut {
      BandCut band;
      std::vector<NdArray<float, 2>> weights;
    };
    std::vector<Cut> cuts_;
  };

  /// @param cuts        outlives this
  /// @param first_row   of the rows
  /// @param cut_of_row  per row, see Cuts::fewest()
  NodeVisibilities(const Cuts& cuts, std::size_t first_row, std::vector<std::uint32_t> cut_of_row);

  const Cuts& cuts() const { return cuts_; }
  RowRange rows() const { return {first_row_, cut_of_row_.size()}; }
  std::size_t cut_of(std::size_t row) const { return cut_of_row_[row - first_row_]; }
  std::size_t n_nodes(std::size_t row) const { return cuts_[cut_of(row)].node_hz.size(); }
  /// Of all rows.
  std::size_t n_nodes() const { return values_.size() / 2; }

  /// At the nodes of the row's cut. 0 at first.
  float* re(std::size_t row) { return values_.data() + 2 * first_node_[row - first_row_]; }
  float* im(std::size_t row) { return re(row) + n_nodes(row); }
  const float* re(std::size_t row) const { return values_.data() + 2 * first_node_[row - first_row_]; }
  const float* im(std::size_t row) const { return re(row) + n_nodes(row); }

  /// The visibilities of a row at the channels [first, first + count), overwritten.
  void expand(std::size_t row, std::size_t first, std::size_t count, float* re, float* im) const;

 private:
  const Cuts& cuts_;
  std::size_t first_row_;
  std::vector<std::uint32_t> cut_of_row_;
  std::vector<std::size_t> first_node_;  ///< per row
  NdArray<float, 1> values_;             ///< per row, real parts and then imaginary ones
};

}  // namespace contimg
