#include "readings.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>

#include "core/error.h"
#include "core/source_arrays.h"
#include "memory_meter.h"
#include "scratch_file.h"
#include "uvh5/file_header.h"
#include "uvh5/group_source.h"

namespace contimg::fuzz {
namespace {

/// Beyond the result: the header of the small base files, libhdf5's caches, a chunk and its contents per thread; and
/// for each element that is asked for its place, where every chunk holds only one.
constexpr std::size_t kMostBytes = 64 << 20, kMostBytesPerElement = 512;

/// How many elements a file says that it has.
std::size_t elements_of(const std::string& path) try {
  const Uvh5Reader reader(path);
  return reader.n_rows() * reader.n_channels() * reader.n_pols();
} catch (const std::exception&) {
  return 0;
}

class Session {
 public:
  Session(const std::string& path, Verdicts& verdicts, const std::function<void(Reading)>& enter,
          const std::function<void(const std::string&)>& problem)
      : path_(path), verdicts_(verdicts), enter_(enter), problem_(problem) {}

  /// Runs one reading; nothing where the file was refused.
  template <typename Read>
  auto attempt(Reading reading, std::size_t& most, bool may_be_invalid, const Read& read)
      -> std::optional<decltype(read())> {
    enter_(reading);
    restart_memory_peak();
    std::optional<decltype(read())> result;
    std::string wrong;
    try {
      result.emplace(read());
    } catch (const Error& error) {
      const std::string code = error.code();
      const bool typed =
          code == code::kUvh5Format || code == code::kFileAccess || (may_be_invalid && code == code::kInvalidArgument);
      if (!typed || error.path() != path_) wrong = code + ": " + error.what();
      ++verdicts_.refused;
    } catch (const std::exception& error) {
      wrong = error.what();
    }
    const std::size_t given = result ? bytes_of(*result) : 0, peak = memory_peak();
    const std::size_t held = peak - std::min(peak, given);
    most = std::max(most, held);
    if (held > kMostBytes && held > kMostBytesPerElement * (reading == Reading::kPart ? 1 : elements_of(path_)))
      wrong += " held " + std::to_string(held) + " bytes";
    if (!wrong.empty()) problem_(std::string(name_of(reading)) + ": " + wrong);
    return result;
  }

  void confirm(Reading reading, bool right) {
    if (right)
      ++verdicts_.correct;
    else
      problem_(std::string(name_of(reading)) + ": wrong values");
  }

 private:
  static std::size_t bytes_of(const Uvh5Data& data) {
    const std::size_t element = std::visit([](const auto& array) { return sizeof(*array.data()); }, data.visibilities);
    return data.flags.size() * (element + 1 + sizeof(float));
  }
  static std::size_t bytes_of(const Uvh5FileHeader&) { return 0; }
  static std::size_t bytes_of(const SourceArrays& arrays) {
    return arrays.flags.size() * (sizeof(std::complex<float>) + 1 + sizeof(float));
  }

