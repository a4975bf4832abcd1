#pragma once

#include <cstddef>
#include <vector>

#include "core/fft.h"
#include "core/nd_array.h"
#include "core/nd_view.h"

namespace contimg {

/// How a few frequencies, the nodes, stand for all that lie between them. In a piece of the band of half width H
///
///   exp(2 pi i nu tau)  ~  sum_m weight_m(t) exp(2 pi i nu_m tau),     nu = center + t H,   |t| <= 1,
///
/// for every delay tau with |2 pi H tau| <= span, where node m is at t = position_m.
struct NodeRule {
  double span = 0;    ///< radians
  double misfit = 0;  ///< rms over t of the error, at the worst delay
  std::vector<double> positions;
  std::vector<double> weight_series;  ///< Chebyshev series in t: (orders, nodes)

  std::size_t n_nodes() const { return positions.size(); }
  /// The weights of all nodes at t.
  void weigh(double t, double* weights) const;
};

/// The rule with the weights of least misfit. Cost: under 1 ms.
NodeRule node_rule(int n_nodes, double span);

/// The rule of the widest span whose misfit is at most `misfit`.
NodeRule widest_node_rule(int n_nodes, double misfit);

/// A band cut into segments of consecutive channels, with the nodes of each.
struct BandCut {
  std::vector<IndexRange> segments;  ///< channels; none where every channel is its own node
  NodeRule rule;
  double half_width_hz = 0;     ///< of the widest segment, and the scale of the nodes of all
  double longest_delay_s = 0;   ///< for which the rule holds
  std::vector<double> node_hz;  ///< (segments, nodes)

  bool is_whole() const { return segments.empty(); }
  double center_hz(std::size_t segment, NdView<const double, 1> freq_hz) const;
  /// The weights of a segment's nodes in its channels, (channels, nodes).
  NdArray<double, 2> weights(std::size_t segment, NdView<const double, 1> freq_hz) const;
};

/// Ways to cut a band, from few nodes to all channels.
class BandCuts {
 public:
  BandCuts(NdView<const double, 1> freq_hz, double misfit);

  const std::vector<BandCut>& cuts() const { return cuts_; }
  /// The one of all channels.
  const BandCut& whole() const { return cuts_.back(); }
  /// Index of the cheapest cut that holds for delays up to this.
  std::size_t cheapest(double delay_s) const;

 private:
  void add(const NodeRule& rule, std::size_t n_segments, NdView<const double, 1> freq_hz);

  std::vector<BandCut> cuts_;  ///< by ascending delay and cost; the last is whole
};

}  // namespace contimg
