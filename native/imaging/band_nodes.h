#pragma once

#include <complex>
#include <vector>

#include "core/job_context.h"
#include "core/nd_array.h"
#include "core/nd_view.h"
#include "imaging/grid_rows.h"

namespace contimg::imaging {

/// Brings the channels of rows onto their points and back; band_cuts.cpp says why. Points that are channels are copied.
template <typename T>
class BandNodes {
 public:
  BandNodes(const GridRows& rows, NdView<const double, 1> freq_hz, unsigned threads);

  /// values = sum over channels of weight_point(channel) weight visibility, for all points of all rows.
  /// @param visibilities  (rows, channels), or null for visibilities that are 1
  NdArray<std::complex<T>, 1> gather(const std::complex<T>* visibilities, NdView<const T, 2> weights,
                                     const JobContext& context) const;

  /// visibility = sum over points of weight_point(channel) value, where the weight is not 0: the adjoint of gather.
  void expand(const std::complex<T>* values, NdView<const T, 2> weights, NdView<std::complex<T>, 2> visibilities,
              const JobContext& context) const;

 private:
  /// Rows of one cut that are worked on at a time.
  struct Task {
    std::uint32_t cut;
    IndexRange rows;  ///< indices into order_
  };
  /// One segment of a cut: the weights of its nodes, once by channel and once by node.
  struct Table {
    std::size_t n_padded;       ///< channels, to whole vectors
    std::vector<T> by_channel;  ///< (channels, nodes)
    std::vector<T> by_node;     ///< (nodes, n_padded), 0 where padded
  };

  std::vector<Table> tables_of(const BandCut& cut, NdView<const double, 1> freq_hz) const;
  void gather_segment(const Task& task, std::size_t segment, const std::complex<T>* visibilities,
                      NdView<const T, 2> weights, std::complex<T>* values) const;
  void expand_segment(const Task& task, std::size_t segment, const std::complex<T>* values, NdView<const T, 2> weights,
                      NdView<std::complex<T>, 2> visibilities) const;

  const GridRows& rows_;
  unsigned threads_;
  std::vector<std::vector<Table>> tables_;  ///< per cut and segment; none of cuts that no row uses
  std::vector<std::uint32_t> order_;        ///< rows by cut
  std::vector<Task> tasks_;
};

}  // namespace contimg::imaging
