// Reads JavaScript with the parser that is part of Node, for structural.py: what files define, call
// and import. Standard input names the files; each line of the output is one fact.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const acorn = require("internal/deps/acorn/acorn/dist/acorn");
const walk = require("internal/deps/acorn/acorn-walk/dist/walk");

const files = JSON.parse(readFileSync(0, "utf8"));
const lines = [];

function read(path, text) {
  const options = { ecmaVersion: "latest", locations: true, allowHashBang: true, allowReturnOutsideFunction: true };
  let tree;
  try {
    tree = acorn.parse(text, { ...options, sourceType: "module" });
  } catch {
    try {
      tree = acorn.parse(text, { ...options, sourceType: "script" });
    } catch {
      return;
    }
  }
  const say = (kind, name, line) => lines.push(`${kind}\t${name}\t${path}:${line}`);
  const imports = (name, line) => {
    say("imports", name, line);
    // A part of a package is imported from the package.
    const [whole] = String(name).match(/^(@[^/]+\/)?[^./@][^/]*(?=\/)/) ?? [];
    if (whole) say("imports", whole, line);
  };
  const isFunction = (node) => node && /^(ArrowFunction|Function)Expression$/.test(node.type);
  const called = (node) => (node.type === "MemberExpression" && !node.computed ? node.property : node);
  const call = (node) => {
    const name = called(node.callee);
    if (name.type === "Identifier") say("calls", name.name, name.loc.start.line);
    const first = node.arguments[0];
    if (node.callee.name === "require" && first?.type === "Literal") imports(first.value, first.loc.start.line);
    if (name.name === "option" || name.name === "requiredOption" || name.name === "addOption") {
      for (const flag of String(first?.value ?? "").match(/(?<![\w-])--?[a-zA-Z][\w-]*/g) ?? []) {
        if (String(first.value).startsWith("-")) say("flag", flag, first.loc.start.line);
      }
    }
  };
  walk.full(tree, (node) => {
    if (node.type === "FunctionDeclaration" && node.id) say("defined", node.id.name, node.id.loc.start.line);
    if (node.type === "ClassDeclaration" && node.id) say("defined", node.id.name, node.id.loc.start.line);
    if (node.type === "VariableDeclarator" && node.id.type === "Identifier" && isFunction(node.init)) {
      say("defined", node.id.name, node.id.loc.start.line);
    }
    const isMethod = node.type === "MethodDefinition" || (node.type === "Property" && (node.method || node.kind !== "init"));
    if (isMethod && node.key.type === "Identifier" && !node.computed) say("defined", node.key.name, node.key.loc.start.line);
    if (node.type === "CallExpression" || node.type === "NewExpression") call(node);
    if (node.type === "ImportDeclaration") imports(node.source.value, node.source.loc.start.line);
    if (/^Export(Named|All)Declaration$/.test(node.type) && node.source) imports(node.source.value, node.source.loc.start.line);
    if (node.type === "ImportExpression" && node.source.type === "Literal") imports(node.source.value, node.source.loc.start.line);
    const object = node.type === "MemberExpression" ? node.object : undefined;
    if (object?.type === "MemberExpression" && object.object.name?.startsWith("process") && object.property.name === "env" && !node.computed) {
      say("variable", node.property.name, node.property.loc.start.line);
    }
  });
  for (const node of tree.body) {
    const declaration = node.type === "ExportNamedDeclaration" ? node.declaration : node;
    if (declaration?.type !== "VariableDeclaration" || declaration.kind !== "const") continue;
    for (const one of declaration.declarations) {
      if (one.id.type === "Identifier") say("defined", one.id.name, one.id.loc.start.line);
    }
  }
}

for (const [path, file] of Object.entries(files)) read(path, readFileSync(file, "utf8"));
console.log([...new Set(lines)].join("\n"));
