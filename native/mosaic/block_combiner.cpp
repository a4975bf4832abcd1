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
  using V = Vector<float>;
  const V none{}, one = none + 1;
  LaneMask counts{};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    const V a = load(beam + i), factor = a / load(variance + i);
    const LaneMask mask = a > 0;
    store(numerator + i, load(numerator + i) + (mask ? factor * load(image + i) : none));
    store(weight + i, load(weight + i) + (mask ? factor * a : none));
    store(coverage + i, load(coverage + i) + (mask ? one : none));
    counts -= mask;
  }
  std::int32_t count = 0;
  for (int lane = 0; lane < 8; ++lane) count += counts[lane];
  for (; i < n; ++i) {
    if (!(beam[i] > 0)) continue;
    const float factor = beam[i] / variance[i];
    numerator[i] += factor * image[i];
    weight[i] += factor * beam[i];
    coverage[i] += 1;
    ++count;
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

void TileSamples::start(const Window& block) {
  const std::size_t size = block.width() * block.height();
  beam.assign(size, 0);
  image.resize(size);
  variance.resize(size);
}

void TileSamples::keep(const Window& block, const SampledRow& row) {
  const std::size_t at = (row.y - block.y_begin) * block.width() + row.x_begin - block.x_begin;
  std::copy_n(row.image, row.n, &image[at]);
  std::copy_n(row.beam, row.n, &beam[at]);
  std::copy_n(row.variance, row.n, &variance[at]);
}

std::uint64_t BlockCombiner::add(const TileSamples& samples) {
  std::uint64_t count = 0;
  const std::size_t n = block_.width();
  for (std::size_t y = block_.y_begin, at = 0; y < block_.y_end; ++y, at += n)
    count += add({y, block_.x_begin, n, &samples.image[at], &samples.beam[at], &samples.variance[at]});
  return count;
}

std::uint64_t BlockCombiner::add(const SampledRow& row) {
  const std::size_t at = (row.y - block_.y_begin) * block_.width() + row.x_begin - block_.x_begin;
  return add_row(row.image, row.beam, row.variance, row.n, &numerator_[at], &weight_[at], &coverage_[at]);
}

void BlockCombiner::reject(std::vector<TileSamples>* tiles, const std::vector<TileResult*>& results) const {
  const auto sigmas = static_cast<float>(rejection_.sigmas), fraction = static_cast<float>(rejection_.fraction);
  struct Value {
    float value, sigma;
    std::size_t tile;
  };
  std::vector<Value> values;
  std::vector<float> sorted;
  for (std::size_t at = 0; at < weight_.size(); ++at) {
    values.clear();
    sorted.clear();
    for (std::size_t t = 0; t < tiles->size(); ++t) {
      const TileSamples& tile = (*tiles)[t];
      if (tile.beam[at] > 0)
        values.push_back({tile.image[at] / tile.beam[at], std::sqrt(tile.variance[at]) / tile.beam[at], t});
    }
    if (values.size() < 3) continue;
    for (const Value& value : values) sorted.push_back(value.value);
    std::sort(sorted.begin(), sorted.end());
    const std::size_t half = sorted.size() / 2;
    const float median = sorted.size() % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    for (const Value& value : values) {
      if (std::abs(value.value - median) <= sigmas * value.sigma + fraction * std::abs(median)) continue;
      (*tiles)[value.tile].beam[at] = 0;
      ++results[value.tile]->rejected;
    }
  }
}

void BlockCombiner::compare(const std::vector<TileSamples>& tiles, const std::vector<TileResult*>& results) {
  chi_square_.assign(weight_.size(), 0);
  for (std::size_t t = 0; t < tiles.size(); ++t) {
    const TileSamples& tile = tiles[t];
    for (std::size_t at = 0; at < weight_.size(); ++at) {
      const float beam = tile.beam[at];
      if (!(beam > 0) || coverage_[at] < 2) continue;
      const float residual = tile.image[at] - beam * numerator_[at] / weight_[at];
      const float square = residual * residual / tile.variance[at];
      chi_square_[at] += square;
      const float others = 1 - beam * beam / (tile.variance[at] * weight_[at]);
      if (others < 0.05f) continue;  // the tile alone makes the mosaic there: nothing to compare
      results[t]->chi_square += square / others;
      ++results[t]->compared;
    }
    compare_brightness(tile, results[t]);
  }
}

void BlockCombiner::compare_brightness(const TileSamples& tile, TileResult* result) const {
  const std::size_t width = block_.width(), height = block_.height();
  if (width < 3 || height < 3) return;
  // The mosaic of the other tiles at a pixel; NaN where there is none.
  const auto others = [&](std::size_t at) {
    const float factor = tile.beam[at] > 0 ? tile.beam[at] / tile.variance[at] : 0;
    const float weight = weight_[at] - factor * tile.beam[at];
    return weight > 1e-3f * weight_[at] ? (numerator_[at] - (factor > 0 ? factor * tile.image[at] : 0)) / weight
                                        : kNoValue;
  };
  for (std::size_t row = 1; row + 1 < height; ++row)
    for (std::size_t i = 1; i + 1 < width; ++i) {
      const std::size_t at = row * width + i;
      if (!(tile.beam[at] > 0) || coverage_[at] < 2) continue;
      const float m = others(at);
      const float weight = weight_[at] - tile.beam[at] * tile.beam[at] / tile.variance[at];
      if (!(m * m * weight > kBright * kBright && m > 0)) continue;
      const double slope_x = (others(at + 1) - others(at - 1)) / 2,
                   slope_y = (others(at + width) - others(at - width)) / 2;
      if (!std::isfinite(slope_x) || !std::isfinite(slope_y)) continue;
      const double value = tile.image[at] / tile.beam[at];
      const double gradient[3] = {m, -slope_x, -slope_y};
      const double w = static_cast<double>(tile.beam[at]) * tile.beam[at] / tile.variance[at];
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
