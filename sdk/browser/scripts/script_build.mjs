// The script tag's file: one self-contained, minified script.
import { build } from "esbuild";
import { minify } from "terser";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";

export const MOST_BYTES = 6 * 1024;
const root = fileURLToPath(new URL("..", import.meta.url));

/** Names of our own objects' properties, which nobody outside sees. None may be one that we read of the
 *  browser's objects, nor of the public types, of the wire, or of what copies of the package share (tracker.ts,
 *  `Shared`). */
const INTERNAL =
  /^(schedule|beacon|settled|failed|hold|release|takeOver|purge|forget|suspend|resume|enter|leave|draft|busy|rank|kind|byteLength|wire|place|floor|finish|keep|lay|turn|ready|recall|record|erase|begin|finish|abandon|attempt|callBack)$/;

const inAPage = {
  name: "in-a-page",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]env\.ts$/ }, () => ({ contents: "export const here = true;", loader: "ts" }));
  },
};

/** Answers the script's text and its size in bytes as gzip sends it. */
export async function buildScript() {
  const bundled = await build({
    absWorkingDir: root,
    entryPoints: ["src/script.ts"],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    tsconfigRaw: {},
    plugins: [inAPage],
    minifySyntax: true, // terser leaves const as it is
  });
  const { code } = await minify(bundled.outputFiles[0].text, {
    compress: { passes: 3, toplevel: true, ecma: 2020, unsafe_arrows: true, hoist_funs: true, sequences: false },
    mangle: { toplevel: true, properties: { regex: INTERNAL, builtins: true } },
    format: { ecma: 2020 },
  });
  const text = code + "\n";
  return { text, gzipped: gzipSync(text, { level: 9 }).length };
}
