// Counts calls for memory and locks: a program that includes this replaces libc's functions. One source file
// of a program may include it.
#pragma once

#include <atomic>
#include <cstddef>
#include <dlfcn.h>
#include <ostream>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::atomic<long> memoryCalls{0}, lockCalls{0};

struct Counted {
  long memory, locks;
  bool operator==(const Counted&) const = default;
  friend std::ostream& operator<<(std::ostream& out, const Counted& counted) {
    return out << counted.memory << " for memory, " << counted.locks << " for locks";
  }
};

/// The calls that `body` makes, on all threads.
template <class Body> Counted countCalls(Body body) {
  long memoryBefore = memoryCalls, locksBefore = lockCalls;
  body();
  return {memoryCalls - memoryBefore, lockCalls - locksBefore};
}

template <class Function> Function* libcsOwn(Function*, const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);

void* malloc(size_t bytes) {
  return ++memoryCalls, __libc_malloc(bytes);
}
void* calloc(size_t count, size_t bytes) {
  return ++memoryCalls, __libc_calloc(count, bytes);
}
void* realloc(void* memory, size_t bytes) {
  return ++memoryCalls, __libc_realloc(memory, bytes);
}
void* memalign(size_t alignment, size_t bytes) {
  return ++memoryCalls, __libc_memalign(alignment, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  return ++memoryCalls, __libc_memalign(alignment, bytes);
}
int posix_memalign(void** memory, size_t alignment, size_t bytes) {
  *memory = (++memoryCalls, __libc_memalign(alignment, bytes));
  return *memory ? 0 : 12; // ENOMEM
}
void free(void* memory) {
  if (memory) ++memoryCalls;
  __libc_free(memory);
}

void* mmap(void* where, size_t bytes, int protection, int flags, int file, off_t offset) noexcept {
  ++memoryCalls;
  return reinterpret_cast<void*>(syscall(SYS_mmap, where, bytes, protection, flags, file, offset));
}
int munmap(void* memory, size_t bytes) noexcept {
  return ++memoryCalls, static_cast<int>(syscall(SYS_munmap, memory, bytes));
}
int madvise(void* memory, size_t bytes, int advice) noexcept {
  return ++memoryCalls, static_cast<int>(syscall(SYS_madvise, memory, bytes, advice));
}
void* sbrk(intptr_t more) noexcept {
  static auto* own = libcsOwn(&sbrk, "sbrk");
  return ++memoryCalls, own(more);
}
int brk(void* end) noexcept {
  static auto* own = libcsOwn(&brk, "brk");
  return ++memoryCalls, own(end);
}

#define COUNTED_LOCK(name, type)                                                                             \
  int name(type* lock) noexcept {                                                                            \
    static auto* own = libcsOwn(&name, #name);                                                               \
    return ++lockCalls, own(lock);                                                                           \
  }
COUNTED_LOCK(pthread_mutex_lock, pthread_mutex_t)
COUNTED_LOCK(pthread_mutex_trylock, pthread_mutex_t)
COUNTED_LOCK(pthread_rwlock_rdlock, pthread_rwlock_t)
COUNTED_LOCK(pthread_rwlock_wrlock, pthread_rwlock_t)
COUNTED_LOCK(pthread_spin_lock, pthread_spinlock_t volatile)
COUNTED_LOCK(pthread_cond_signal, pthread_cond_t)
COUNTED_LOCK(pthread_cond_broadcast, pthread_cond_t)
COUNTED_LOCK(sem_post, sem_t)
#undef COUNTED_LOCK
int sem_wait(sem_t* semaphore) {
  static auto* own = libcsOwn(&sem_wait, "sem_wait");
  return ++lockCalls, own(semaphore);
}
int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  static auto* own = libcsOwn(&pthread_cond_wait, "pthread_cond_wait");
  return ++lockCalls, own(condition, mutex);
}
int pthread_barrier_wait(pthread_barrier_t* barrier) noexcept {
  static auto* own = libcsOwn(&pthread_barrier_wait, "pthread_barrier_wait");
  return ++lockCalls, own(barrier);
}
}
