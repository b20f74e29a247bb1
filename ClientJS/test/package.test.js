// This source file is part of the Martlet open source project.
// Copyright (c) 2026 the Martlet project authors. Licensed under Apache License v2.0.
// SPDX-License-Identifier: Apache-2.0

// The package as applications get it: from its tarball, in `node_modules`.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { FACTOR, next } from "./support.js";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));
const executable = process.env.MARTLET_INTEROP_SERVER ?? path("../../.build/debug/interop-server");
const application = mkdtempSync(join(tmpdir(), "martlet-application-"));
const installed = join(application, "node_modules/martlet-client");
const text = (name) => readFileSync(join(installed, name), "utf8");
const run = promisify(execFile);
const require = createRequire(join(application, "main.js"));

let server;
let url;

before(async () => {
    const { stdout } = await run(process.execPath, [path("../pack.mjs"), application]);
    mkdirSync(installed, { recursive: true });
    // As npm does: without the tarball's outermost folder.
    await run("tar", ["-xzf", stdout.trim(), "-C", installed, "--strip-components=1"]);

    server = spawn(executable, ["--port=0"], { stdio: ["ignore", "pipe", "inherit"] });
    await once(server, "spawn");
    const [line] = await next(createInterface(server.stdout), "line", 20000);
    [url] = /http:\S+/.exec(line);
});

after(async () => {
    // It has none where it could not be started.
    if (server?.pid) {
        server.kill();
        await once(server, "exit");
    }
    rmSync(application, { recursive: true });
});

describe("the package", () => {
    test("has the project's version", async () => {
        const { stdout } = await run(path("../../Tests/Support/version.sh"));
        assert.equal(JSON.parse(text("package.json")).version, stdout.trim());
    });

    test("holds what applications need, and nothing else", () => {
        const files = readdirSync(installed, { recursive: true }).filter((name) => statSync(join(installed, name)).isFile());
        assert.deepEqual(files.sort(), [
            "LICENSE",
            "README.md",
            "dist/martlet.cjs",
            "dist/martlet.d.cts",
            "dist/martlet.esm.js",
            "dist/martlet.esm.js.map",
            "dist/martlet.js",
            "dist/martlet.min.js",
            "dist/martlet.min.js.map",
            "martlet.d.ts",
            "package.json",
        ]);
    });

    test("has the project's license", () => assert.equal(text("LICENSE"), readFileSync(path("../../LICENSE"), "utf8")));

    test("names files that it has", () => {
        const named = [...text("package.json").matchAll(/"\.\/([^"*]+)"/g)].map(([, file]) => file);
        assert.ok(named.length > 10);
        for (const file of named) {
            assert.ok(text(file), file);
        }
    });

    test("needs no other", () => assert.doesNotMatch(text("package.json"), /ependencies/));

    test("gives its files by name, but not its sources", () => {
        assert.equal(require.resolve("martlet-client/dist/martlet.min.js"), join(installed, "dist/martlet.min.js"));
        assert.equal(require("martlet-client/package.json").name, "martlet-client");
        assert.throws(() => require.resolve("martlet-client/src/index.js"), { code: "ERR_PACKAGE_PATH_NOT_EXPORTED" });
    });

    test("required, is io with everything that it exports", async () => {
        const io = require("martlet-client");
        const module = await import(pathToFileURL(join(installed, "dist/martlet.esm.js")));
        assert.equal(typeof io, "function");
        assert.ok(io === io.io && io === io.connect && io === io.default);
        const kinds = (exports) => Object.keys(module).map((name) => `${name}: ${typeof exports[name]}`);
        assert.deepEqual(kinds(io), kinds(module));
    });
});

const compilations = new Map();

/** Compiles a program, by default of test/package, in a folder of its own, once; resolves to what the compiler says. */
function compile(program, kind, source = readFileSync(path(`package/${program}.ts`))) {
    const folder = join(application, kind.name, program);
    const begin = async () => {
        mkdirSync(folder, { recursive: true });
        const files = kind.endings.map((ending) => `${program}.${ending}`);
        for (const file of files) {
            writeFileSync(join(folder, file), source);
        }
        const compilerOptions = { strict: true, skipDefaultLibCheck: true, target: "es2021", types: [], ...kind.options };
        writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
        const { stdout } = await run("tsc", ["-p", folder, "--pretty", "false"], { cwd: folder }).catch((error) => error);
        return stdout;
    };
    return compilations.get(folder) ?? compilations.set(folder, begin()).get(folder);
}

