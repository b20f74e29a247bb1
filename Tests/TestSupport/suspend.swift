// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

/// Suspends the calling task until another thread has been at work, whatever executor the caller runs on.
package func suspendForAnotherThread() async {
    await Task.detached {}.value
}
