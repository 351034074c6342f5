// What is found out about the processor, on processors and file systems that the tests make up.
#include "../../runtime/execution/cpu.h"

#include <catch2/catch.hpp>
#include <cnn/abi.h>

#include <filesystem>
#include <fstream>
#include <sched.h>
#include <unistd.h>

using namespace cnn;
namespace fs = std::filesystem;

namespace {

uint32_t bits(std::initializer_list<int> list) {
  uint32_t word = 0;
  for (int bit : list) word |= uint32_t{1} << bit;
  return word;
}

constexpr uint64_t sse = 0x3, ymm = 0x7, zmm = 0xe7, tiles = zmm | 0x60000;

/// A processor of each generation, as it names itself.
CpuIdentity coreDuo() {
  return {{0, 0, bits({0, 9}), 0}, {}, {}, 0}; // SSE3, SSSE3
}
CpuIdentity nehalem() {
  CpuIdentity cpu = coreDuo();
  cpu.one.c |= bits({19, 20, 27});
  cpu.saved = sse;
  return cpu;
}
CpuIdentity sandyBridge() {
  CpuIdentity cpu = nehalem();
  cpu.one.c |= bits({28});
  cpu.saved = ymm;
  return cpu;
}
CpuIdentity haswell() {
  CpuIdentity cpu = sandyBridge();
  cpu.one.c |= bits({12, 29});
  cpu.seven.b = bits({3, 5, 8});
  return cpu;
}
CpuIdentity skylakeServer() {
  CpuIdentity cpu = haswell();
  cpu.seven.b |= bits({16, 17, 28, 30, 31});
  cpu.saved = zmm;
  return cpu;
}
CpuIdentity sapphireRapids() {
  CpuIdentity cpu = skylakeServer();
  cpu.seven.b |= bits({21});
  cpu.seven.c = bits({1, 6, 11, 12, 14});
  cpu.seven.d = bits({22, 24, 25});
  cpu.sevenOne.a = bits({4, 5});
  cpu.saved = tiles;
  return cpu;
}

constexpr uint64_t toAvx = CNN_CPU_SSE41 | CNN_CPU_AVX,
                   toAvx2 = toAvx | CNN_CPU_FMA | CNN_CPU_F16C | CNN_CPU_AVX2_FMA,
                   toAvx512 = toAvx2 | CNN_CPU_AVX512,
                   toVnni = toAvx512 | CNN_CPU_AVX512_VBMI | CNN_CPU_AVX512_VNNI | CNN_CPU_AVX512_BF16 |
                            CNN_CPU_AVX_VNNI;

struct Folder {
  ~Folder() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << text;
  }
  int32_t quota() const { return quotaProcessors(path.c_str()); }

  fs::path path = fs::temp_directory_path() / ("cnn_cgroup_" + std::to_string(getpid()));
};

} // namespace

TEST_CASE("each generation of processors has its instructions") {
  CHECK(cpuFeaturesOf(coreDuo()) == 0);
  CHECK(cpuFeaturesOf(nehalem()) == CNN_CPU_SSE41);
  CHECK(cpuFeaturesOf(sandyBridge()) == toAvx);
  CHECK(cpuFeaturesOf(haswell()) == toAvx2);
  CHECK(cpuFeaturesOf(skylakeServer()) == toAvx512);
  CHECK(cpuFeaturesOf(sapphireRapids()) == (toVnni | CNN_CPU_AMX_BF16 | CNN_CPU_AMX_INT8));
}

TEST_CASE("what the operating system or a virtual machine hides is not there") {
  CpuIdentity cpu = sapphireRapids();
  SECTION("tiles without their bits in cpuid") {
    cpu.seven.d = 0;
    CHECK(cpuFeaturesOf(cpu) == toVnni);
  }
  SECTION("tiles that are not saved") {
    cpu.saved = zmm;
    CHECK(cpuFeaturesOf(cpu) == toVnni);
  }
  SECTION("registers of 64 bytes that are not saved") {
    cpu.saved = ymm;
    CHECK(cpuFeaturesOf(cpu) == (toAvx2 | CNN_CPU_AVX_VNNI));
  }
  SECTION("registers of 32 bytes that are not saved") {
    cpu.saved = sse;
    CHECK(cpuFeaturesOf(cpu) == CNN_CPU_SSE41);
  }
}

TEST_CASE("every feature has a name of its own") {
  for (uint64_t bit = 1; bit <= CNN_CPU_AMX_INT8; bit <<= 1)
    CHECK(std::string(cpuFeatureName(bit)).find("does not know") == std::string::npos);
  CHECK(std::string(cpuFeatureName(CNN_CPU_SSE41 | CNN_CPU_AVX512)) == cpuFeatureName(CNN_CPU_AVX512));
}

TEST_CASE("a quota of control groups of version 2 counts, wherever above the process it stands") {
  Folder folder;
  CHECK(folder.quota() == INT32_MAX);
  folder.write("proc/self/cgroup", "0::/system.slice/job.scope\n");
  CHECK(folder.quota() == INT32_MAX);
  folder.write("sys/fs/cgroup/system.slice/job.scope/cpu.max", "max 100000\n");
  CHECK(folder.quota() == INT32_MAX);
  folder.write("sys/fs/cgroup/system.slice/job.scope/cpu.max", "250000 100000\n");
  CHECK(folder.quota() == 3);
  folder.write("sys/fs/cgroup/system.slice/cpu.max", "200000 100000\n");
  CHECK(folder.quota() == 2);
  folder.write("sys/fs/cgroup/cpu.max", "50000 100000\n");
  CHECK(folder.quota() == 1);
}

TEST_CASE("a container sees its own group as the root") {
  Folder folder;
  folder.write("sys/fs/cgroup/cpu.max", "400000 100000\n");
  for (const char* group : {"/", "/docker/0123456789abcdef", "/../../job"}) {
    folder.write("proc/self/cgroup", std::string("0::") + group + "\n");
    CHECK(folder.quota() == 4);
  }
}

TEST_CASE("a quota of control groups of version 1 counts") {
  Folder folder;
  folder.write("proc/self/cgroup", "12:cpuset:/job\n4:cpu,cpuacct:/job\n1:name=systemd:/job\n0::/job\n");
  folder.write("sys/fs/cgroup/cpuset/job/cpu.cfs_quota_us", "1\n"); // of another controller
  folder.write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "50000\n");
  folder.write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "-1\n");
  CHECK(folder.quota() == INT32_MAX);
  folder.write("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "300000\n");
  CHECK(folder.quota() == 6);
  fs::remove(folder.path / "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us");
  CHECK(folder.quota() == INT32_MAX);
}

TEST_CASE("files of control groups that make no sense are no quota") {
  Folder folder;
  folder.write("proc/self/cgroup", "nonsense\n::\n0::/" + std::string(3000, 'x') + "\n0::/a\n");
  for (const char* text : {"", "max\n", "100000\n", "0 100000\n", "-5 100000\n", "100000 0\n", "x y\n"}) {
    folder.write("sys/fs/cgroup/a/cpu.max", text);
    CHECK(folder.quota() == INT32_MAX);
  }
  folder.write("sys/fs/cgroup/a/cpu.max", "9223372036854775807 1\n");
  CHECK(folder.quota() == INT32_MAX);
}

TEST_CASE("cores that the process may not run on do not count") {
  cpu_set_t before, one;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  CHECK(availableProcessors() == 1);
  REQUIRE(sched_setaffinity(0, sizeof before, &before) == 0);
  CHECK(availableProcessors() <= CPU_COUNT(&before));
  CHECK(availableProcessors() >= 1);
}
