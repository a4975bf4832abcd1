#include "core/node_visibilities.h"

#include <algorithm>

#include "core/simd_vector.h"

namespace contimg {
namespace {

constexpr std::size_t kStep = 2 * kLanes<float>;  // channels whose sums are kept in registers

/// Cuts of fewer than this times the nodes of the next are as good as that: fewer cuts share more.
constexpr double kLeastRatio = 1.3;

/// out = sum over nodes of weights (nodes, stride) times values, for channels [first, first + count) of a segment. As
/// many as kStep channels beyond are read.
CONTIMG_SIMD void expand_segment(const float* weights, std::size_t stride, std::size_t n_nodes, const float* re,
                                 const float* im, std::size_t first, std::size_t count, float* out_re, float* out_im) {
  constexpr std::size_t kLane = kLanes<float>;
  for (std::size_t k = 0; k < count; k += kStep) {
    Vector<float> sum_re[2] = {}, sum_im[2] = {};
    for (std::size_t node = 0; node < n_nodes; ++node)
      for (std::size_t half = 0; half < 2; ++half) {
        const Vector<float> weight = load(weights + node * stride + first + k + half * kLane);
        sum_re[half] += weight * re[node];
        sum_im[half] += weight * im[node];
      }
    float real[kStep], imaginary[kStep];
    for (std::size_t half = 0; half < 2; ++half) {
      store(real + half * kLane, sum_re[half]);
      store(imaginary + half * kLane, sum_im[half]);
    }
    const std::size_t n = std::min(kStep, count - k);
    std::copy_n(real, n, out_re + k);
    std::copy_n(imaginary, n, out_im + k);
  }
}

NdArray<float, 2> weights_of(const BandCut& cut, std::size_t segment, NdView<const double, 1> freq_hz) {
  const auto [begin, end] = cut.segments[segment];
  NdArray<float, 2> table({cut.rule.n_nodes(), end - begin + kStep});
  const NdArray<double, 2> weights = cut.weights(segment, freq_hz);
  for (std::size_t k = 0; k < weights.shape(0); ++k)
    for (std::size_t node = 0; node < weights.shape(1); ++node) table(node, k) = static_cast<float>(weights(k, node));
  return table;
}

}  // namespace

NodeVisibilities::Cuts::Cuts(const std::vector<double>& freq_hz, double misfit) {
  const NdView<const double, 1> channels(freq_hz.data(), {freq_hz.size()});
  const BandCuts all(channels, misfit);
  for (std::size_t i = all.cuts().size(); i-- > 0;) {
    const BandCut& band = all.cuts()[i];
    const auto n_nodes = static_cast<double>(band.node_hz.size());
    if (!cuts_.empty() && kLeastRatio * n_nodes > static_cast<double>(cuts_.back().band.node_hz.size())) continue;
    Cut cut{band, {}};
    for (std::size_t segment = 0; segment < band.segments.size(); ++segment)
      cut.weights.push_back(weights_of(band, segment, channels));
    cuts_.push_back(std::move(cut));
  }
  std::reverse(cuts_.begin(), cuts_.end());
}

std::uint32_t NodeVisibilities::Cuts::fewest(double delay_s) const {
  const auto found = std::partition_point(cuts_.begin(), cuts_.end(),
                                          [&](const Cut& cut) { return cut.band.longest_delay_s < delay_s; });
  return static_cast<std::uint32_t>(found - cuts_.begin());
}

NodeVisibilities::NodeVisibilities(const Cuts& cuts, std::size_t first_row, std::vector<std::uint32_t> cut_of_row)
    : cuts_(cuts), first_row_(first_row), cut_of_row_(std::move(cut_of_row)) {
  std::size_t n_nodes = 0;
  for (const std::uint32_t cut : cut_of_row_) {
    first_node_.push_back(n_nodes);
    n_nodes += cuts[cut].node_hz.size();
  }
  values_ = NdArray<float, 1>({2 * n_nodes});
}

void NodeVisibilities::expand(std::size_t row, std::size_t first, std::size_t count, float* re, float* im) const {
  const Cuts::Cut& cut = cuts_.cuts_[cut_of(row)];
  const float *const node_re = this->re(row), *const node_im = this->im(row);
  if (cut.band.is_whole()) {
    std::copy_n(node_re + first, count, re);
    std::copy_n(node_im + first, count, im);
    return;
  }
  const std::size_t n_nodes = cut.band.rule.n_nodes();
  for (std::size_t segment = 0; segment < cut.band.segments.size(); ++segment) {
    const auto [begin, end] = cut.band.segments[segment];
    const std::size_t from = std::max(begin, first), to = std::min(end, first + count);
    if (from >= to) continue;
    const NdArray<float, 2>& weights = cut.weights[segment];
    expand_segment(weights.data(), weights.shape(1), n_nodes, node_re + segment * n_nodes, node_im + segment * n_nodes,
                   from - begin, to - from, re + (from - first), im + (from - first));
  }
}

}  // namespace contimg
