// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/* Preloaded into a server under test: on SIGUSR2 glibc's allocator gives back to the system what the server has freed.
 * After that, resident memory is what the server holds. */
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

static sem_t orders;

static void ordered(int signal)
{
    (void)signal;
    sem_post(&orders);
}

static void *obey(void *nothing)
{
    for (;;)
        if (sem_wait(&orders) == 0) malloc_trim(0);
    return nothing;
}

__attribute__((constructor)) static void begin(void)
{
    struct sigaction action = {.sa_handler = ordered, .sa_flags = SA_RESTART};
    pthread_t thread;
    sem_init(&orders, 0, 0);
    sigaction(SIGUSR2, &action, NULL);
    pthread_create(&thread, NULL, obey, NULL);
}
