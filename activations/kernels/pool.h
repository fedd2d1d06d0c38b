/* Threads that help with the chunks of a long call. It knows no array.
 *
 * Why not OpenMP's own threads: the end of a parallel region waits for every thread of the team, also for one that has
 * not begun, because another process holds its core; each Python thread that calls gets a team of its own; and after a
 * fork there is none. Here a caller begins at once and takes chunks until there are none left. Helpers that come in time
 * take some of them, those that do not are told that they need not come, and only those that are in the middle of a chunk
 * are waited for. So a call can lose a chunk's time to a busy machine, not more. All callers share one set of helpers, and
 * callers and helpers together are no more than one call alone may have. */
#ifndef ACTIVATIONS_POOL_H
#define ACTIVATIONS_POOL_H

#include "Python.h"
#include "pythread.h"
#include "machine.h"

#ifdef _OPENMP
#include <omp.h>
#endif

#define ACT_MOST_HELPERS 255
#define ACT_LINGER 100e3         /* nanoseconds that a helper looks out for more work before it sleeps */
#define ACT_WAKING 100e3         /* nanoseconds of work that are worth waking a helper for, which takes some 10 itself:
                                    of one call, or of a streak of them, none of which begins ACT_LINGER after the last */
#define ACT_STREAK 500e3         /* the same of calls too short to wait for a helper, which is late where its core rested */
#define ACT_PATIENCE 20e3        /* nanoseconds that a caller waits for a helper's last chunk before it yields its core */
#define ACT_MEMORY 1000          /* microseconds for which calls that were under way at once are remembered */
#define ACT_AGAIN 8              /* chunks after which a caller that is short of helpers asks again */

