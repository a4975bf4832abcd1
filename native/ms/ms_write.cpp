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

/// A new MS that is closed under the mutex; unless it was finished, its files are abandoned, not flushed: flushing
/// would fail again where the disk is full.
class NewMs {
 public:
  /// @param folder  where it is made
  /// @param path    what errors name
  NewMs(const std::string& folder, std::string path, const Observation& observation, const WritePlan& plan,
        const WriteOptions& options)
      : path_(std::move(path)) {
    with_casacore(path_, [&] {
      const std::size_t n_rows = plan.n_kept() * observation.spw_first_channel.size();
      ms_ = std::make_unique<casacore::MeasurementSet>(create_ms(folder, observation, n_rows));
      write_subtables(*ms_, observation, plan, options);
    });
  }
  ~NewMs() {
    if (!ms_) return;
    const std::lock_guard<std::mutex> lock(casacore_mutex());
    try {
      ms_->markForDelete();
      ms_.reset();
    } catch (const casacore::AipsError&) {  // the folder is removed anyway
    }
  }
  casacore::MeasurementSet& table() { return *ms_; }
  void close() {
    with_casacore(path_, [&] {
      ms_->flush();
      ms_.reset();
    });
  }

 private:
  std::string path_;
  std::unique_ptr<casacore::MeasurementSet> ms_;
};

void fill(VisibilitySource& source, const WritePlan& plan, const WriteOptions& options, const std::string& folder,
          const std::string& path, const JobContext& context) {
  const Observation& observation = source.observation();
  NewMs ms(folder, path, observation, plan, options);
  {
    MainTableWriter writer(ms.table(), observation, plan, path);
    writer.write_rows();
    source.read([&](VisibilityBlock& block) { writer.write_block(block); }, context);
    writer.finish();
  }
  ms.close();
}

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
  PendingFolder folder(path, estimate_ms_bytes(observation, plan.n_kept() * observation.spw_first_channel.size()));
  fill(source, plan, options, folder.path(), path, context.part(0, 0.9));
  validate(folder, path, options);
  context.checkpoint(0.95);
  folder.commit();
  context.checkpoint(1);
}

}  // namespace contimg::ms
