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
  SubbandFile layout;              ///< what all subbands share
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
  SubbandFile& layout = files.layout;
  layout.telescope_name = text(options, "telescopeName");
  layout.site = array.site;
  layout.antenna_position_m = read_pads(options, array.site);
  layout.dish_diameter_m = array.dish_diameter_m;
  layout.time_jd = numbers(options, "timesJd");
  layout.integration_s = number(options, "integrationSec");
  layout.channel_width_hz = number(options, "channelWidthHz");
  layout.pointing_dec_rad = array.pointing_dec_rad;

  std::vector<std::int64_t> active;
  for (double pad : numbers(options, "activePads")) {
    if (!(pad >= 1 && pad <= static_cast<double>(layout.antenna_position_m.size())))
      throw Error(code::kInvalidArgument, "Expected activePads to be numbers of pads");
    active.push_back(static_cast<std::int64_t>(pad) - 1);
    files.tile.position_m.push_back(layout.antenna_position_m[static_cast<std::size_t>(active.back())]);
  }
  layout.n_antennas_data = active.size();
  const UvwFrame frame = hadec_frame(0, array.pointing_dec_rad, array.site);
  for (const auto& [first, second] : simulation::correlator_baselines(active.size())) {
    layout.antenna1.push_back(active[first]);
    layout.antenna2.push_back(active[second]);
    const Vec3 uvw = uvw_of_baseline(frame, files.tile.position_m[second] - files.tile.position_m[first]);
    layout.uvw_m.push_back({static_cast<float>(uvw.x), static_cast<float>(uvw.y), static_cast<float>(uvw.z)});
  }
  return files;
}

void write_subband(const TileFiles& files, const std::vector<std::vector<simulation::ApparentSource>>& skies,
                   std::size_t subband, const JobContext& context) {
  const simulation::SubbandData data =
      simulate_subband(files.tile, skies, subband, files.threads, context.part(0, 0.7));
  const simulation::Channels channels = subband_channels(files.tile, subband);
  SubbandFile content = files.layout;
  for (std::size_t channel = 0; channel < channels.count; ++channel)
    content.freq_hz.push_back(channels.center_hz(channel));
  content.visibilities = data.visibilities.view();
  content.nsamples = data.nsamples.view();
  write_subband_file(files.paths[subband], content, context.part(0.7, 1));
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
