// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The texts of the page whose contrast with what is behind them is below what WCAG 2.2 asks for (1.4.3, AA).
(() => {
    const channels = (colour) => {
        const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
        return { rgb: [red, green, blue], alpha };
    };
    const over = ({ rgb, alpha }, below) => rgb.map((channel, index) => channel * alpha + below[index] * (1 - alpha));
    const behind = (element) => {
        if (!element) return [255, 255, 255];
        return over(channels(getComputedStyle(element).backgroundColor), behind(element.parentElement));
    };
    const luminance = (rgb) => {
        const [red, green, blue] = rgb.map((channel) => {
            const part = channel / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        const text = texts.currentNode.data.trim();
        if (!text || !element.checkVisibility() || element.closest(".sr, .skip")) continue;
        const { color, fill, fontSize, fontWeight } = getComputedStyle(element);
        const ground = behind(element);
        const ink = over(channels(element instanceof SVGElement ? fill : color), ground);
        const [lighter, darker] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
        const size = parseFloat(fontSize);
        const isLarge = size >= 24 || (size >= 18.66 && fontWeight >= 700);
        const contrast = (lighter + 0.05) / (darker + 0.05);
        if (contrast < (isLarge ? 3 : 4.5)) found.push(`${contrast.toFixed(2)} ${text}`);
    }
    return found;
})()
