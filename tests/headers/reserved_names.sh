#!/usr/bin/env bash
# reserved_names.sh PRINT_NAMES SOURCE_DIR CC CXX: whatever the machine's C and C++ headers call their own, as the name of
# a network, of an input or of a phase it gives headers that compile beside them.
set -euo pipefail
print=$1 source=$2 cc=$3 cxx=$4
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
include=(-I"$source/runtime/include" -I"$source/runtime/abi/include")

c="assert ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdbool stddef stdint
   stdio stdlib string time uchar wchar wctype
   unistd pthread sched semaphore fcntl dirent dlfcn netdb strings poll spawn glob regex search termios utime wordexp ftw
   fnmatch libgen langinfo iconv nl_types syslog pwd grp monetary mqueue aio utmpx ucontext malloc memory alloca endian
   byteswap error err execinfo features getopt link elf mntent paths printf sys/types sys/stat sys/time sys/socket sys/wait
   sys/mman sys/select sys/uio sys/un sys/ioctl sys/file sys/resource sys/times sys/utsname sys/sysinfo sys/epoll
   sys/eventfd sys/timerfd sys/signalfd sys/random sys/param sys/ipc sys/shm sys/msg sys/sem sys/statvfs sys/ptrace
   sys/prctl sys/syscall sys/sendfile sys/inotify netinet/in netinet/tcp arpa/inet net/if"
only_c="complex stdatomic stdnoreturn tgmath threads"
only_cxx="algorithm any array atomic barrier bit bitset charconv chrono cmath complex concepts condition_variable coroutine
   deque exception execution filesystem format forward_list fstream functional future initializer_list iomanip ios iostream
   iterator latch list map memory_resource mutex new numbers numeric optional queue random ranges ratio scoped_allocator
   set shared_mutex source_location span sstream stack stdexcept stop_token string_view system_error thread tuple
   type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector version"
headers() { # headers ENDING name…
  local ending=$1 name
  shift
  for name; do printf '#if __has_include(<%s>)\n#include <%s>\n#endif\n' "$name$ending" "$name$ending"; done
}
# shellcheck disable=SC2086
{ headers .h $c $only_c; echo '#include <cnn/training.h>'; } > all.h
# shellcheck disable=SC2086
{ headers "" $only_cxx; headers .h $c; echo '#include <cnn/cnn.hpp>'; } > all.hpp

{ "$cc" -std=gnu11 -D_GNU_SOURCE "${include[@]}" -E -dD -x c all.h
  "$cxx" -std=c++20 "${include[@]}" -E -dD -x c++ all.hpp; } > all_text
grep -oE '\b[A-Za-z][A-Za-z0-9_]*\b' all_text | sort -u > names
[ "$(wc -l < names)" -gt 10000 ] || fail "only $(wc -l < names) names in the machine's headers"

for mode in namespaces arguments phases; do
  { cat all.hpp; "$print" $mode < names; } > $mode.cpp
  "$cxx" -std=c++20 -w "${include[@]}" -fsyntax-only $mode.cpp 2> errors || { head -20 errors; fail "C++, $mode"; }
done
for mode in functions arguments; do
  { cat all.h; "$print" $mode < names; } > $mode.c
  "$cc" -std=gnu11 -D_GNU_SOURCE -w "${include[@]}" -fsyntax-only $mode.c 2> errors || { head -20 errors; fail "C, $mode"; }
done
# No header of a library is taken for one of the machine's.
while read -r library; do
  for place in /usr/include "/usr/include/$("$cc" -dumpmachine)" "$(dirname "$("$cc" -print-file-name=include/stddef.h)")"; do
    ! [ -e "$place/$library.h" ] || fail "$library.h is also $place/$library.h"
  done
done < <(printf '%s\n' $c $only_c | grep -v / | "$print" namespaces | sed 's/namespace \([^ ]*\) .*/\1/')
