#include "ms/ms_write.h"

#include <future>
#include <memory>

#include "core/error.h"
#include "ms/averaged_source.h"
#include "ms/ms_create.h"
#include "ms/ms_subtables.h"
#include "ms/ms_validate.h"
#include "ms/pending_folder.h"
#include "ms/polarization_codes.h"
#include "ms/row_columns.h"
#include "ms/table_lock.h"
#include "ms/visibility_columns.h"
#include "ms/write_back.h"

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

  /// @param averaged  `source`, if it averages; or null
  void fill(VisibilitySource& source, const AveragedSource* averaged, const WritePlan& plan,
            const JobContext& context) {
    try {
      write(source, averaged, plan, context);
    } catch (const Error& error) {
      write_failed_ = error.path() == path_;
      if (write_failed_) folder_.require_room(kFull);  // casacore garbles the system's reason
      throw;
    }
  }

 private:
  void write(VisibilitySource& source, const AveragedSource* averaged, const WritePlan& plan,
             const JobContext& context) {
    folder_.take_reserve(kMostToFlush);
    with_casacore(path_, [&] {
      ms_ = create_ms(folder_.path(), plan);
      write_subtables(*ms_, plan);
    });
    write_row_columns(*ms_, plan, path_);
    {
      WriteBack write_back(folder_.path());
      VisibilityColumns columns(*ms_, plan, path_);
      source.read(
          [&](VisibilityBlock& block) {
            columns.write_block(block);
            write_back.nudge();
          },
          context);
      columns.finish();
      if (averaged) write_averaged_row_columns(*ms_, plan, averaged->row_times(), path_);
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

/// What is wrong with the MS in `folder`, empty if nothing is.
std::string validation_failure(const PendingFolder& folder, const WriteOptions& options) {
  try {
    validate_ms(folder.path(), {options.first_year, options.last_year, kExactUvwTolerance_m});
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

/// `reason` with the path of the temporary folder replaced by what is there afterwards.
std::string retold(std::string reason, const PendingFolder& folder, const std::string& path) {
  const std::size_t at = reason.find(folder.path());
  if (at != std::string::npos) reason.replace(at, folder.path().size(), path);
  return reason;
}

[[noreturn]] void reject(PendingFolder& folder, const std::string& path, const std::string& reason) {
  const std::string aside = folder.reject();
  throw Error(code::kMeasurementSet,
              "The new MeasurementSet failed its validation, was set aside as " + aside + " and is not at " + path +
                  ". " + retold(reason, folder, aside),
              aside);
}

}  // namespace

std::string write_ms(VisibilitySource& source, const std::string& path, const WriteOptions& options,
                     const JobContext& context) {
  require_absent(path);
  require_writable(source.observation(), path);
  std::optional<Field> field;
  if (options.fields == FieldLayout::kSingle) field = single_field(source.observation(), options);
  std::unique_ptr<AveragedSource> averaged;
  if (options.averaging) {
    if (!field)
      throw Error(code::kInvalidArgument,
                  "Expected a single field with averaging: the fringes of a source near a "
                  "meridian field run");
    averaged = std::make_unique<AveragedSource>(source, field->center, *options.averaging);
  }
  VisibilitySource& written = averaged ? *averaged : source;
  const WritePlan plan = plan_write(source.observation(), written.observation(), field, options);
  PendingFolder folder(path);
  folder.require_room(estimate_ms_bytes(plan) + kMostToFlush);
  NewMs(folder, path).fill(written, averaged.get(), plan, context.part(0, 0.9));
  auto synced = std::async(std::launch::async, [&] { folder.sync(); });
  const std::string failure = validation_failure(folder, options);
  context.checkpoint(0.95);
  synced.get();
  if (!failure.empty() && options.validation_is_fatal) reject(folder, path, failure);
  context.checkpoint(1);  // the last: what has its name is not taken back
  folder.commit();
  return retold(failure, folder, path);
}

}  // namespace contimg::ms
