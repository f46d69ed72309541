/* Included in front of each of the library's files when they are compiled for the simulation, so
 * that they run as they are: their atomics are points where others may run, and their system calls
 * go to the simulation's kernel. What else they might use of <stdatomic.h> is taken away, so that
 * nothing escapes. */
#pragma once

#include "tests/sim/world.h"

#include <fcntl.h>
#include <grp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#undef atomic_init
#undef atomic_load
#undef atomic_load_explicit
#undef atomic_store
#undef atomic_store_explicit
#undef atomic_thread_fence
#undef atomic_signal_fence
#undef atomic_exchange
#undef atomic_exchange_explicit
#undef atomic_fetch_add
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_or
#undef atomic_fetch_or_explicit
#undef atomic_fetch_and
#undef atomic_fetch_and_explicit
#undef atomic_compare_exchange_strong
#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak
#undef atomic_compare_exchange_weak_explicit

#define atomic_load_explicit(at, order)                                                            \
    ((__typeof__(+*(at)))sim_load((at) + 0 * sizeof(char[sizeof *(at) == 8 ? 1 : -1]), (order),    \
                                  __func__, "load " #at))
#define atomic_store_explicit(at, value, order)                                                    \
    sim_store((at) + 0 * sizeof(char[sizeof *(at) == 8 ? 1 : -1]), (uint64_t)(value), (order),     \
              __func__, "store " #at)
#define atomic_init(at, value)     atomic_store_explicit(at, value, memory_order_relaxed)
#define atomic_thread_fence(order) sim_fence((order), __func__)

#define ftok          sim_ftok
#define semget        sim_semget
#define semop         sim_semop
#define semctl        sim_semctl
#define shmget        sim_shmget
#define shmat         sim_shmat
#define shmdt         sim_shmdt
#define shmctl        sim_shmctl
#define madvise       sim_madvise
#define calloc        sim_calloc
#define free          sim_free
#define getpid        sim_getpid
#define geteuid       sim_geteuid
#define getegid       sim_getegid
#define getrandom     sim_getrandom
#define clock_gettime sim_clock_gettime
#define mkdir         sim_mkdir
#define chmod         sim_chmod
#define lstat         sim_stat
#define fstat         sim_fstat
#define close         sim_close
#define read          sim_read
#define inotify_init1 sim_inotify_init1
#define vsnprintf     sim_vsnprintf
