#include "imaging/band_terms.h"

#include <cmath>

namespace contimg::imaging {

BandTerms::BandTerms(const std::vector<double>& freq_hz, const std::vector<double>& weights, std::size_t count) {
  double sum = 0, mean = 0;
  for (std::size_t k = 0; k < freq_hz.size(); ++k) {
    sum += weights[k];
    mean += weights[k] * std::log(freq_hz[k]);
  }
  mean /= sum;
  const auto inner = [&](const std::vector<double>& a, const std::vector<double>& b) {
    double result = 0;
    for (std::size_t k = 0; k < a.size(); ++k) result += weights[k] * a[k] * b[k];
    return result / sum;
  };
  // Gram and Schmidt, from the powers of x = ln nu - mean; slopes at x = 0 follow along.
  std::vector<std::vector<double>> terms{std::vector<double>(freq_hz.size(), 1.0)};
  std::vector<double> slope{0};
  for (std::size_t degree = 1; degree <= count; ++degree) {
    std::vector<double> term;
    for (const double freq : freq_hz) term.push_back(std::pow(std::log(freq) - mean, static_cast<double>(degree)));
    const double before = std::sqrt(inner(term, term));
    double slope_of_term = degree == 1 ? 1 : 0;
    for (std::size_t other = 0; other < terms.size(); ++other) {
      const double overlap = inner(term, terms[other]);
      for (std::size_t k = 0; k < term.size(); ++k) term[k] -= overlap * terms[other][k];
      slope_of_term -= overlap * slope[other];
    }
    const double norm = std::sqrt(inner(term, term));
    if (!(norm > 1e-6 * before) || !(before > 0)) return;
    for (double& value : term) value /= norm;
    slope.push_back(slope_of_term / norm);
    slopes.push_back(slope.back());
    values.emplace_back(term.begin(), term.end());
    terms.push_back(std::move(term));
  }
}

}  // namespace contimg::imaging
