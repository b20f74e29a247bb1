// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#define _GNU_SOURCE
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The sum of a field given in kB, in bytes; -1 when there is no such file. */
static double proc_field(const char *pid, const char *file, const char *name)
{
    char path[64], line[256];
    double v = 0;
    snprintf(path, sizeof path, "/proc/%s/%s", pid, file);
    FILE *f = fopen(path, "r");
    if (!f) return -1;
    while (fgets(line, sizeof line, f))
        if (strncmp(line, name, strlen(name)) == 0) v += atof(line + strlen(name)) * 1024;
    fclose(f);
    return v;
}

/*
 * The CPU time of all threads of a process, also of those that have ended. The fields of /proc/PID/stat go in ticks of
 * 10 ms, which in a window of a second is an error of 1 %; the process's own clock counts nanoseconds.
 */
static double cpu_seconds(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t)) return -1;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The parts spent in the program and in the kernel, in seconds. */
static void add_stat(const char *pid, struct server_use *u)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f) return;
    size_t n = fread(line, 1, sizeof line - 1, f);
    fclose(f);
    line[n] = 0;
    unsigned long ut = 0, st = 0;
    const char *after = strrchr(line, ')'); /* a program's name may have anything in it */
    if (!after || sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &ut, &st) != 2) return;
    double hz = (double)sysconf(_SC_CLK_TCK);
    u->user += (double)ut / hz;
    u->sys += (double)st / hz;
}

struct server_use server_use(bool memory)
{
    struct server_use u = {0};
    if (!cfg.pids) return u;
    char *list = strdup(cfg.pids), *save = NULL;
    for (char *pid = strtok_r(list, ",", &save); pid; pid = strtok_r(NULL, ",", &save)) {
        double cpu = cpu_seconds((pid_t)atoi(pid));
        if (cpu < 0) die(EXIT_STALLED, "--pid %s: no such process", pid);
        u.cpu += cpu;
        u.ok = true;
        add_stat(pid, &u);
        if (!memory) continue;
        double rss = proc_field(pid, "status", "VmRSS:"), pss = proc_field(pid, "smaps_rollup", "Pss:");
        u.rss += rss;
        u.pss += pss > 0 ? pss : rss;
    }
    free(list);
    return u;
}

double other_cpu(void)
{
    if (!cfg.other_pids) return 0;
    char *list = strdup(cfg.other_pids), *save = NULL;
    double sum = 0;
    for (char *pid = strtok_r(list, ",", &save); pid; pid = strtok_r(NULL, ",", &save)) {
        double cpu = cpu_seconds((pid_t)atoi(pid));
        if (cpu < 0) die(EXIT_STALLED, "--other-pid %s: no such process", pid);
        sum += cpu;
    }
    free(list);
    return sum;
}

double own_cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
