#include <unistd.h>

#include "arguments.h"
#include "coordinates/apparent.h"
#include "coordinates/site.h"
#include "job.h"
#include "simulation/subband.h"
#include "stages.h"
#include "uvh5/uvh5_writer.h"

namespace contimg::bindings {
namespace {

/// One tile, and where it goes.
struct TileFiles {
  simulation::Tile tile;
  Uvh5Content content;             ///< what all subbands share
  std::vector<std::string> paths;  ///< one per subband
  unsigned threads = 0;
};

simulation::Sky read_sky(const Napi::Object& options) {
  simulation::Sky sky;
  sky.reference_hz = number(options, "referenceHz");
  for (const Napi::Object& source : objects(options, "sources"))
    sky.sources.push_back({direction(source, "direction"), number(source, "fluxJy"), number(source, "spectralIndex")});
  return sky;
}

/// Positions of all pads relative to the site.
std::vector<Vec3> read_pads(const Napi::Object& options, const Site& center) {
  std::vector<Vec3> positions;
  for (const Napi::Object& pad : objects(options, "pads"))
    positions.push_back(itrf_of_site(site(pad, "site")) - itrf_of_site(center));
  return positions;
}

simulation::Tile read_tile(const Napi::Object& options) {
  simulation::Tile tile;
  tile.sky = read_sky(options);
  tile.array = {site(options, "site"), earth_orientation(options, "earthOrientation"),
                number(options, "pointingDecRad"), number(options, "dishDiameterMeters"),
                boolean(options, "primaryBeam")};
  tile.time_mjd_s = numbers(options, "timesMjdSec");
  tile.channels = {number(options, "firstChannelHz"), -number(options, "channelWidthHz"),
                   count(options, "nChannelsPerSubband") * texts(options, "paths").size()};
  tile.n_subbands = texts(options, "paths").size();
  if (has(options, "gains")) tile.receivers.gains = array<std::complex<double>, 3>(options, "gains");
  tile.receivers.noise_sigma_jy = number(options, "noiseSigmaJy");
  tile.receivers.seed = count(options, "seed");
  tile.number = static_cast<std::uint32_t>(count(options, "tile"));
  return tile;
}

TileFiles read_options(const Napi::Object& options) {
  TileFiles files;
  files.tile = read_tile(options);
  files.paths = texts(options, "paths");
  files.threads = static_cast<unsigned>(count(options, "threads"));

  const simulation::TransitArray& array = files.tile.array;
  Uvh5Content& content = files.content;
  content.telescope_name = text(options, "telescopeName");
  content.instrument = "DSA";
  content.object_name = "search";
  content.history = "synthetic";
  content.site = array.site;
  content.antenna_position_m = read_pads(options, array.site);
  for (std::size_t pad = 1; pad <= content.antenna_position_m.size(); ++pad)
    content.antenna_names.push_back(std::to_string(pad));
  content.antenna_diameter_m.assign(content.antenna_position_m.size(), array.dish_diameter_m);
  content.pointing_dec_rad = array.pointing_dec_rad;
  content.polarizations = {-5, -6};
  content.channel_width_hz.assign(count(options, "nChannelsPerSubband"), number(options, "channelWidthHz"));

  std::vector<std::int64_t> active;
  for (double pad : numbers(options, "activePads")) {
    if (!(pad >= 1 && pad <= static_cast<double>(content.antenna_position_m.size())))
      throw Error(code::kInvalidArgument, "Expected activePads to be numbers of pads");
    active.push_back(static_cast<std::int64_t>(pad) - 1);
    files.tile.position_m.push_back(content.antenna_position_m[static_cast<std::size_t>(active.back())]);
  }
  const UvwFrame frame = hadec_frame(0, array.pointing_dec_rad, array.site);
  for (const double time_jd : numbers(options, "timesJd")) {
    for (const auto& [first, second] : simulation::correlator_baselines(active.size())) {
      content.time_jd.push_back(time_jd);
      content.integration_s.push_back(number(options, "integrationSec"));
      content.antenna1.push_back(active[first]);
      content.antenna2.push_back(active[second]);
      content.uvw_m.push_back(uvw_of_baseline(frame, files.tile.position_m[second] - files.tile.position_m[first]));
    }
  }
  return files;
}

void write_subband(const TileFiles& files, const std::vector<std::vector<simulation::ApparentSource>>& skies,
                   std::size_t subband, const JobContext& context) {
  const simulation::SubbandData data =
      simulate_subband(files.tile, skies, subband, files.threads, context.part(0, 0.7));
  const simulation::Channels channels = subband_channels(files.tile, subband);
  Uvh5Content content = files.content;
  for (std::size_t channel = 0; channel < channels.count; ++channel)
    content.freq_hz.push_back(channels.center_hz(channel));
  content.visibilities = data.visibilities.view();
  content.nsamples = data.nsamples.view();
  write_uvh5_file(files.paths[subband], content, Uvh5Layout::kDsa110, false, context.part(0.7, 1));
}

/// All files or none.
Nothing write_tile(const TileFiles& files, const JobContext& context) {
  const auto skies = apparent_skies(files.tile);
  const double n = static_cast<double>(files.paths.size());
  std::size_t subband = 0;
  try {
    for (; subband < files.paths.size(); ++subband)
      write_subband(files, skies, subband,
                    context.part(static_cast<double>(subband) / n, static_cast<double>(subband + 1) / n));
  } catch (...) {
    while (subband > 0) ::unlink(files.paths[--subband].c_str());
    throw;
  }
  return {};
}

Napi::Value simulate_tile(const Napi::CallbackInfo& info) {
  return start_job(
      info,
      [files = read_options(info[0].As<Napi::Object>())](const JobContext& context) {
        return write_tile(files, context);
      },
      wrap_nothing);
}

}  // namespace

void add_simulation(Napi::Object exports) { add<simulate_tile>(exports, "simulateTile"); }

}  // namespace contimg::bindings
