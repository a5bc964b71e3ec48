/**
 * What the SDK's sources say, as JSON on standard output, for tests/test_sdk_words.py: the unions by
 * TypeScript's own checker, numbers from their initialisers, and what words.ts answers. What to look up
 * comes as JSON on standard input: `types` and `numbers` are `{name: file}`, the others are lists.
 */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import ts from "typescript";

const root = fileURLToPath(new URL("../..", import.meta.url));
const asked = JSON.parse(await text(process.stdin));
const files = [...new Set([...Object.values(asked.types), ...Object.values(asked.numbers)])].map((file) => root + file);
const program = ts.createProgram(files, {
  strict: true,
  noEmit: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  paths: { "@milepost/browser": [`${root}sdk/browser/src/index.ts`] },
});
const checker = program.getTypeChecker();

/** Every node below `node`, itself included. */
function* below(node) {
  yield node;
  const children = [];
  ts.forEachChild(node, (child) => void children.push(child));
  for (const child of children) yield* below(child);
}
function find(file, what, matches) {
  for (const node of below(program.getSourceFile(root + file))) if (matches(node)) return node;
  throw new Error(`${file} has no ${what}`);
}

/** The texts of an alias's or a member's union of texts; `Owner.member` where several have one of that name. */
function union(name, file) {
  const [member, owner] = name.split(".").reverse();
  const declared = find(file, `type ${name}`, (node) => {
    const named = (ts.isTypeAliasDeclaration(node) || ts.isPropertySignature(node)) && node.name.text === member;
    return named && (!owner || node.parent.parent.name?.text === owner);
  });
  const type = checker.getTypeAtLocation(declared);
  const parts = type.isUnion() ? type.types : [type];
  return parts.map((part) => {
    if (!part.isStringLiteral()) throw new Error(`${name} in ${file} is not a union of texts: ${checker.typeToString(type)}`);
    return part.value;
  });
}

/** The value a name is declared with, or has by default. */
function number(name, file) {
  const declared = find(file, `number ${name}`, (node) => {
    return (ts.isVariableDeclaration(node) || ts.isBindingElement(node)) && node.initializer && node.name.text === name;
  });
  const value = runInNewContext(declared.initializer.getText());
  if (typeof value !== "number") throw new Error(`${name} in ${file} is no number`);
  return value;
}

/** What texts are cut to: every number n of a `.slice(0, n)`. */
function cuts(file) {
  const calls = [...below(program.getSourceFile(root + file))].filter(ts.isCallExpression);
  const slices = calls.filter((call) => ts.isPropertyAccessExpression(call.expression) && call.expression.name.text === "slice");
  return slices.map((call) => call.arguments[1]).filter((end) => end && ts.isNumericLiteral(end)).map((end) => +end.text);
}

const source = readFileSync(`${root}sdk/browser/src/words.ts`, "utf8");
const { outputText } = ts.transpileModule(source, { compilerOptions: { target: "es2022", module: "esnext" } });
const words = await import(`data:text/javascript,${encodeURIComponent(outputText)}`);

const each = (names, make) => Object.fromEntries(Object.entries(names).map(([name, file]) => [name, make(name, file)]));
process.stdout.write(
  JSON.stringify({
    types: each(asked.types, union),
    numbers: each(asked.numbers, number),
    cuts: cuts(asked.cuts),
    routes: asked.actions.map((action) => words.route(action) ?? null),
    fields: asked.fields.filter((field) => words.isField(field)),
    priorities: asked.events.map(([type, success]) => words.priorityOf(type, undefined, success)),
    named: asked.impacts.map((impact) => words.priorityOf("navigation", impact, true)),
  }),
);
