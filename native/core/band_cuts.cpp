#include "core/band_cuts.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>

#include "core/chebyshev.h"
#include "core/constants.h"
#include "core/least_squares.h"
#include "core/simd.h"

// All channels of a baseline lie on a line in uv. A short baseline moves over few cells of the grid from one end of the
// band to the other, and its visibility, as a function of frequency, is band-limited by the delay of the image's
// corner: some 16 samples hold what 768 channels hold. Channels are brought onto such nodes by a matrix that all rows
// of similar length share, which costs a tenth of gridding them one by one; only nodes are gridded. Longer baselines
// have their band cut into more segments.
//
// Nodes are Chebyshev's, drawn towards an even spacing (Kosloff & Tal-Ezer 1993, J. Comput. Phys. 104, 457): that
// raises the span by up to a tenth. The weights are those of least squares over the delays, of which there are twice as
// many samples as nodes: the span is 1.7 times what interpolation by polynomials would give at 1e-4.
namespace contimg {
namespace {

constexpr double kEvenness = 0.85;  // of 0 (Chebyshev) to 1 (equidistant)

// Seconds on one core; only their ratio matters.
constexpr double kMultiplySeconds = 0.06e-9;  // per channel and node
constexpr double kNodeSeconds = 80e-9;        // to grid a node

/// Seconds that one row takes.
double cost(const BandCut& cut, std::size_t n_channels) {
  if (cut.is_whole()) return n_channels * kNodeSeconds;
  return n_channels * cut.rule.n_nodes() * kMultiplySeconds + cut.node_hz.size() * kNodeSeconds;
}

/// Largest misfit over the delays, of the weights as they will be evaluated.
double measure_misfit(const NodeRule& rule) {
  constexpr int kDelays = 24, kPositions = 41;
  double worst = 0;
  std::vector<double> weights(rule.n_nodes());
  std::vector<double> power(kDelays + 1);
  for (int p = 0; p < kPositions; ++p) {
    const double t = 2.0 * p / (kPositions - 1) - 1;
    rule.weigh(t, weights.data());
    for (int q = 0; q <= kDelays; ++q) {
      const double x = rule.span * q / kDelays;
      std::complex<double> error = -std::polar(1.0, x * t);
      for (std::size_t m = 0; m < rule.n_nodes(); ++m) error += weights[m] * std::polar(1.0, x * rule.positions[m]);
      power[q] += std::norm(error) / kPositions;
    }
  }
  for (const double value : power) worst = std::max(worst, value);
  return std::sqrt(worst);
}

/// sums[m] = sum over orders of series (orders, n) times the Chebyshev polynomials at t.
CONTIMG_SIMD void sum_series(const double* series, std::size_t n_orders, std::size_t n, double t, double* sums) {
  std::fill_n(sums, n, 0.0);
  double previous = t, current = 1;  // of orders -1 and 0
  for (std::size_t order = 0; order < n_orders; ++order) {
    for (std::size_t m = 0; m < n; ++m) sums[m] += series[order * n + m] * current;
    const double next = 2 * t * current - previous;
    previous = current;
    current = next;
  }
}

}  // namespace

void NodeRule::weigh(double t, double* weights) const {
  sum_series(weight_series.data(), weight_series.size() / n_nodes(), n_nodes(), t, weights);
}

NodeRule node_rule(int n_nodes, double span) {
  NodeRule rule;
  rule.span = span;
  for (const double node : chebyshev_nodes(n_nodes))
    rule.positions.push_back(-std::asin(kEvenness * node) / std::asin(kEvenness));
  const int n_delays = 2 * n_nodes, n_sides = 2 * n_nodes + 8;
  const std::vector<double> delays = chebyshev_nodes(2 * n_delays), sides = chebyshev_nodes(n_sides);
  LeastSquares problem(2 * n_delays, n_nodes, n_sides);
  const auto fill = [&](double t, double* column) {
    for (int q = 0; q < n_delays; ++q) {  // the other half of the delays says the same
      column[q] = std::cos(span * delays[q] * t);
      column[n_delays + q] = std::sin(span * delays[q] * t);
    }
  };
  for (int m = 0; m < n_nodes; ++m) fill(rule.positions[m], problem.matrix(m));
  for (int s = 0; s < n_sides; ++s) fill(sides[s], problem.wanted(s));
  problem.solve();
  std::vector<double> values(n_sides);
  rule.weight_series.resize(n_sides * n_nodes);
  for (int m = 0; m < n_nodes; ++m) {
    for (int s = 0; s < n_sides; ++s) values[s] = problem.solution(s)[m];
    const std::vector<double> series = chebyshev_series(values);
    for (int order = 0; order < n_sides; ++order) rule.weight_series[order * n_nodes + m] = series[order];
  }
  rule.misfit = measure_misfit(rule);
  return rule;
}

NodeRule widest_node_rule(int n_nodes, double misfit) {
  double narrow = 0, wide = kPi / 2 * n_nodes;  // of no width, and where nodes are as far apart as the spacing allows
  NodeRule best;
  while (wide - narrow > 0.01 * wide) {
    NodeRule tried = node_rule(n_nodes, (narrow + wide) / 2);
    (tried.misfit <= misfit ? narrow : wide) = tried.span;
    if (tried.misfit <= misfit) best = std::move(tried);
  }
  return best;
}

double BandCut::center_hz(std::size_t segment, NdView<const double, 1> freq_hz) const {
  const auto [least, largest] =
      std::minmax_element(freq_hz.data() + segments[segment].begin, freq_hz.data() + segments[segment].end);
  return (*least + *largest) / 2;
}

NdArray<double, 2> BandCut::weights(std::size_t segment, NdView<const double, 1> freq_hz) const {
  const auto [begin, end] = segments[segment];
  const double center = center_hz(segment, freq_hz);
  NdArray<double, 2> table({end - begin, rule.n_nodes()});
  for (std::size_t k = begin; k < end; ++k)
    rule.weigh(half_width_hz > 0 ? (freq_hz(k) - center) / half_width_hz : 0, &table(k - begin, 0));
  return table;
}

BandCuts::BandCuts(NdView<const double, 1> freq_hz, double misfit) {
  const std::size_t n_channels = freq_hz.size();
  for (const int n_nodes : {8, 16, 24}) {
    if (2u * n_nodes > n_channels) break;
    const NodeRule rule = widest_node_rule(n_nodes, misfit);
    if (rule.n_nodes() == 0) continue;
    for (std::size_t n = 1; 2 * n * n_nodes <= n_channels; n += std::max<std::size_t>(1, n / 4)) add(rule, n, freq_hz);
  }
  std::sort(cuts_.begin(), cuts_.end(),
            [](const BandCut& a, const BandCut& b) { return a.longest_delay_s < b.longest_delay_s; });
  BandCut whole;
  whole.longest_delay_s = std::numeric_limits<double>::infinity();
  whole.node_hz.assign(freq_hz.begin(), freq_hz.end());
  cuts_.push_back(std::move(whole));
  // Cuts that another one beats in both respects go.
  std::vector<BandCut> useful;
  for (std::size_t i = cuts_.size(); i-- > 0;)
    if (useful.empty() || cost(cuts_[i], n_channels) < cost(useful.back(), n_channels))
      useful.push_back(std::move(cuts_[i]));
  cuts_.assign(std::make_move_iterator(useful.rbegin()), std::make_move_iterator(useful.rend()));
}

std::size_t BandCuts::cheapest(double delay_s) const {
  return std::partition_point(cuts_.begin(), cuts_.end(),
                              [&](const BandCut& cut) { return cut.longest_delay_s < delay_s; }) -
         cuts_.begin();
}

void BandCuts::add(const NodeRule& rule, std::size_t n_segments, NdView<const double, 1> freq_hz) {
  BandCut cut;
  cut.rule = rule;
  for (std::size_t s = 0; s < n_segments; ++s) {
    const IndexRange channels{s * freq_hz.size() / n_segments, (s + 1) * freq_hz.size() / n_segments};
    cut.segments.push_back(channels);
    const auto [least, largest] = std::minmax_element(freq_hz.data() + channels.begin, freq_hz.data() + channels.end);
    cut.half_width_hz = std::max(cut.half_width_hz, (*largest - *least) / 2);
  }
  cut.longest_delay_s = rule.span / (2 * kPi * cut.half_width_hz);
  for (std::size_t s = 0; s < n_segments; ++s)
    for (const double position : rule.positions)
      cut.node_hz.push_back(cut.center_hz(s, freq_hz) + position * cut.half_width_hz);
  cuts_.push_back(std::move(cut));
}

}  // namespace contimg
