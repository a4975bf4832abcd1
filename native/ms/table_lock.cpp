#include "ms/table_lock.h"

#include <casacore/casa/Logging/LogSink.h>
#include <casacore/casa/Logging/NullLogSink.h>
#include <casacore/ms/MeasurementSets/MeasurementSet.h>
#include <casacore/tables/Tables/SetupNewTab.h>

#include "core/error.h"

namespace contimg::ms {

std::mutex& casacore_mutex() {
  static std::mutex mutex;
  return mutex;
}

void initialize_casacore() {
  const std::lock_guard<std::mutex> lock(casacore_mutex());
  casacore::LogSinkInterface* sink = new casacore::NullLogSink;
  casacore::LogSink::globalSink(sink);  // takes it over
  casacore::SetupNewTable setup("", casacore::MeasurementSet::requiredTableDesc(), casacore::Table::Scratch);
}

void rethrow(const casacore::AipsError& error, const std::string& path) {
  const std::string reason = error.getMesg();
  for (const char* full : {"No space left", "quota exceeded", "File too large"})
    if (reason.find(full) != std::string::npos)
      throw Error(code::kDiskFull,
                  "Expected room on the disk for " + path + " but casacore reports: " + reason +
                      ". Free space and run it again",
                  path);
  throw Error(code::kMeasurementSet,
              "Expected a MeasurementSet that casacore can handle at " + path + " but it reports: " + reason +
                  ". Convert the observation again, or check that all its files were copied",
              path);
}

}  // namespace contimg::ms
