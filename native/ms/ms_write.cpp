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
#include "ms/written_table.h"

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

/// @param averaged  `source`, if it averages; or null
void fill(const PendingFolder& folder, const std::string& path, VisibilitySource& source,
          const AveragedSource* averaged, const WritePlan& plan, const JobContext& context) {
  casacore::MeasurementSet* ms = nullptr;
  WrittenTable table(folder, path);
  table.write(
      [&] {
        auto created = create_ms(folder.path(), plan);
        ms = created.get();
        return created;
      },
      [&] {
        with_casacore(path, [&] { write_subtables(*ms, plan); });
        write_row_columns(*ms, plan, path);
        WriteBack write_back(folder.path());
        VisibilityColumns columns(*ms, plan, path);
        source.read(
            [&](VisibilityBlock& block) {
              columns.write_block(block);
              write_back.nudge();
            },
            context);
        columns.finish();
        if (averaged) write_averaged_row_columns(*ms, plan, averaged->row_times(), path);
      });
}

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
  fill(folder, path, written, averaged.get(), plan, context.part(0, 0.9));
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
