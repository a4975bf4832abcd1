#include "mosaic/block_combiner.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/simd_vector.h"

namespace contimg::mosaic {
namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();
constexpr float kBright = 10;  ///< sigma, from where fluxes and positions are compared

/// Adds a row of a tile to the sums.
CONTIMG_SIMD std::uint32_t add_row(const float* image, const float* beam, const float* variance, std::size_t n,
                                   float* numerator, float* weight, float* coverage) {
  std::int32_t count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const bool counts = beam[i] > 0;
    const float factor = beam[i] / variance[i];
    numerator[i] += counts ? factor * image[i] : 0;
    weight[i] += counts ? factor * beam[i] : 0;
    coverage[i] += counts ? 1.0f : 0.0f;
    count += counts;
  }
  return static_cast<std::uint32_t>(count);
}

CONTIMG_SIMD void divide(const float* numerator, const float* weight, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = weight[i] > 0 ? numerator[i] / weight[i] : kNoValue;
}

CONTIMG_SIMD void inverse_root(const float* weight, std::size_t n, float* out) {
  for (std::size_t i = 0; i < n; ++i) out[i] = weight[i] > 0 ? 1 / std::sqrt(weight[i]) : kNoValue;
}

}  // namespace

void TileResult::add(const TileResult& other) {
  pixels += other.pixels;
  rejected += other.rejected;
  chi_square += other.chi_square;
  compared += other.compared;
  for (int i = 0; i < 6; ++i) normal[i] += other.normal[i];
  for (int i = 0; i < 3; ++i) right[i] += other.right[i];
  bright += other.bright;
}

Agreement agreement_of(const TileResult& result) {
  const auto& [a, b, c, d, e, f] = result.normal;
  const auto& [p, q, r] = result.right;
  const double aa = d * f - e * e, bb = c * e - b * f, cc = b * e - c * d;
  const double determinant = a * aa + b * bb + c * cc;
  if (result.bright < 10 || !(determinant > 0)) return {std::nan(""), std::nan(""), std::nan("")};
  const double flux = (aa * p + bb * q + cc * r) / determinant;
  const double x = (bb * p + (a * f - c * c) * q + (b * c - a * e) * r) / determinant;
  const double y = (cc * p + (b * c - a * e) * q + (a * d - b * b) * r) / determinant;
  return {flux, x / flux, y / flux};
}

void BlockCombiner::start(const Window& block) {
  block_ = block;
  const std::size_t size = block.width() * block.height();
  for (auto* sums : {&numerator_, &weight_, &coverage_}) sums->assign(size, 0);
}

std::uint64_t BlockCombiner::add(const TileSamples& samples) {
  const std::size_t width = samples.block.width();
  std::uint64_t count = 0;
  for (std::size_t row = 0; row < samples.block.height(); ++row) {
    const std::size_t from = row * width, to = index(samples, row);
    count += add_row(&samples.image[from], &samples.beam[from], &samples.variance[from], width, &numerator_[to],
                     &weight_[to], &coverage_[to]);
  }
  return count;
}

void BlockCombiner::reject(std::vector<TileSamples>* tiles, const std::vector<TileResult*>& results) const {
  const auto sigmas = static_cast<float>(rejection_.sigmas), fraction = static_cast<float>(rejection_.fraction);
  struct Value {
    float value, sigma;
    std::size_t tile, at;
  };
  std::vector<Value> values;
  std::vector<float> sorted;
  for (std::size_t y = block_.y_begin; y < block_.y_end; ++y)
    for (std::size_t x = block_.x_begin; x < block_.x_end; ++x) {
      values.clear();
      sorted.clear();
      for (std::size_t t = 0; t < tiles->size(); ++t) {
        const TileSamples& tile = (*tiles)[t];
        const Window& part = tile.block;
        if (x < part.x_begin || x >= part.x_end || y < part.y_begin || y >= part.y_end) continue;
        const std::size_t at = (y - part.y_begin) * part.width() + x - part.x_begin;
        if (tile.beam[at] > 0)
          values.push_back({tile.image[at] / tile.beam[at], std::sqrt(tile.variance[at]) / tile.beam[at], t, at});
      }
      if (values.size() < 3) continue;
      for (const Value& value : values) sorted.push_back(value.value);
      std::sort(sorted.begin(), sorted.end());
      const std::size_t half = sorted.size() / 2;
      const float median = sorted.size() % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
      for (const Value& value : values) {
        if (std::abs(value.value - median) <= sigmas * value.sigma + fraction * std::abs(median)) continue;
        (*tiles)[value.tile].beam[value.at] = 0;
        ++results[value.tile]->rejected;
      }
    }
}

