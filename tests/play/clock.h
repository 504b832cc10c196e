/*
 * clock.h - milliseconds that go by, whatever the time of day is set to.
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <time.h>

static inline long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long long)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

#endif
