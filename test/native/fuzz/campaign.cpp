#include "campaign.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <new>
#include <sstream>
#include <stdexcept>

#include "memory_meter.h"
#include "mutations.h"
#include "scratch_file.h"

namespace contimg::fuzz {
namespace {

constexpr std::uint64_t kNumbersPerChild = 200;
constexpr int kMostProcessorSeconds = 5, kMostSeconds = 120;  // of one mutation; the latter tells a deadlock

/// What a child tells its parent, in memory that both see: it holds when the child dies.
struct Slot {
  std::uint64_t number;
  Reading reading;
  Verdicts verdicts;
  char done[1000];  ///< what was done to the file
};

struct Finding {
  std::uint64_t number;
  std::string kind;  ///< "problem", "crash", "crash in libhdf5", "hang"
  std::string text;
};

struct Child {
  pid_t pid = -1;
  std::uint64_t end = 0;
  Slot* slot = nullptr;
  std::string log;
};

void arm_alarms() {
  const itimerval limit{{0, 0}, {kMostProcessorSeconds, 0}};
  ::setitimer(ITIMER_PROF, &limit, nullptr);
  ::alarm(kMostSeconds);
}

[[noreturn]] void work(const Campaign& campaign, std::uint64_t first, const Child& child) {
  const int log = ::open(child.log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(log, STDERR_FILENO);
  install_memory_meter();
  for (std::uint64_t number = first; number < child.end; ++number) {
    child.slot->number = number;
    child.slot->reading = Reading::kNone;
    child.slot->done[0] = 0;
    arm_alarms();
    std::string done;
    const std::string path = child.log + ".hdf5";
    try {
      const Bytes bytes = campaign.mutation(number, path, done);
      done.copy(child.slot->done, sizeof child.slot->done - 1);
      child.slot->done[std::min(done.size(), sizeof child.slot->done - 1)] = 0;
      campaign.read(
          number, bytes, path, child.slot->verdicts, [&](Reading reading) { child.slot->reading = reading; },
          [&](const std::string& problem) {
            std::cerr << "PROBLEM " << number << " " << problem << " [" << done << "]" << std::endl;
          });
    } catch (const std::exception& error) {
      std::cerr << "PROBLEM " << number << " " << error.what() << " [" << done << "]" << std::endl;
    }
  }
  ::_exit(0);
}

Child start(const Campaign& campaign, std::uint64_t first, std::uint64_t end, Child child) {
  child.end = end;
  child.pid = ::fork();
  if (child.pid < 0) throw std::runtime_error("cannot start a process");
  if (child.pid == 0) work(campaign, first, child);
  return child;
}

/// Lines of a log, and whether the stack that it ends with is libhdf5's: its innermost frame that is neither the
/// sanitizer's nor the C library's.
struct Log {
  std::vector<Finding> problems;
  bool in_libhdf5 = false;
  std::string summary;
  std::size_t failed_allocations = 0;
};

Log parse_log(const std::string& path) {
  Log log;
  std::ifstream file(path);
  bool placed = false;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("PROBLEM ", 0) == 0) {
      std::istringstream words(line.substr(8));
      Finding finding{0, "problem", {}};
      words >> finding.number;
      std::getline(words >> std::ws, finding.text);
      log.problems.push_back(finding);
    }
    if (line.find("failed to allocate") != std::string::npos) ++log.failed_allocations;
    if (line.find("ERROR: AddressSanitizer") != std::string::npos || line.find("runtime error:") != std::string::npos)
      if (log.summary.empty()) log.summary = line;
    const bool frame = line.find("    #") == 0;
    const bool ours = line.find("/native/") != std::string::npos, theirs = line.find("libhdf5") != std::string::npos;
    if (!placed && frame && (ours || theirs)) {
      placed = true;
      log.in_libhdf5 = theirs;
      log.summary += " | " + line;
    }
  }
  return log;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return result + "\"";
}

/// The children of a campaign and what they found.
class Pool {
 public:
  explicit Pool(const Campaign& campaign) : campaign_(campaign), next_(campaign.first) {
    const std::size_t bytes = campaign.jobs * sizeof(Slot);
    void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    for (std::uint64_t j = 0; j < campaign.jobs; ++j) {
      Child child;
      child.slot = new (static_cast<Slot*>(memory) + j) Slot();
      child.log = campaign.folder + "/" + std::to_string(j) + ".log";
      children_.push_back(child);
    }
  }

