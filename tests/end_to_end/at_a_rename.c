/* Preloaded: a process gets signal END_SIGNAL before its rename number END_AT, counted from 1. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  static int renames;
  if (__atomic_add_fetch(&renames, 1, __ATOMIC_SEQ_CST) == atoi(getenv("END_AT")))
    kill(getpid(), atoi(getenv("END_SIGNAL")));
  return (int)syscall(SYS_renameat, from_folder, from, to_folder, to);
}
