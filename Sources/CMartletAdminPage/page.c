// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

#include "CMartletAdminPage.h"

// C23 6.10.4, as for the files of the client.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const uint8_t admin_css[] = {
#embed "Files/admin.css"
};
static const uint8_t admin_html[] = {
#embed "Files/admin.html"
};
static const uint8_t admin_js[] = {
#embed "Files/admin.js"
};
static const uint8_t broadcast_js[] = {
#embed "Files/broadcast.js"
};
static const uint8_t charts_js[] = {
#embed "Files/charts.js"
};
static const uint8_t connection_js[] = {
#embed "Files/connection.js"
};
static const uint8_t figure_js[] = {
#embed "Files/figure.js"
};
static const uint8_t history_js[] = {
#embed "Files/history.js"
};
static const uint8_t martlet_svg[] = {
#embed "Files/martlet.svg"
};
static const uint8_t overview_js[] = {
#embed "Files/overview.js"
};
static const uint8_t page_js[] = {
#embed "Files/page.js"
};
static const uint8_t pager_js[] = {
#embed "Files/pager.js"
};
static const uint8_t socket_view_js[] = {
#embed "Files/socket-view.js"
};
static const uint8_t sockets_js[] = {
#embed "Files/sockets.js"
};

static const struct martlet_admin_file files[] = {
    {"admin.css", admin_css, sizeof admin_css},
    {"admin.html", admin_html, sizeof admin_html},
    {"admin.js", admin_js, sizeof admin_js},
    {"broadcast.js", broadcast_js, sizeof broadcast_js},
    {"charts.js", charts_js, sizeof charts_js},
    {"connection.js", connection_js, sizeof connection_js},
    {"figure.js", figure_js, sizeof figure_js},
    {"history.js", history_js, sizeof history_js},
    {"martlet.svg", martlet_svg, sizeof martlet_svg},
    {"overview.js", overview_js, sizeof overview_js},
    {"page.js", page_js, sizeof page_js},
    {"pager.js", pager_js, sizeof pager_js},
    {"socket-view.js", socket_view_js, sizeof socket_view_js},
    {"sockets.js", sockets_js, sizeof sockets_js},
};

struct martlet_admin_file martlet_admin_file(size_t index) {
    return index < sizeof files / sizeof *files ? files[index] : (struct martlet_admin_file){NULL, NULL, 0};
}
