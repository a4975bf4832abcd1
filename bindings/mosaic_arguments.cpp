#include "mosaic_arguments.h"

#include <array>
#include <memory>

#include "fits/fits_image.h"

namespace contimg::bindings {
namespace {

Vec3 vector(const Napi::Object& parent, const char* key) {
  const std::vector<double> values = numbers(parent, key);
  if (values.size() != 3) throw Error(code::kInvalidArgument, std::string("Expected ") + key + " to be three numbers");
  return {values[0], values[1], values[2]};
}

std::vector<Direction> directions(const Napi::Object& parent, const char* key) {
  std::vector<Direction> result;
  for (const Napi::Object& item : objects(parent, key))
    result.push_back({number(item, "raRad"), number(item, "decRad")});
  return result;
}

/// An array, or {path} of a FITS file.
std::shared_ptr<const PixelSource> pixels(const Napi::Object& parent, const char* key) {
  const Napi::Object value = object(parent, key);
  if (has(value, "path")) return fits::open_image(text(value, "path")).pixels;
  return std::make_shared<MemoryPixels>(array<float, 2>(parent, key));
}

/// {diameterMeters, freqsHz, weights, pointings} or {anglesRad, power, pointings}
mosaic::RadialBeam radial_beam(const Napi::Object& value) {
  const auto pointings = directions(value, "pointings");
  if (has(value, "diameterMeters"))
    return mosaic::RadialBeam::airy(number(value, "diameterMeters"), numbers(value, "freqsHz"),
                                    numbers(value, "weights"), pointings);
  return mosaic::RadialBeam::tabulated(numbers(value, "anglesRad"), numbers(value, "power"), pointings);
}

mosaic::Covariance covariance(const Napi::Object& parent, const char* key) {
  const Napi::Object value = object(parent, key);
  return {number(value, "xx"), number(value, "xy"), number(value, "yy")};
}

}  // namespace

mosaic::CelestialGrid celestial_grid(const Napi::Object& parent, const char* key) {
  const Napi::Object value = object(parent, key);
  mosaic::CelestialGrid grid;
  const std::string name = text(value, "projection");
  if (name == "TAN")
    grid.projection = mosaic::Projection::kTan;
  else if (name == "ZEA")
    grid.projection = mosaic::Projection::kZea;
  else if (name == "CAR")
    grid.projection = mosaic::Projection::kCar;
  else if (name != "SIN")
    throw Error(code::kInvalidArgument, "Expected the projection SIN, TAN, ZEA or CAR but received " + name);
  grid.slant_x = number(value, "slantX");
  grid.slant_y = number(value, "slantY");
  const std::vector<double> matrix = numbers(value, "matrix");
  if (matrix.size() != 4) throw Error(code::kInvalidArgument, "Expected matrix to be four numbers");
  grid.matrix = {matrix[0], matrix[1], matrix[2], matrix[3]};
  grid.reference_x = number(value, "referenceX");
  grid.reference_y = number(value, "referenceY");
  grid.axes = {vector(value, "axisL"), vector(value, "axisM"), vector(value, "axisN")};
  grid.nx = count(value, "nx");
  grid.ny = count(value, "ny");
  return grid;
}

mosaic::Kernel kernel(const Napi::Object& options) {
  const std::string name = text(options, "kernel");
  if (name == "bilinear") return mosaic::Kernel::kBilinear;
  if (name == "bicubic") return mosaic::Kernel::kBicubic;
  if (name == "lanczos3") return mosaic::Kernel::kLanczos3;
  if (name == "optimal") return mosaic::Kernel::kOptimal;
  if (name == "adaptive") return mosaic::Kernel::kAdaptive;
  throw Error(code::kInvalidArgument,
              "Expected kernel to be bilinear, bicubic, lanczos3, optimal or adaptive but received " + name);
}

mosaic::MosaicTile mosaic_tile(const Napi::Object& tile) {
  mosaic::MosaicTile result;
  result.grid = celestial_grid(tile, "grid");
  result.image = pixels(tile, "image");
  if (has(object(tile, "primaryBeam"), "pointings"))
    result.radial_beam = radial_beam(object(tile, "primaryBeam"));
  else
    result.primary_beam = pixels(tile, "primaryBeam");
  if (has(tile, "noise")) result.noise = pixels(tile, "noise");
  result.sigma = number(tile, "sigma");
  result.scale = number(tile, "scale");
  if (has(tile, "noiseBeam")) result.noise_beam = covariance(tile, "noiseBeam");
  if (has(tile, "convolution")) {
    const Napi::Object beams = object(tile, "convolution");
    result.convolver.emplace(covariance(beams, "from"), covariance(beams, "to"));
    result.noise_growth = number(beams, "noiseGrowth");
  }
  return result;
}

}  // namespace contimg::bindings
