#include "imaging/gridded_components.h"

#include <algorithm>
#include <cmath>

#include "core/nd_array.h"
#include "core/parallel.h"
#include "imaging/component_gains.h"

namespace contimg::imaging {
namespace {

/// Functions of integration and channel, orthonormal under the tile's weights: 1, the drift of the pointing, its
/// square, and frequency. Those that do not vary, as the drift of a tracked field, are left out.
class GainBasis {
 public:
  explicit GainBasis(const TileResponse& response) {
    const std::size_t n_times = response.pointing.size(), n_channels = response.freq_hz.size();
    const double ra = response.center.ra_rad, sum_t = sum(response.integration_weights),
                 sum_k = sum(response.channel_weights);
    std::vector<double> drift, square, frequency;
    for (const Direction& pointing : response.pointing) {
      drift.push_back(std::cos(pointing.dec_rad) * std::sin(pointing.ra_rad - ra));
      square.push_back(drift.back() * drift.back());
    }
    for (const double freq : response.freq_hz) frequency.push_back(freq / response.freq_hz.front() - 1);
    for (const double weight_t : response.integration_weights)
      for (const double weight_k : response.channel_weights) weights_.push_back(weight_t / sum_t * weight_k / sum_k);
    const std::vector<double> flat_t(n_times, 1.0), flat_k(n_channels, 1.0);
    add(flat_t, flat_k);
    add(drift, flat_k);
    add(square, flat_k);
    add(flat_t, frequency);
  }

  std::size_t size() const { return functions_.size(); }
  /// (integrations, channels)
  const std::vector<double>& function(std::size_t i) const { return functions_[i]; }

  /// Coefficient of a gain on function i.
  double project(const std::vector<float>& gains, std::size_t i) const {
    double result = 0;
    for (std::size_t j = 0; j < gains.size(); ++j) result += weights_[j] * functions_[i][j] * gains[j];
    return result;
  }

 private:
  static double sum(const std::vector<double>& values) {
    double result = 0;
    for (const double value : values) result += value;
    return result;
  }

  double inner(const std::vector<double>& a, const std::vector<double>& b) const {
    double result = 0;
    for (std::size_t j = 0; j < a.size(); ++j) result += weights_[j] * a[j] * b[j];
    return result;
  }

  /// Adds of_time times of_channel, made orthogonal to the functions before it (Gram and Schmidt).
  void add(const std::vector<double>& of_time, const std::vector<double>& of_channel) {
    std::vector<double> f;
    for (const double t : of_time)
      for (const double k : of_channel) f.push_back(t * k);
    const double before = std::sqrt(inner(f, f));
    for (const auto& g : functions_) {
      const double overlap = inner(f, g);
      for (std::size_t j = 0; j < f.size(); ++j) f[j] -= overlap * g[j];
    }
    const double norm = std::sqrt(inner(f, f));
    if (!(norm > 1e-6 * before)) return;
    for (double& value : f) value /= norm;
    functions_.push_back(std::move(f));
  }

  std::vector<double> weights_;
  std::vector<std::vector<double>> functions_;
};

/// Coefficients of all components, (components, functions).
NdArray<double, 2> project(const std::vector<Component>& components, const TileResponse& response,
                           const GainBasis& basis, unsigned threads) {
  const ComponentGains gains_of(response);
  NdArray<double, 2> coefficients({components.size(), basis.size()});
  parallel_for(components.size(), threads, [&](std::size_t i) {
    std::vector<float> gains(response.pointing.size() * response.freq_hz.size());
    gains_of.fill(components[i], gains.data());
    for (std::size_t f = 0; f < basis.size(); ++f) coefficients(i, f) = basis.project(gains, f);
  });
  return coefficients;
}

}  // namespace

void subtract_gridded_components(const std::vector<Component>& components, const TileResponse& response,
                                 const Facet& facet, const std::vector<std::uint32_t>& time_index,
                                 NdView<const float, 2> weights, const GridderOptions& options,
                                 NdView<std::complex<float>, 2> visibilities, const JobContext& context) {
  const GainBasis basis(response);
  const auto coefficients = project(components, response, basis, options.threads);
  NdArray<std::complex<float>, 2> part(visibilities.shape());
  const std::size_t n_channels = visibilities.shape(1);
  for (std::size_t f = 0; f < basis.size(); ++f) {
    NdArray<float, 2> image({facet.image().ny, facet.image().nx});
    for (std::size_t i = 0; i < components.size(); ++i) {
      const auto [y, x] = facet.pixel_of(components[i]);
      image(y, x) += static_cast<float>(coefficients(i, f));
    }
    image_to_visibilities<float>(facet.uvw_m(), {response.freq_hz.data(), {n_channels}}, image.view(), facet.image(),
                                 options, weights, part.view(),
                                 context.part(static_cast<double>(f) / basis.size(), (f + 1.0) / basis.size()));
    const std::vector<float> function(basis.function(f).begin(), basis.function(f).end());
    parallel_for(visibilities.shape(0), options.threads, [&](std::size_t row) {
      const float* gain = function.data() + time_index[row] * n_channels;
      for (std::size_t k = 0; k < n_channels; ++k) visibilities(row, k) -= gain[k] * part(row, k);
    });
  }
}

}  // namespace contimg::imaging
