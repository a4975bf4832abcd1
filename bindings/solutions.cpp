#include "solutions.h"

#include <algorithm>

#include "arguments.h"
#include "source.h"

namespace contimg::bindings {
namespace {

constexpr std::array<const char*, 3> kTermNames{"delay", "bandpass", "gain"};  // in the order of Term

template <typename T>
void copy(const Napi::Object& raw, const char* key, NdArray<T, 4>& to) {
  const auto from = array<T, 4>(raw, key);
  if (from.shape() != to.shape())
    throw Error(code::kInvalidArgument,
                std::string("Expected ") + key + " of solutions to be (times, antennas, bands, feeds)");
  std::copy(from.begin(), from.end(), to.begin());
}

}  // namespace

std::shared_ptr<const Solutions> solutions(const Napi::Object& raw) {
  SolutionAxes axes;
  axes.term = term_of(text(raw, "term"));
  axes.phase_only = boolean(raw, "phaseOnly");
  for (const Napi::Object& antenna : objects(raw, "antennas")) {
    const std::vector<double> at = numbers(antenna, "positionMeters");
    if (at.size() != 3) throw Error(code::kInvalidArgument, "Expected positions of antennas of three coordinates");
    axes.antennas.push_back({text(antenna, "name"), {at[0], at[1], at[2]}, number(antenna, "diameterMeters")});
  }
  axes.telescope_name = text(raw, "telescopeName");
  axes.phase_center = direction(raw, "phaseCenter");
  axes.history = texts(raw, "history");
  for (const double first : numbers(raw, "spwFirstBand"))
    axes.spw_first_band.push_back(static_cast<std::size_t>(first));
  if (has(raw, "reference")) axes.reference = count(raw, "reference");
  for (const double code : numbers(raw, "feeds")) axes.feeds.push_back(static_cast<int>(code));
  axes.time_mjd_s = numbers(raw, "timeMjdSec");
  axes.interval_s = numbers(raw, "intervalSec");
  axes.freq_hz = numbers(raw, "freqHz");
  axes.width_hz = numbers(raw, "widthHz");
  if (axes.interval_s.size() != axes.time_mjd_s.size() || axes.width_hz.size() != axes.freq_hz.size() ||
      (axes.reference && *axes.reference >= axes.antennas.size()) || axes.feeds.size() > 2 || axes.feeds.empty() ||
      axes.time_mjd_s.empty() || axes.spw_first_band.empty() || axes.spw_first_band.front() != 0 ||
      !std::is_sorted(axes.spw_first_band.begin(), axes.spw_first_band.end()) ||
      axes.spw_first_band.back() >= axes.freq_hz.size())
    throw Error(code::kInvalidArgument, "Expected axes of solutions that agree with one another");
  auto result = std::make_shared<Solutions>(std::move(axes));
  copy(raw, "values", result->values);
  copy(raw, "errors", result->errors);
  copy(raw, "snr", result->snr);
  copy(raw, "flags", result->flags);
  return result;
}

SolutionSet solution_set(const Napi::Object& options, const char* key) {
  SolutionSet result;
  if (!has(options, key)) return result;
  for (const Napi::Object& raw : objects(options, key)) result.push_back(solutions(raw));
  return result;
}

Term term_of(const std::string& name) {
  const auto found = std::find(kTermNames.begin(), kTermNames.end(), name);
  if (found == kTermNames.end())
    throw Error(code::kInvalidArgument, "Expected term to be delay, bandpass or gain but received " + name);
  return static_cast<Term>(found - kTermNames.begin());
}

Napi::Object wrap(Napi::Env env, Solutions&& solutions) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("term", kTermNames[static_cast<std::size_t>(solutions.term)]);
  result.Set("phaseOnly", solutions.phase_only);
  result.Set("antennas", wrap(env, solutions.antennas));
  result.Set("telescopeName", solutions.telescope_name);
  result.Set("phaseCenter", wrap(env, solutions.phase_center));
  result.Set("history", wrap(env, solutions.history));
  if (solutions.reference) result.Set("reference", static_cast<double>(*solutions.reference));
  result.Set("fromOneSpw", solutions.from_one_spw);
  result.Set("feeds", wrap(env, std::vector<double>(solutions.feeds.begin(), solutions.feeds.end())));
  result.Set("timeMjdSec", wrap(env, solutions.time_mjd_s));
  result.Set("intervalSec", wrap(env, solutions.interval_s));
  result.Set("freqHz", wrap(env, solutions.freq_hz));
  result.Set("widthHz", wrap(env, solutions.width_hz));
  const auto& first = solutions.spw_first_band;
  result.Set("spwFirstBand", wrap(env, std::vector<double>(first.begin(), first.end())));
  result.Set("values", wrap(env, std::move(solutions.values)));
  result.Set("errors", wrap(env, std::move(solutions.errors)));
  result.Set("snr", wrap(env, std::move(solutions.snr)));
  result.Set("flags", wrap(env, std::move(solutions.flags)));
  return result;
}

}  // namespace contimg::bindings
