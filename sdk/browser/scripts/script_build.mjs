// The script tag's file: one self-contained, minified script.
import { build } from "esbuild";
import { minify } from "terser";
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const MOST_BYTES = 7 * 1024;
const root = fileURLToPath(new URL("..", import.meta.url));

/** Properties of our own objects that get short names here: what modules call of each other. Beside those that the
 *  build holds back (the browser's own names, and all in the public types), none may leave the script by another
 *  way: in an identity call, in metadata, or shared with other copies of the package (`SharedTracker`).
 *  test/built.test.ts compares what is sent, stored and answered. */
const INTERNAL =
  /^(abortAll|area|attempt|attention|baseUrl|beginVisit|browserId|callIdentity|captureEntry|clearAll|comeBack|consentState|countDrop|current|draft|draftExits|elapsed|endLease|enqueueEntry|enter|enteredAt|eventsUrl|exitId|fail|finishVisit|flushByBeacon|giveUp|grantLease|guard|hasPage|holdOwn|ifGone|jsonBytes|lastAt|leaveOwn|leavePage|makeEvent|openPage|queueLength|releaseOwn|resumeAll|saveDrafts|saveQueue|savedIn|schedule|sessionState|startedAt|stretchStart|suspendAll|takeOver|tellSubscribers|unsaved|unspool)$/;
const PUBLIC = ["types", "wire.gen"].flatMap((name) => readFileSync(`${root}src/${name}.ts`, "utf8").match(/\w+/g));

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
    compress: { passes: 3, toplevel: true, ecma: 2020, unsafe_arrows: true, sequences: false },
    mangle: { toplevel: true, properties: { regex: INTERNAL, reserved: PUBLIC } },
    format: { ecma: 2020 },
  });
  const text = code + "\n";
  return { text, gzipped: gzipSync(text, { level: 9 }).length };
}
