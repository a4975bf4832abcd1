#include "ms/ms_write.h"

#include <memory>

#include "core/error.h"
#include "ms/main_table_writer.h"
#include "ms/ms_create.h"
#include "ms/ms_subtables.h"
#include "ms/ms_validate.h"
#include "ms/pending_folder.h"
#include "ms/polarization_codes.h"
#include "ms/table_lock.h"

namespace contimg::ms {
namespace {

void require_writable(const Observation& observation, const std::string& path) {
  for (int code : observation.polarizations)
    if (casa_stokes(code) == 0)
      throw Error(code::kInvalidArgument,
                  "Expected polarization codes that a MeasurementSet knows (-8 to -1, 1 to 4) but received " +
                      std::to_string(code),
                  path);
}

/// What casacore may have to write when a table is closed: a few tiles of each column and the tables' descriptions.
constexpr double kMostToFlush = 16 << 20;  // bytes

/// Less than this is free where a write failed for want of room.
constexpr double kFull = 1 << 20;  // bytes

/// A new MS, made and closed under the mutex.
///
/// Closing flushes, finished or not, and where the disk is full then, an exception leaves one of casacore's destructors
/// and ends the process. So room is kept for it; and after a failed write, or short of room, the MS is left open for
/// good.
class NewMs {
 public:
  /// @param path  what errors name
  NewMs(const PendingFolder& folder, std::string path) : folder_(folder), path_(std::move(path)) {}
  ~NewMs() {
    if (!ms_) return;
    folder_.give_back_reserve();
    const std::lock_guard<std::mutex> lock(casacore_mutex());
    if (write_failed_ || folder_.free_bytes() < kMostToFlush / 2) {
      ms_.release();
      return;
    }
    ms_->markForDelete();
    ms_.reset();
  }

  void fill(VisibilitySource& source, const WritePlan& plan, const WriteOptions& options, const JobContext& context) {
    try {
      write(source, plan, options, context);
    } catch (const Error& error) {
      write_failed_ = error.path() == path_;
      if (write_failed_) folder_.require_room(kFull);  // casacore garbles the system's reason
      throw;
    }
  }

 private:
  void write(VisibilitySource& source, const WritePlan& plan, const WriteOptions& options, const JobContext& context) {
    const Observation& observation = source.observation();
    folder_.take_reserve(kMostToFlush);
    with_casacore(path_, [&] {
      ms_ = create_ms(folder_.path(), observation, plan.n_kept() * observation.spw_first_channel.size());
      write_subtables(*ms_, observation, plan, options);
    });
    {
      MainTableWriter writer(*ms_, observation, plan, path_);
      writer.write_rows();
      source.read([&](VisibilityBlock& block) { writer.write_block(block); }, context);
      writer.finish();
    }
    folder_.give_back_reserve();
    folder_.require_room(kMostToFlush / 2);
    with_casacore(path_, [&] {
      ms_->flush();
      ms_.reset();
    });
  }

  const PendingFolder& folder_;
  std::string path_;
  std::unique_ptr<casacore::MeasurementSet> ms_;
  bool write_failed_ = false;
};

void validate(PendingFolder& folder, const std::string& path, const WriteOptions& options) {
  try {
    validate_ms(folder.path(), {options.first_year, options.last_year, kExactUvwTolerance_m});
  } catch (const Error& error) {
    std::string reason = error.what();
    const std::string aside = folder.reject();
    const std::size_t at = reason.find(folder.path());
    if (at != std::string::npos) reason.replace(at, folder.path().size(), aside);
    throw Error(code::kMeasurementSet,
                "The new MeasurementSet failed its validation, was set aside as " + aside + " and is not at " + path +
                    ". " + reason,
                aside);
  }
}

}  // namespace

void write_ms(VisibilitySource& source, const std::string& path, const WriteOptions& options,
              const JobContext& context) {
  require_absent(path);
  const Observation& observation = source.observation();
  require_writable(observation, path);
  const WritePlan plan = plan_write(observation, options);
  PendingFolder folder(path);
  folder.require_room(estimate_ms_bytes(observation, plan.n_kept() * observation.spw_first_channel.size()) +
                      kMostToFlush);
  NewMs(folder, path).fill(source, plan, options, context.part(0, 0.9));
  validate(folder, path, options);
  context.checkpoint(0.95);
  folder.sync();
  context.checkpoint(1);  // the last: what has its name is not taken back
  folder.commit();
}

}  // namespace contimg::ms
