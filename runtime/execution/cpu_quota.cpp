// How many processors a process may use: its affinity, and the quota of its control groups. See cgroups(7),
// and "CPU Interface Files" in the kernel's documentation of cgroup v2.
#include "cpu.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <sched.h>

namespace cnn {
namespace {

constexpr int longestPath = 1024;

/// The first line of a file, or false.
bool firstLine(const char* path, char* line, int size) {
  FILE* file = fopen(path, "re");
  if (!file) return false;
  bool read = fgets(line, size, file) != nullptr;
  fclose(file);
  return read;
}

/// Processors that run for `quota` of every `period` microseconds.
int32_t processors(long long quota, long long period) {
  if (quota <= 0 || period <= 0) return INT32_MAX;
  long long whole = (quota - 1) / period + 1;
  return whole < INT32_MAX ? static_cast<int32_t>(whole) : INT32_MAX;
}

/// Of one folder: v2's "QUOTA PERIOD" or "max PERIOD", v1's two files, where -1 is no quota.
int32_t quotaOf(const char* folder) {
  char path[longestPath + 32], line[64];
  snprintf(path, sizeof path, "%s/cpu.max", folder);
  long long quota = 0, period = 0;
  if (firstLine(path, line, sizeof line))
    return sscanf(line, "%lld %lld", &quota, &period) == 2 ? processors(quota, period) : INT32_MAX;
  snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
  if (!firstLine(path, line, sizeof line) || sscanf(line, "%lld", &quota) != 1) return INT32_MAX;
  snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
  if (!firstLine(path, line, sizeof line) || sscanf(line, "%lld", &period) != 1) return INT32_MAX;
  return processors(quota, period);
}

/// Of a group and all that it is in, up to where the file system of groups begins: in a container that is its
/// own group, and the path that the kernel tells may not be there.
int32_t quotaUpwards(const char* mount, const char* group) {
  char folder[longestPath];
  int length = snprintf(folder, sizeof folder, "%s%s", mount, group);
  if (length < 0 || length >= longestPath) return quotaOf(mount);
  size_t end = strlen(mount);
  int32_t least = INT32_MAX;
  while (true) {
    int32_t quota = quotaOf(folder);
    if (quota < least) least = quota;
    char* slash = strrchr(folder, '/');
    if (strlen(folder) <= end || !slash || slash < folder + end) return least;
    *slash = 0;
  }
}

/// Whether a list "cpu,cpuacct" holds "cpu".
bool controlsCpu(const char* list) {
  for (const char* at = list; at; at = strchr(at, ',')) {
    at += *at == ',';
    size_t length = strcspn(at, ",");
    if (length == 3 && strncmp(at, "cpu", 3) == 0) return true;
  }
  return false;
}

} // namespace

int32_t quotaProcessors(const char* root) {
  char path[longestPath], line[longestPath];
  snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
  FILE* file = fopen(path, "re");
  if (!file) return INT32_MAX;
  int32_t least = INT32_MAX;
  while (fgets(line, sizeof line, file)) { // NUMBER:CONTROLLERS:GROUP
    line[strcspn(line, "\n")] = 0;
    char* controllers = strchr(line, ':');
    char* group = controllers ? strchr(controllers + 1, ':') : nullptr;
    if (!group) continue;
    *group++ = 0;
    ++controllers;
    if (strcmp(group, "/") == 0) group += 1;
    char mount[longestPath];
    int32_t quota = INT32_MAX;
    if (*controllers == 0) {
      for (const char* folder : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        snprintf(mount, sizeof mount, "%s%s", root, folder);
        int32_t found = quotaUpwards(mount, group);
        if (found < quota) quota = found;
      }
    } else if (controlsCpu(controllers)) {
      snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/%s", root, controllers);
      quota = quotaUpwards(mount, group);
    }
    if (quota < least) least = quota;
  }
  fclose(file);
  return least;
}

int32_t availableProcessors() {
  cpu_set_t cores;
  int32_t count = sched_getaffinity(0, sizeof(cores), &cores) == 0 ? CPU_COUNT(&cores) : 1;
  int32_t quota = quotaProcessors("");
  if (quota < count) count = quota;
  return count < 1 ? 1 : count;
}

} // namespace cnn