  void run() {
    for (Child& child : children_) start_next(child);
    int status;
    for (pid_t pid; (pid = ::waitpid(-1, &status, 0)) > 0;) {
      const auto found = std::find_if(children_.begin(), children_.end(), [&](const Child& c) { return c.pid == pid; });
      if (found == children_.end()) continue;
      take_findings(*found, status);
      std::remove((found->log + ".hdf5").c_str());
      const bool died = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
      if (died && found->slot->number + 1 < found->end)
        *found = start(campaign_, found->slot->number + 1, found->end, *found);
      else
        start_next(*found);
    }
  }

  bool report() const {
    Verdicts total;
    for (const Child& child : children_) {
      const Verdicts& v = child.slot->verdicts;
      total.refused += v.refused;
      total.correct += v.correct;
      total.recovered += v.recovered;
      total.unconfirmed += v.unconfirmed;
      total.most_part_bytes = std::max(total.most_part_bytes, v.most_part_bytes);
      total.most_bytes = std::max(total.most_bytes, v.most_bytes);
    }
    std::cout << "{\"seed\":" << campaign_.seed << ",\"first\":" << campaign_.first << ",\"count\":" << campaign_.count
              << ",\"refused\":" << total.refused << ",\"correct\":" << total.correct
              << ",\"recovered\":" << total.recovered << ",\"unconfirmed\":" << total.unconfirmed
              << ",\"mostPartBytes\":" << total.most_part_bytes << ",\"mostBytes\":" << total.most_bytes
              << ",\"failedAllocations\":" << failed_allocations_ << ",\"libhdf5Failures\":" << libhdf5_failures_
              << ",\"findings\":[";
    for (std::size_t i = 0; i < findings_.size(); ++i)
      std::cout << (i ? "," : "") << "{\"number\":" << findings_[i].number << ",\"kind\":" << quoted(findings_[i].kind)
                << ",\"text\":" << quoted(findings_[i].text) << "}";
    std::cout << "]}" << std::endl;
    return findings_.empty();
  }

 private:
  void start_next(Child& child) {
    child.pid = -1;
    const std::uint64_t end = campaign_.first + campaign_.count;
    if (next_ >= end) return;
    const std::uint64_t first = next_;
    next_ = std::min(end, first + kNumbersPerChild);
    child = start(campaign_, first, next_, child);
  }

  void take_findings(const Child& child, int status) {
    const Log log = parse_log(child.log);
    failed_allocations_ += log.failed_allocations;
    for (const Finding& finding : log.problems) add(finding);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    const Reading reading = child.slot->reading;
    if (reading == Reading::kNone || reading == Reading::kOracle) {
      ++libhdf5_failures_;
      return;
    }
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    const bool hang = signal == SIGPROF || signal == SIGALRM;
    Finding finding{child.slot->number, hang ? "hang" : log.in_libhdf5 ? "crash in libhdf5" : "crash", {}};
    finding.text = std::string(name_of(reading)) + ": signal " + std::to_string(signal) + " " + log.summary + " [" +
                   child.slot->done + "]";
    add(finding);
  }

  /// Kept for the end, and told at once: a campaign may be long.
  void add(const Finding& finding) {
    findings_.push_back(finding);
    std::cerr << finding.number << "\t" << finding.kind << "\t" << finding.text << std::endl;
  }

  const Campaign& campaign_;
  std::uint64_t next_;
  std::vector<Child> children_;
  std::vector<Finding> findings_;
  std::size_t failed_allocations_ = 0;
  std::size_t libhdf5_failures_ = 0;  ///< crashes and hangs while it made a mutation, or read one alone
};

}  // namespace

Bytes Campaign::mutation(std::uint64_t number, const std::string& scratch, std::string& done) const {
  Dice dice(seed, number);
  const BaseFile& base = base_of(number);
  Bytes bytes = base.bytes;
  done = base.name;
  if (number % 1000 == 0) return bytes;
  const bool structure = dice.once_in(4);
  if (structure) done += ": " + mutate_structure(bytes, scratch, dice);
  if (!structure || dice.once_in(3)) done += ": " + mutate_bytes(bytes, dice);
  return bytes;
}

const BaseFile& Campaign::base_of(std::uint64_t number) const {
  return base_files[Dice(~seed, number).below(base_files.size())];
}

void Campaign::read(std::uint64_t number, const Bytes& bytes, const std::string& path, Verdicts& verdicts,
                    const std::function<void(Reading)>& enter,
                    const std::function<void(const std::string&)>& problem) const {
  write_file(path, bytes);
  Dice dice(seed, ~number);
  read_in_every_way(path, *base_of(number).intact, dice, verdicts, enter, problem);
  std::remove(path.c_str());
}

bool run(const Campaign& campaign) {
  Pool pool(campaign);
  pool.run();
  return pool.report();
}

}  // namespace contimg::fuzz
