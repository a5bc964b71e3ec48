/** Builds dist/: ESM and CJS bundles, their types and the stylesheet. @milepost/browser must be built before. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });

for (const format of ["esm", "cjs"]) {
  await build({
    absWorkingDir: root,
    entryPoints: ["src/index.ts"],
    outfile: `dist/${format}/index.js`,
    format,
    bundle: true,
    packages: "external",
    platform: "neutral",
    target: "es2020",
    jsx: "automatic",
    // The hooks run in the browser; Next.js and others need to be told.
    banner: { js: '"use client";' },
  });
}

const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin", "tsc");
execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.json")], { stdio: "inherit" });
mkdirSync(join(dist, "cjs"), { recursive: true });
cpSync(join(dist, "esm"), join(dist, "cjs"), { recursive: true, filter: (path) => !path.endsWith("index.js") });
writeFileSync(join(dist, "cjs", "package.json"), '{ "type": "commonjs" }\n');
cpSync(join(root, "src", "styles.css"), join(dist, "styles.css"));