#if defined(_MSC_VER)
#define NOMINMAX
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#if defined(_WIN64)
#define ACT_ATOMIC(name) Interlocked##name##64
#else
#define ACT_ATOMIC(name) Interlocked##name
#endif
#define act_load(at) ACT_ATOMIC(CompareExchange)(at, 0, 0)
#define act_store(at, value) ACT_ATOMIC(Exchange)(at, value)
#define act_add(at, value) ACT_ATOMIC(ExchangeAdd)(at, value)
#define act_swap(at, from, to) (ACT_ATOMIC(CompareExchange)(at, to, from) == (from))
#define act_pause() YieldProcessor()
#define act_yield() SwitchToThread()
#define act_core() ((intptr_t)GetCurrentProcessorNumber())
#define ACT_LINE __declspec(align(64))
#else
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#define act_load(at) __atomic_load_n(at, __ATOMIC_SEQ_CST)
#define act_store(at, value) __atomic_store_n(at, value, __ATOMIC_SEQ_CST)
#define act_add(at, value) __atomic_fetch_add(at, value, __ATOMIC_SEQ_CST)
static inline int act_swap(intptr_t *at, intptr_t from, intptr_t to)
{
    return __atomic_compare_exchange_n(at, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
#if ACT_X86
#define act_pause() _mm_pause()
#elif defined(__aarch64__)
#define act_pause() __asm__ volatile("yield")
#else
#define act_pause() ((void)0)
#endif
#define act_yield() sched_yield()
#if defined(__linux__)
#define act_core() ((intptr_t)sched_getcpu())
#else
#define act_core() ((intptr_t)-1)      /* not known: as if callers and helpers always shared one */
#endif
#define ACT_LINE __attribute__((aligned(64)))
#endif

typedef void (*act_task)(void *work, Py_ssize_t chunk);

/* Lies on the caller's stack: no helper touches it after it has taken itself off `members`. */
typedef struct {
    act_task task;
    void *work;
    intptr_t chunks;
    intptr_t most;               /* threads that the caller may have */
    int waking;                  /* whether helpers that sleep are woken */
    ACT_LINE intptr_t taken;     /* chunks that somebody has taken: the caller from the first one on, in order, */
    intptr_t behind;             /* and helpers so many from the last one on, so that calls in a row on the same memory
                                    find in each core's cache what that core left there */
    intptr_t members;            /* the caller, and the helpers that are asked or at work */
} act_job;

/* `job` is 0 for a free helper, a job's address for one that is asked, the same plus 1 for one at work. */
typedef struct {
    ACT_LINE intptr_t job;
    intptr_t asleep;
    PyThread_type_lock bell;     /* held by nobody else than a helper that sleeps; opened to wake it */
} act_helper;

static struct {
    act_helper helpers[ACT_MOST_HELPERS];
    ACT_LINE intptr_t helping;   /* helpers that there are */
    intptr_t starting;           /* whether somebody starts one */
    intptr_t callers;            /* calls that are under way */
    intptr_t running;            /* callers, and helpers that are asked or at work */
    intptr_t most;               /* threads that the last caller may have */
    intptr_t crowded;            /* when there was last more than one caller, in microseconds */
    intptr_t ended;              /* when the last call that may have helpers ended, or will */
    intptr_t streak;             /* nanoseconds of such calls since the last pause */
    intptr_t caller;             /* whose the last one was */
    intptr_t core;               /* where the last caller began: no place to linger */
} act_pool;

/* The threads of a job where all calls under way get as many. */
static inline intptr_t act_share_of(const act_job *job)
{
    intptr_t callers = act_load(&act_pool.callers);
    return callers > 1 ? (job->most + callers - 1) / callers : job->most;
}

static inline int act_crowded(act_job *job)
{
    return act_load(&act_pool.running) > job->most || act_load(&job->members) > act_share_of(job);
}

#if defined(_MSC_VER)
static __declspec(thread) char act_me;
#else
static _Thread_local char act_me;    /* its address tells Python's threads apart */
#endif

static inline intptr_t act_micro(double now) { return (intptr_t)(uint64_t)(now / 1000); }
static inline uintptr_t act_since(intptr_t *then, double now) { return (uintptr_t)act_micro(now) - (uintptr_t)act_load(then); }

/* Whether there have been several callers of late. Where workers of a pool call in turn, each is alone for a moment, and a
 * helper that came for that moment would be in their way. */
static int act_several_callers(double now)
{
    if (act_load(&act_pool.callers) > 1) act_store(&act_pool.crowded, act_micro(now));
    return act_since(&act_pool.crowded, now) < ACT_MEMORY;
}

static inline int act_worth_waking(double expected)
{
    return expected >= ACT_WAKING || act_load(&act_pool.streak) >= ACT_WAKING;
}

/* Whether a call of so many nanoseconds, too few to wait for a helper, has one at hand: awake, or worth waking for what
 * comes by this streak. Python threads that call in turn have none: they hold the cores themselves. */
static int act_at_hand(double expected)
{
    double now = act_now();
    intptr_t since = act_micro(now) - act_load(&act_pool.ended), me = (intptr_t)&act_me;
    intptr_t streak = since < ACT_LINGER / 1000 ? act_load(&act_pool.streak) : 0;
    if (act_load(&act_pool.caller) != me) {
        if (since < ACT_MEMORY) act_store(&act_pool.crowded, act_micro(now));
        act_store(&act_pool.caller, me);
        streak = 0;
    }
    if (streak < ACT_STREAK) act_store(&act_pool.streak, streak + (intptr_t)(expected < ACT_STREAK ? expected : ACT_STREAK));
    act_store(&act_pool.ended, act_micro(now + expected));
    if (act_load(&act_pool.callers) > 0 || act_several_callers(now)) return 0;
    if (streak >= ACT_STREAK) return 1;
    return act_load(&act_pool.helping) > 0 && !act_load(&act_pool.helpers[0].asleep) && !act_load(&act_pool.helpers[0].job);
}

static void act_help(void *argument)
{
    act_helper *self = (act_helper *)argument;
    double since = act_now(), now;
    for (;;) {
        intptr_t asked = act_load(&self->job);
        if (asked) {
            if (act_swap(&self->job, asked, asked + 1)) {
                act_job *job = (act_job *)asked;
                while (!act_crowded(job)) {
                    if (act_add(&job->taken, 1) >= job->chunks) break;
                    job->task(job->work, job->chunks - 1 - act_add(&job->behind, 1));
                }
                act_add(&job->members, -1);
                act_store(&self->job, 0);
                act_add(&act_pool.running, -1);
            }
            since = act_now();
            continue;
        }
        if (act_core() == act_load(&act_pool.core)) act_yield();
        for (int k = 0; k < 16 && !act_load(&self->job); k++) act_pause();
        now = act_now();
        if (now >= since && now - since < ACT_LINGER && act_load(&act_pool.running) < act_load(&act_pool.most)
            && !act_several_callers(now))
            continue;
        /* Whoever asks looks at `asleep` after it has set `job`, and this looks at `job` after it has set `asleep`. */
        act_store(&self->asleep, 1);
        if (!act_load(&self->job) || !act_swap(&self->asleep, 1, 0)) PyThread_acquire_lock(self->bell, WAIT_LOCK);
        since = act_now();
    }
}

/* Start a thread that no signal is delivered to but those of its own faults, and of profilers' clocks: who blocks a signal
 * and waits for it would otherwise have it go to a thread that does not block it, and end the process. */
static int act_start_thread(act_helper *helper)
{
    int started;
#if !defined(_WIN32)
    static const int kept[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPROF};
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (size_t k = 0; k < sizeof kept / sizeof *kept; k++) sigdelset(&blocked, kept[k]);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
#endif
    started = PyThread_start_new_thread(act_help, helper) != PYTHREAD_INVALID_THREAD_ID;
#if !defined(_WIN32)
    pthread_sigmask(SIG_SETMASK, &before, NULL);
#endif
    return started;
}

/* Whether there is a helper k, the first that there may not yet be: it is started where the system grants a thread. */
static int act_start_helper(intptr_t k)
{
    int started = 0;
    if (!act_swap(&act_pool.starting, 0, 1)) return 0;
    if (k < act_load(&act_pool.helping)) started = 1;
    else if (k < ACT_MOST_HELPERS) {
        act_helper *helper = &act_pool.helpers[k];
        if (!helper->bell && (helper->bell = PyThread_allocate_lock())) PyThread_acquire_lock(helper->bell, WAIT_LOCK);
        started = helper->bell && act_start_thread(helper);
        if (started) act_add(&act_pool.helping, 1);
    }
    act_store(&act_pool.starting, 0);
    return started;
}

/* Ask for helpers up to the job's share of threads; where there are too few, start some. */
static void act_ask(act_job *job)
{
    intptr_t k, wanted = act_share_of(job);
    if (wanted > job->chunks) wanted = job->chunks;
    wanted -= act_load(&job->members);
    for (k = 0; wanted > 0 && k < job->most - 1 && act_load(&act_pool.running) < job->most; k++) {
        act_helper *helper;
        if (k >= act_load(&act_pool.helping) && !(job->waking && act_start_helper(k))) return;
        helper = &act_pool.helpers[k];
        if (act_load(&helper->job) || (!job->waking && act_load(&helper->asleep))) continue;
        act_add(&job->members, 1);
        act_add(&act_pool.running, 1);
        if (act_swap(&helper->job, 0, (intptr_t)job)) {
            wanted--;
            if (act_swap(&helper->asleep, 1, 0)) PyThread_release_lock(helper->bell);
        }
        else {
            act_add(&job->members, -1);
            act_add(&act_pool.running, -1);
        }
    }
}

/* Call task(work, 0) to task(work, chunks - 1), each once, in any order, on at most so many threads: so many nanoseconds
 * of work for one. */
static void act_share(int threads, Py_ssize_t chunks, act_task task, void *work, double expected)
{
    double since = 0, now = act_now();
    act_job job = {task, work, chunks, threads, act_worth_waking(expected), 0, 0, 1};
    intptr_t chunk = 0, k = 0, short_of = 0;
    act_add(&act_pool.callers, 1);
    act_add(&act_pool.running, 1);
    act_store(&act_pool.most, threads);
    act_store(&act_pool.core, act_core());
    if (!act_several_callers(now)) act_ask(&job);
    while (act_add(&job.taken, 1) < job.chunks) {
        task(work, chunk++);
        /* Other calls have ended by now, or a helper has come back. */
        if (act_load(&act_pool.running) < job.most && act_load(&job.members) < act_share_of(&job)
            && ++short_of % ACT_AGAIN == 0 && !act_several_callers(act_now()))
            act_ask(&job);
    }
    while (act_load(&job.members) > 1) {
        act_helper *helper = &act_pool.helpers[k];
        if (act_load(&helper->job) == (intptr_t)&job && act_swap(&helper->job, (intptr_t)&job, 0)) {
            act_add(&job.members, -1);
            act_add(&act_pool.running, -1);
        }
        if (++k < act_load(&act_pool.helping)) continue;
        k = 0;
        act_pause();
        now = act_now();
        if (since == 0 || now < since) since = now;
        else if (now - since > ACT_PATIENCE) act_yield();
    }
    act_add(&act_pool.running, -1);
    act_add(&act_pool.callers, -1);
    act_store(&act_pool.ended, act_micro(act_now()));
}

/* A forked child has none of its parent's threads: it begins with none and starts its own. */
static void act_forget_helpers(void) { memset(&act_pool, 0, sizeof act_pool); }

static inline int act_helpers(void) { return (int)act_load(&act_pool.helping); }

static void act_prepare_pool(void)
{
#if !defined(_WIN32)
    pthread_atfork(NULL, NULL, act_forget_helpers);
#endif
}

/* What OpenMP offers to this thread now; within a parallel region of somebody's, one. */
static inline int act_offered_threads(void)
{
#ifdef _OPENMP
    int most = omp_get_max_threads(), limit = omp_get_thread_limit();
    return omp_in_parallel() ? 1 : most < limit ? most : limit;
#else
    return 1;
#endif
}

#endif
