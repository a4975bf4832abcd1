#include "arguments.h"
#include "fits_arguments.h"
#include "job.h"
#include "mosaic/linmos.h"
#include "mosaic/reproject.h"
#include "mosaic/survey.h"
#include "mosaic_arguments.h"
#include "stages.h"

namespace contimg::bindings {
namespace {

Napi::Value reproject(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const auto image = array<float, 2>(options, "image");
  const auto from = celestial_grid(options, "grid"), to = celestial_grid(options, "output");
  const auto chosen = kernel(options);
  const auto threads = static_cast<unsigned>(count(options, "threads"));
  return start_job(
      info, [=](const JobContext& context) { return mosaic::reproject(image, from, to, chosen, threads, context); },
      [](Napi::Env env, NdArray<float, 2>&& result) { return wrap(env, std::move(result)); });
}

Napi::Value wrap_survey(Napi::Env env, mosaic::TileSurvey&& survey) {
  NdArray<double, 2> outline({survey.outline.size(), 2});
  for (std::size_t i = 0; i < survey.outline.size(); ++i) {
    outline(i, 0) = survey.outline[i].ra_rad;
    outline(i, 1) = survey.outline[i].dec_rad;
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("outline", wrap(env, std::move(outline)));
  result.Set("nCounting", static_cast<double>(survey.counting));
  result.Set("beamPeak", survey.beam_peak);
  result.Set("rms", survey.rms);
  result.Set("peak", survey.peak);
  return result;
}

Napi::Value survey(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  const auto tile = mosaic_tile(object(options, "tile"));
  const double cutoff = number(options, "cutoff");
  const bool measures_rms = boolean(options, "measuresRms");
  const auto threads = static_cast<unsigned>(count(options, "threads"));
  return start_job(
      info,
      [=](const JobContext& context) { return mosaic::survey_tile(tile, cutoff, measures_rms, threads, context); },
      wrap_survey);
}

/// The products of a mosaic, by name: in memory, or where `files` has an entry, in that file.
constexpr const char* kProducts[] = {"mosaic", "weight", "rms", "coverage", "chiSquare"};
constexpr std::size_t kProductCount = std::size(kProducts), kCoverage = 3;

/// What holds every number up to that of the tiles.
fits::PixelType count_type(std::size_t n_tiles) {
  if (n_tiles <= 255) return fits::PixelType::kByte;
  return n_tiles <= 32767 ? fits::PixelType::kShort : fits::PixelType::kFloat;
}

struct MosaicJob {
  std::vector<mosaic::MosaicTile> tiles;
  mosaic::CelestialGrid output;
  mosaic::LinmosOptions options;
  bool to_files = false;
  std::vector<std::optional<FitsTarget>> files;  ///< one per product
  bool wants_chi_square = false;
};

struct MosaicProducts {
  std::vector<NdArray<float, 2>> arrays;  ///< one per product; empty where it is in a file or not wanted
  std::vector<mosaic::TileResult> tiles;
  std::string history;  ///< what is known only when the mosaic is made; empty if nothing
};

/// How many pixels of each tile were rejected.
std::string rejected_history(const std::vector<mosaic::TileResult>& tiles) {
  std::string text = "rejected pixels, tile by tile in their order:";
  for (const mosaic::TileResult& tile : tiles)
    text += (&tile == tiles.data() ? " " : ",") + std::to_string(tile.rejected);
  return text;
}

/// A line in cards of HISTORY, which hold 72 characters: it goes on in those that begin with two blanks.
std::vector<std::string> history_cards(const std::string& line) {
  constexpr std::size_t kWidth = 72;
  std::vector<std::string> cards{line.substr(0, kWidth)};
  for (std::size_t at = kWidth; at < line.size(); at += kWidth - 2) cards.push_back("  " + line.substr(at, kWidth - 2));
  return cards;
}

/// No fewer cards than rejected_history() takes, whatever the numbers.
std::size_t spare_cards(const MosaicJob& job) {
  if (!(job.options.rejection.sigmas > 0)) return 0;
  std::vector<mosaic::TileResult> most(job.tiles.size());
  for (mosaic::TileResult& tile : most) tile.rejected = job.output.nx * job.output.ny;
  return history_cards(rejected_history(most)).size();
}

MosaicProducts run(const MosaicJob& job, const JobContext& context) {
  MosaicProducts products;
  products.arrays.resize(kProductCount);
  std::vector<std::unique_ptr<fits::ImageWriter>> writers(kProductCount);
  std::vector<std::unique_ptr<PixelSink>> memory(kProductCount);
  PixelSink* sinks[kProductCount] = {};
  for (std::size_t i = 0; i < kProductCount; ++i) {
    if (job.to_files && job.files[i]) {
      const auto type = i == kCoverage ? count_type(job.tiles.size()) : fits::PixelType::kFloat;
      writers[i] = job.files[i]->open(job.output.nx, job.output.ny, type, spare_cards(job));
      sinks[i] = writers[i].get();
    } else if (!job.to_files && (i + 1 < kProductCount || job.wants_chi_square)) {
      products.arrays[i] = NdArray<float, 2>::uninitialized({job.output.ny, job.output.nx});
      memory[i] = std::make_unique<MemorySink>(products.arrays[i].view());
      sinks[i] = memory[i].get();
    }
  }
  products.tiles = mosaic::make_mosaic(job.tiles, job.output, job.options,
                                       {sinks[0], sinks[1], sinks[2], sinks[3], sinks[4]}, context);
  context.checkpoint();
  if (job.options.rejection.sigmas > 0) products.history = rejected_history(products.tiles);
  // What goes with the mosaic first, the mosaic last: where it stands, all stand.
  for (std::size_t i = kProductCount; i-- > 0;) {
    if (!writers[i]) continue;
    if (!products.history.empty()) writers[i]->add_history(history_cards(products.history));
    writers[i]->commit();
  }
  return products;
}

Napi::Object wrap_result(Napi::Env env, const mosaic::TileResult& tile) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("nPixels", static_cast<double>(tile.pixels));
  result.Set("nRejected", static_cast<double>(tile.rejected));
  result.Set("chiSquare", tile.chi_square / static_cast<double>(tile.compared));
  result.Set("nCompared", static_cast<double>(tile.compared));
  const mosaic::Agreement agreement = mosaic::agreement_of(tile);
  result.Set("fluxRatio", agreement.flux_ratio);
  result.Set("offsetX", agreement.x);
  result.Set("offsetY", agreement.y);
  result.Set("nBright", static_cast<double>(tile.bright));
  return result;
}

Napi::Value wrap_products(Napi::Env env, MosaicProducts&& products) {
  Napi::Object result = Napi::Object::New(env);
  for (std::size_t i = 0; i < kProductCount; ++i)
    if (!products.arrays[i].empty()) result.Set(kProducts[i], wrap(env, std::move(products.arrays[i])));
  Napi::Array tiles = Napi::Array::New(env, products.tiles.size());
  for (std::size_t i = 0; i < products.tiles.size(); ++i)
    tiles[static_cast<std::uint32_t>(i)] = wrap_result(env, products.tiles[i]);
  result.Set("tiles", tiles);
  result.Set("history", products.history);
  return result;
}

Napi::Value make(const Napi::CallbackInfo& info) {
  const Napi::Object options = info[0].As<Napi::Object>();
  MosaicJob job;
  for (const Napi::Object& tile : objects(options, "tiles")) job.tiles.push_back(mosaic_tile(tile));
  job.output = celestial_grid(options, "output");
  job.options.sampling = {number(options, "cutoff"), kernel(options)};
  job.options.rejection = {number(options, "rejectSigmas"), number(options, "rejectFraction")};
  job.options.compare_tiles = boolean(options, "compareTiles");
  job.options.threads = static_cast<unsigned>(count(options, "threads"));
  job.wants_chi_square = boolean(options, "chiSquare");
  job.to_files = has(options, "files");
  job.files.resize(kProductCount);
  for (std::size_t i = 0; job.to_files && i < kProductCount; ++i) {
    const Napi::Object files = object(options, "files");
    if (has(files, kProducts[i])) job.files[i] = fits_target(object(files, kProducts[i]));
  }
  return start_job(
      info, [job = std::move(job)](const JobContext& context) { return run(job, context); }, wrap_products);
}

}  // namespace

void add_mosaic(Napi::Object exports) {
  add<reproject>(exports, "reprojectImage");
  add<survey>(exports, "surveyTile");
  add<make>(exports, "makeMosaic");
}

}  // namespace contimg::bindings
