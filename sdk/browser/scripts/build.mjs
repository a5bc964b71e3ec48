// dist/: ESM and CJS with types, and the script tag's file; that one is also the server's milepost.js.
import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildScript } from "./script_build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const served = fileURLToPath(new URL("../../../src/milepost/dashboard/static/milepost.js", import.meta.url));

rmSync(`${root}dist`, { recursive: true, force: true });
for (const format of ["esm", "cjs"])
  await build({ absWorkingDir: root, entryPoints: ["src/index.ts"], bundle: true, format, target: "es2022", outfile: `dist/${format}/index.js`, logLevel: "warning" });
execFileSync(fileURLToPath(new URL("../../node_modules/.bin/tsc", import.meta.url)), ["-p", `${root}tsconfig.json`], { stdio: "inherit" });
for (const file of ["index", "types", "wire.gen", "device"]) cpSync(`${root}dist/esm/${file}.d.ts`, `${root}dist/cjs/${file}.d.ts`);
writeFileSync(`${root}dist/cjs/package.json`, '{ "type": "commonjs" }\n');

const { text, gzipped } = await buildScript();
writeFileSync(`${root}dist/milepost.js`, text);
mkdirSync(new URL("../../../src/milepost/dashboard/static/", import.meta.url), { recursive: true });
writeFileSync(served, text);
console.log(`milepost.js: ${text.length} bytes, ${gzipped} gzipped`);