/** Runs a program, and checks that it saw what it should have. */
async function checkRun(file, flags = []) {
    const { stdout, stderr } = await run(process.execPath, ["--no-warnings", ...flags, file, url], { timeout: 60000 * FACTOR });
    const { globals, exports, best, polling } = JSON.parse(stdout);
    const conversation = { sum: 6, product: 42, message: [7, 8, 9] };
    assert.deepEqual(exports, [true, true, true, true, 5]);
    assert.deepEqual(best, { ...conversation, transport: globals.includes("WebSocket") ? "websocket" : "polling" });
    assert.deepEqual(polling, { ...conversation, transport: "polling" });
    assert.equal(stderr, "");
    return globals;
}

const kinds = [
    {
        name: "node16",
        options: { module: "node16", moduleResolution: "node16" },
        endings: ["mts", "cts"],
        outputs: ["application.mjs", "application.cjs"],
    },
    // As TypeScript did before it knew `exports`; a default import is `require(…).default` here.
    { name: "commonjs", options: { module: "commonjs" }, endings: ["ts"], outputs: ["application.js"] },
];

for (const kind of kinds) {
    describe(`TypeScript, ${kind.name}`, () => {
        test("a program compiles, and what it compiles to runs", async () => {
            assert.equal(await compile("application", kind), "");
            for (const output of kind.outputs) {
                await checkRun(join(application, kind.name, "application", output));
            }
        });

        test("what is wrong with a program is an error, each where it is", async () => {
            const found = [...(await compile("faults", kind)).matchAll(/^faults\.(\w+)\((\d+),\d+\): error (TS\d+)/gm)];
            const lines = readFileSync(path("package/faults.ts"), "utf8").split("\n");
            const faults = lines.flatMap((line, index) => (/ \/\/ TS\d+$/.test(line) ? `${index + 1}: ${line.split(" // ")[1]}` : []));
            assert.ok(faults.length > 20);
            for (const ending of kind.endings) {
                const errors = found.filter(([, file]) => file === ending).map(([, , line, error]) => `${line}: ${error}`);
                assert.deepEqual(errors, faults, ending);
            }
        });
    });
}

test("the README's samples compile", async () => {
    const samples = [...text("README.md").matchAll(/^```[jt]s\n([^]*?)^```/gm)].map(([, sample]) => sample);
    assert.equal(samples.length, 2);
    for (const [index, sample] of samples.entries()) {
        assert.equal(await compile(`sample${index}`, { ...kinds[0], endings: ["mts"] }, sample), "");
    }
});

test("in Node, a WebSocket is used where there is one", async () => {
    const flags = process.execArgv.filter((flag) => flag.startsWith("--experimental-"));
    await compile("application", kinds[0]);
    for (const output of kinds[0].outputs) {
        assert.ok((await checkRun(join(application, "node16/application", output), flags)).includes("WebSocket"));
    }
});

describe("esbuild", () => {
    /** Bundles a program, and resolves to the path of the bundle. */
    async function bundle(name, program, ...options) {
        const [entry, output] = [join(application, name), join(application, "bundles", name)];
        writeFileSync(entry, program);
        const { stderr } = await run("esbuild", [entry, "--bundle", "--log-level=warning", ...options, `--outfile=${output}`]);
        assert.equal(stderr, "");
        return output;
    }

    for (const [ending, format] of [["mjs", "esm"], ["cjs", "cjs"]]) {
        test(`bundles a program that is ${format}, and it runs`, async () => {
            await compile("application", kinds[0]);
            const program = readFileSync(join(application, "node16/application", `application.${ending}`), "utf8");
            await checkRun(await bundle(`application.${ending}`, program, `--format=${format}`));
        });
    }

    test("adds little to the client's size", async () => {
        const program = 'import { io } from "martlet-client"; globalThis.io = io;';
        const output = await bundle("small.mjs", program, "--format=esm", "--minify");
        const size = (file) => gzipSync(readFileSync(file), { level: 9 }).length;
        const [bundled, built] = [size(output), size(join(installed, "dist/martlet.esm.js"))];
        assert.ok(bundled < built * 1.02, `${bundled} bytes, the client alone has ${built}`);
    });

    test("leaves the client out where it is not used", async () => {
        const program = 'import { io } from "martlet-client"; import * as all from "martlet-client"; console.log(1);';
        const output = await bundle("unused.mjs", program, "--format=esm", "--minify");
        assert.equal(readFileSync(output, "utf8"), "console.log(1);\n");
    });

    test("keeps the classic script where that is imported", async () => {
        const output = await bundle("classic.mjs", 'import "martlet-client/dist/martlet.min.js";', "--format=esm");
        assert.match(readFileSync(output, "utf8"), /globalThis/);
    });
});
