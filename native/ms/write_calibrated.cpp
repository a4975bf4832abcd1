#include "ms/write_calibrated.h"

#include <filesystem>
#include <optional>

#include "core/error.h"
#include "ms/calibrated_columns.h"
#include "ms/linked_copy.h"
#include "ms/ms_subtables.h"
#include "ms/pending_folder.h"
#include "ms/table_lock.h"
#include "ms/write_back.h"
#include "ms/written_table.h"

namespace contimg::ms {
namespace {

/// Rows of other fields or data descriptions would have no CORRECTED_DATA.
void require_all_rows(const MsContents& contents, const std::string& path) {
  std::size_t n_rows = 0;
  for (const auto& rows : contents.table_rows)
    for (const std::uint32_t row : rows) n_rows += row != kNoRow;
  if (n_rows != contents.n_table_rows)
    refuse(path, "Expected one observation but " + std::to_string(contents.n_table_rows - n_rows) + " of " +
                     std::to_string(contents.n_table_rows) + " rows belong to another");
}

void add_history(const std::string& path, const std::string& ms, const std::vector<std::string>& lines) {
  if (!std::filesystem::is_directory(ms + "/HISTORY")) return;
  with_casacore(path, [&] {
    casacore::MSHistory history(ms + "/HISTORY", casacore::Table::Update);
    append_history(history, lines);
  });
}

}  // namespace

WrittenVisibilities write_calibrated(const std::string& path, VisibilitySource& calibrated, const MsContents& contents,
                                     const std::vector<std::string>& history, const JobContext& context) {
  require_all_rows(contents, path);
  PendingFolder folder(path, PendingFolder::Place::kTaken);
  folder.require_room(CalibratedColumns::estimate_bytes(contents) + kMostToFlush);
  make_linked_copy(path, folder.path());
  casacore::Table* copy = nullptr;
  WrittenVisibilities result;
  WrittenTable table(folder, path);
  table.write(
      [&] {
        auto opened = std::make_unique<casacore::Table>(
            folder.path(), casacore::TableLock(casacore::TableLock::PermanentLocking), casacore::Table::Update);
        copy = opened.get();
        return opened;
      },
      [&] {
        WriteBack write_back(folder.path());
        CalibratedColumns columns(*copy, contents, path);
        calibrated.read(
            [&](VisibilityBlock& block) {
              columns.write_block(block);
              write_back.nudge();
            },
            context.part(0, 0.95));
        result = {columns.n_visibilities(), columns.n_flagged()};
      });
  add_history(path, folder.path(), history);
  folder.sync();
  context.checkpoint(1);  // the last: what has its name is not taken back
  folder.exchange();
  return result;
}

}  // namespace contimg::ms
