/** What a user's tools will meet: publint, are-the-types-wrong, import and require in plain Node, and the
 *  script tag's size. Needs dist/. */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { MOST_BYTES } from "./script_build.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
// What is packed is what was built: each tool's `npm pack` would build it once more.
const env = { ...process.env, npm_config_ignore_scripts: "true" };
const run = (tool, ...words) => execFileSync(join(root, "../node_modules/.bin", tool), words, { cwd: root, env, stdio: "inherit" });

run("tsc", "--noEmit", "-p", "tsconfig.test.json");
// Both copies of the declarations find each other's files: build.mjs copies them by name.
const strictly = ["--ignoreConfig", "--strict", "--skipLibCheck", "false", "--types", "", "--lib", "es2022,dom", "--module", "nodenext"];
run("tsc", "--noEmit", ...strictly, "dist/esm/index.d.ts", "dist/cjs/index.d.ts");
run("publint", "--strict");
run("attw", "--pack", ".", "--exclude-entrypoints", "./milepost.js");

const names = ["createTracker", "getDeviceInfo"];
const required = createRequire(import.meta.url)("@milepost/browser");
const imported = await import("@milepost/browser");
for (const name of names) {
  if (typeof required[name] !== "function") throw new Error(`require("@milepost/browser") has no ${name}`);
  if (typeof imported[name] !== "function") throw new Error(`import "@milepost/browser" has no ${name}`);
}
console.log("import and require answer with", names.join(", "));

const size = gzipSync(readFileSync(join(root, "dist/milepost.js")), { level: 9 }).length;
if (size > MOST_BYTES) throw new Error(`dist/milepost.js is ${size} bytes gzipped; ${MOST_BYTES} at most. Make it smaller.`);
console.log(`milepost.js: ${size} bytes gzipped of ${MOST_BYTES}`);
