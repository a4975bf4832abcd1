#pragma once

#include <string>

namespace contimg::ms {

/// A folder that is filled under a temporary dot name beside its final place, and gets its name when it is whole.
/// Destroyed before commit(), exchange() or reject(), it removes what it holds.
class PendingFolder {
 public:
  /// For a new folder, or to take the place of one.
  enum class Place { kFree, kTaken };

  /// @throws Error{OUTPUT_EXISTS} something stands at `final_path`, and the place is to be free; Error{FILE_ACCESS} its
  /// parent is missing or cannot be written
  explicit PendingFolder(const std::string& final_path, Place place = Place::kFree);
  ~PendingFolder();
  PendingFolder(const PendingFolder&) = delete;
  PendingFolder& operator=(const PendingFolder&) = delete;

  /// A path inside the temporary folder where nothing is; the table goes here.
  const std::string& path() const { return content_; }

  double free_bytes() const;
  /// @throws Error{DISK_FULL} less is free
  void require_room(double bytes) const;
  /// Takes room on the disk, to be given back before what must not run out of it.
  /// @throws Error{DISK_FULL, FILE_ACCESS}
  void take_reserve(double bytes) const;
  void give_back_reserve() const;

  /// Brings everything to the disk.
  /// @throws Error{FILE_ACCESS, DISK_FULL}
  void sync() const;
  /// Renames; after sync().
  /// @throws Error{OUTPUT_EXISTS, FILE_ACCESS}
  void commit();
  /// Swaps names with the folder at the final path, which is then removed; after sync(). Whenever the process ends, one
  /// of the two has the name, whole; where the file system cannot swap, the old one may be left under a dot name.
  /// @throws Error{FILE_ACCESS}
  void exchange();
  /// Puts the folder aside as `<final_path>.rejected-N` and returns that path.
  std::string reject();

 private:
  void sync_parent() const;

  std::string final_path_, folder_, content_, reserve_;
  bool exchanged_ = false;
};

/// Throws Error{OUTPUT_EXISTS} when something, a dangling link included, stands at `path`.
void require_absent(const std::string& path);

}  // namespace contimg::ms