void BlockCombiner::compare(const std::vector<TileSamples>& tiles, const std::vector<TileResult*>& results) {
  chi_square_.assign(weight_.size(), 0);
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    const TileSamples& tile = tiles[t];
    for (std::size_t row = 0; row < tile.block.height(); ++row)
      for (std::size_t i = 0; i < tile.block.width(); ++i) {
        const std::size_t from = row * tile.block.width() + i, at = index(tile, row) + i;
        const float beam = tile.beam[from];
        if (!(beam > 0) || coverage_[at] < 2) continue;
        const float residual = tile.image[from] - beam * numerator_[at] / weight_[at];
        const float square = residual * residual / tile.variance[from];
        chi_square_[at] += square;
        const float others = 1 - beam * beam / (tile.variance[from] * weight_[at]);
        if (others < 0.05f) continue;  // the tile alone makes the mosaic there: nothing to compare
        results[t]->chi_square += square / others;
        ++results[t]->compared;
      }
    compare_brightness(tile, results[t]);
  }
}

void BlockCombiner::compare_brightness(const TileSamples& tile, TileResult* result) const {
  const std::size_t width = tile.block.width(), height = tile.block.height(), stride = block_.width();
  if (width < 3 || height < 3) return;
  for (std::size_t row = 1; row + 1 < height; ++row)
    for (std::size_t i = 1; i + 1 < width; ++i) {
      const std::size_t from = row * width + i, at = index(tile, row) + i;
      // The mosaic of the other tiles at a pixel; NaN where there is none.
      const auto others = [&](std::ptrdiff_t dx, std::ptrdiff_t dy) {
        const auto f = from + static_cast<std::size_t>(dy * static_cast<std::ptrdiff_t>(width) + dx);
        const auto a = at + static_cast<std::size_t>(dy * static_cast<std::ptrdiff_t>(stride) + dx);
        const float factor = tile.beam[f] > 0 ? tile.beam[f] / tile.variance[f] : 0;
        const float weight = weight_[a] - factor * tile.beam[f];
        return weight > 1e-3f * weight_[a] ? (numerator_[a] - (factor > 0 ? factor * tile.image[f] : 0)) / weight
                                           : kNoValue;
      };
      if (!(tile.beam[from] > 0) || coverage_[at] < 2) continue;
      const float m = others(0, 0);
      const float weight = weight_[at] - tile.beam[from] * tile.beam[from] / tile.variance[from];
      if (!(m * m * weight > kBright * kBright && m > 0)) continue;
      const double slope_x = (others(1, 0) - others(-1, 0)) / 2, slope_y = (others(0, 1) - others(0, -1)) / 2;
      if (!std::isfinite(slope_x) || !std::isfinite(slope_y)) continue;
      const double value = tile.image[from] / tile.beam[from];
      const double gradient[3] = {m, -slope_x, -slope_y};
      const double w = static_cast<double>(tile.beam[from]) * tile.beam[from] / tile.variance[from];
      for (int a = 0, k = 0; a < 3; ++a) {
        result->right[a] += w * gradient[a] * value;
        for (int b = a; b < 3; ++b) result->normal[k++] += w * gradient[a] * gradient[b];
      }
      ++result->bright;
    }
}

void BlockCombiner::mosaic(std::size_t row, float* out) const {
  const std::size_t n = block_.width(), at = row * n;
  divide(&numerator_[at], &weight_[at], n, out);
}

void BlockCombiner::weight(std::size_t row, float* out) const {
  const std::size_t n = block_.width();
  std::copy_n(&weight_[row * n], n, out);
}

void BlockCombiner::rms(std::size_t row, float* out) const {
  const std::size_t n = block_.width();
  inverse_root(&weight_[row * n], n, out);
}

void BlockCombiner::coverage(std::size_t row, float* out) const {
  const std::size_t n = block_.width();
  std::copy_n(&coverage_[row * n], n, out);
}

void BlockCombiner::chi_square(std::size_t row, float* out) const {
  const std::size_t n = block_.width(), at = row * n;
  for (std::size_t i = 0; i < n; ++i)
    out[i] = coverage_[at + i] > 1 ? chi_square_[at + i] / (coverage_[at + i] - 1) : kNoValue;
}

}  // namespace contimg::mosaic
