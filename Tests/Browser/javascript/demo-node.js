// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The demo's routes, asked over connections of their own: faults do not reach them.

import http from "node:http";

export const asking = (url) => (method, path, body) =>
    new Promise((resolve, reject) => {
        const request = http.request(url + path, { method, agent: false }, async (response) => {
            let text = "";
            for await (const chunk of response) {
                text += chunk;
            }
            response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(`${response.statusCode} ${text}`));
        });
        request.on("error", reject).end(body && JSON.stringify(body));
    });
