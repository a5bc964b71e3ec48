/** What a user's tools will meet: publint, are-the-types-wrong, import and require in plain Node. Needs dist/. */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
// What is packed is what was built: each tool's `npm pack` would build it once more.
const env = { ...process.env, npm_config_ignore_scripts: "true" };
const run = (tool, ...words) => execFileSync(join(root, "../node_modules/.bin", tool), words, { cwd: root, env, stdio: "inherit" });

run("publint", "--strict");
run("attw", "--pack", ".", "--exclude-entrypoints", "./styles.css");

const hooks = ["useBehaviorTracking", "useToolTracking", "useStanding", "useGame", "useRecommendations", "useLeaderboard"];
const widgets = ["Progress", "NextActions", "Levels", "Badges", "Milestones", "Streak", "Leaderboard"];
const names = ["MilepostProvider", ...hooks, ...widgets];
const required = createRequire(import.meta.url)("@milepost/react");
const imported = await import("@milepost/react");
for (const name of names) {
  if (typeof required[name] !== "function") throw new Error(`require("@milepost/react") has no ${name}`);
  if (typeof imported[name] !== "function") throw new Error(`import "@milepost/react" has no ${name}`);
}
console.log("import and require answer with", names.join(", "));