  const std::string& path_;
  Verdicts& verdicts_;
  const std::function<void(Reading)>& enter_;
  const std::function<void(const std::string&)>& problem_;
};

/// A whole array as libhdf5 alone reads it, without a thing of ours.
std::optional<Bytes> read_by_libhdf5(hid_t file, const char* name, hid_t memory_type, std::size_t count) {
  const Hdf5Handle dataset(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose);
  if (!dataset) return std::nullopt;
  const Hdf5Handle own_type(H5Dget_type(dataset.id()), H5Tclose);
  if (memory_type < 0) memory_type = own_type.id();
  Bytes bytes(count * H5Tget_size(memory_type));
  if (H5Dread(dataset.id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()) < 0) return std::nullopt;
  return bytes;
}

template <typename T>
hid_t native() {
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
}

enum class Agreement { kUnknown, kEqual, kRecovered, kWrong };

/// Element by element: as libhdf5 reads it, as it was in the intact file, or else 0, the fill value, for one of the
/// two: in a damaged index one finds chunks that the other does not.
template <typename T, std::size_t N>
Agreement compare(const NdArray<T, N>& array, const std::optional<Bytes>& expected, const NdArray<T, N>* intact) {
  if (!expected) return Agreement::kUnknown;
  if (expected->size() != array.size() * sizeof(T)) return Agreement::kWrong;
  Agreement worst = Agreement::kEqual;
  const T zero{};
  const auto equal = [](const void* a, const void* b) { return std::memcmp(a, b, sizeof(T)) == 0; };
  for (std::size_t i = 0; i < array.size(); ++i) {
    const void *const value = array.data() + i, *const other = expected->data() + i * sizeof(T);
    if (equal(value, other)) continue;
    const bool as_intact = intact && array.shape() == intact->shape() && equal(value, intact->data() + i);
    if (!as_intact && !equal(value, &zero) && !equal(other, &zero)) return Agreement::kWrong;
    worst = Agreement::kRecovered;
  }
  return worst;
}

/// How a reading of everything compares with libhdf5's own.
Agreement agreement_with_libhdf5(const std::string& path, const Uvh5Data& data, const Uvh5Data& intact) {
  const auto lock = hdf5_lock();
  const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file) return Agreement::kUnknown;
  return std::visit(
      [&](const auto& visibilities) {
        using Array = std::decay_t<decltype(visibilities)>;
        using T = typename std::decay_t<decltype(*visibilities.data())>::value_type;
        const Id complex(H5Tcreate(H5T_COMPOUND, 2 * sizeof(T)), H5Tclose);
        H5Tinsert(complex, "r", 0, native<T>());
        H5Tinsert(complex, "i", sizeof(T), native<T>());
        const std::size_t count = data.flags.size();
        const Agreement of[] = {
            compare(visibilities, read_by_libhdf5(file.id(), "Data/visdata", complex, count),
                    std::get_if<Array>(&intact.visibilities)),
            compare(data.flags, read_by_libhdf5(file.id(), "Data/flags", -1, count), &intact.flags),
            compare(data.nsamples, read_by_libhdf5(file.id(), "Data/nsamples", H5T_NATIVE_FLOAT, count),
                    &intact.nsamples)};
        Agreement worst = Agreement::kEqual;
        for (const Agreement agreement : of)
          if (worst == Agreement::kEqual || agreement == Agreement::kWrong) worst = agreement;
        return worst;
      },
      data.visibilities);
}

/// Calls visit(row, channel, pol) for each place until it returns false.
template <typename Visit>
bool all_places(const std::array<std::size_t, 3>& shape, const Visit& visit) {
  for (std::size_t row = 0; row < shape[0]; ++row)
    for (std::size_t channel = 0; channel < shape[1]; ++channel)
      for (std::size_t pol = 0; pol < shape[2]; ++pol)
        if (!visit(row, channel, pol)) return false;
  return true;
}

template <typename T>
bool same_bits(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

bool part_of_all(const Uvh5Data& part, const Uvh5Part& asked, const Uvh5Data& all) {
  const std::size_t first_row = asked.rows.first_row, first_channel = asked.first_channel;
  if (part.visibilities.index() != all.visibilities.index()) return false;
  return std::visit(
      [&](const auto& visibilities) {
        const auto& from = std::get<std::decay_t<decltype(visibilities)>>(all.visibilities);
        return all_places(visibilities.shape(), [&](std::size_t r, std::size_t c, std::size_t k) {
          const std::size_t row = first_row + r, channel = first_channel + c, pol = (*asked.polarizations)[k];
          return same_bits(visibilities(r, c, k), from(row, channel, pol)) &&
                 part.flags(r, c, k) == all.flags(row, channel, pol) &&
                 same_bits(part.nsamples(r, c, k), all.nsamples(row, channel, pol));
        });
      },
      part.visibilities);
}

/// Conjugated, flagged where not finite, channels in either order; or 0, the fill value, where libhdf5 converts and
/// does not find a chunk.
bool group_of_all(const SourceArrays& group, const Uvh5Data& all) {
  constexpr double kLargest = std::numeric_limits<float>::max();
  if (group.flags.shape() != all.flags.shape()) return group.flags.shape(1) > all.flags.shape(1);  // missing subbands
  const std::size_t n_channels = all.flags.shape(1);
  return std::visit(
      [&](const auto& visibilities) {
        const bool converted = all.visibilities.index() > 0;
        const auto agrees = [&](bool reversed) {
          return all_places(all.flags.shape(), [&](std::size_t row, std::size_t channel, std::size_t pol) {
            const auto truth = visibilities(row, reversed ? n_channels - 1 - channel : channel, pol);
            const double re = static_cast<double>(truth.real()), im = static_cast<double>(truth.imag());
            const std::complex<float> value = group.visibilities(row, channel, pol);
            const bool finite = std::abs(re) <= kLargest && std::abs(im) <= kLargest;
            if (value == 0.0f && converted && finite) return true;
            if (!finite) return value == 0.0f && group.flags(row, channel, pol) == 1;
            return value.real() == static_cast<float>(re) && value.imag() == static_cast<float>(-im);
          });
        };
        return agrees(true) || agrees(false);
      },
      all.visibilities);
}

}  // namespace

const char* name_of(Reading reading) {
  constexpr const char* kNames[] = {"mutating",    "reading the header", "reading a part",
                                    "reading all", "reading as a group", "libhdf5 alone"};
  return kNames[static_cast<int>(reading)];
}

void read_in_every_way(const std::string& path, const Uvh5Data& intact, Dice& dice, Verdicts& verdicts,
                       const std::function<void(Reading)>& enter,
                       const std::function<void(const std::string&)>& problem) {
  Session session(path, verdicts, enter, problem);
  const JobContext context;
  Uvh5Part asked;
  asked.rows.first_row = dice.below(30);
  asked.rows.n_rows = 1 + dice.below(30 - asked.rows.first_row);
  asked.first_channel = dice.below(8);
  asked.n_channels = 1 + dice.below(8 - asked.first_channel);
  asked.polarizations = dice.pick({std::vector<std::size_t>{0}, {1}, {0, 1}, {1, 0}});
  const unsigned threads = static_cast<unsigned>(1 + dice.below(2));

  session.attempt(Reading::kHeader, verdicts.most_part_bytes, false, [&] { return read_uvh5_file_header(path); });
  const auto part = session.attempt(Reading::kPart, verdicts.most_part_bytes, true,
                                    [&] { return read_uvh5(path, asked, threads, context); });
  const auto all =
      session.attempt(Reading::kAll, verdicts.most_bytes, false, [&] { return read_uvh5(path, {}, threads, context); });
  const auto group = session.attempt(Reading::kGroup, verdicts.most_bytes, false, [&] {
    Uvh5GroupSource source({path}, 1, EarthOrientation{});
    return read_all(source, context);
  });
  if (!all) return;
  enter(Reading::kOracle);
  const Agreement agreement = agreement_with_libhdf5(path, *all, intact);
  if (agreement == Agreement::kUnknown)
    ++verdicts.unconfirmed;
  else if (agreement == Agreement::kRecovered)
    ++verdicts.recovered;
  else
    session.confirm(Reading::kAll, agreement == Agreement::kEqual);
  if (part) session.confirm(Reading::kPart, part_of_all(*part, asked, *all));
  if (group) session.confirm(Reading::kGroup, group_of_all(*group, *all));
}

}  // namespace contimg::fuzz
