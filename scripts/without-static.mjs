/**
 * Shows that the static lifecycle can be removed: in a copy of the repository it deletes `static/` of each package, then what
 * the compiler points at until it points at nothing, and reports what that was. `node scripts/without-static.mjs [folder]` leaves
 * the copy there, built and with its unit tests run; without a folder it is removed.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { root } from './packages.mjs';

const PACKAGES = ['core', 'node', 'browser'];
/** Not copied: what is made, and what is linked instead. */
const LEFT_OUT = new Set(['node_modules', 'dist', '.git', '.cache', '.turbo', 'bench', 'examples']);
const MAX_ROUNDS = 20;
const CANNOT_FIND_MODULE = 2307;

/** Copies the repository; installed packages are linked. */
export function copyRepository(target) {
  rmSync(target, { recursive: true, force: true });
  cpSync(root, target, {
    recursive: true,
    filter: (file) =>
      !relative(root, file)
        .split('/')
        .some((part) => LEFT_OUT.has(part)),
  });
  symlinkSync(join(root, 'node_modules'), join(target, 'node_modules'));
  for (const name of PACKAGES) {
    const from = join(root, 'packages', name, 'node_modules');
    // Relative links between packages lead into the copy.
    if (existsSync(from)) cpSync(from, join(target, 'packages', name, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  }
}

/** Deletes the folder and, round by round, what the compiler points at; answers with what was removed, as `file: text`. */
export function removeStatic(target) {
  for (const name of PACKAGES) rmSync(join(target, 'packages', name, 'src/static'), { recursive: true, force: true });
  const removed = [];
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const errors = firstErrors(target);
    if (errors === undefined) return removed;
    const [first] = errors;
    const ofFile = errors.filter(({ file }) => file.fileName === first.file.fileName);
    removed.push(...removeAt(first.file, ofFile).map((text) => `${relative(target, first.file.fileName)}: ${text}`));
  }
  throw new Error(`the compiler still points at something:\n${removed.join('\n')}`);
}

/** Those of the first package that has any: the others build on it. */
function firstErrors(target) {
  for (const name of PACKAGES) {
    const errors = errorsOf(target, name);
    if (errors.length > 0) return errors;
  }
  return undefined;
}

/** Of each package the files as they were read, for all rounds: only what was edited is read again. */
const sources = new Map(PACKAGES.map((name) => [name, new Map()]));

function errorsOf(target, name) {
  const file = join(target, 'packages', name, 'tsconfig.test.json');
  const parsed = ts.getParsedCommandLineOfConfigFile(file, {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: fail });
  const host = ts.createCompilerHost(parsed.options);
  const { getSourceFile } = host;
  const known = sources.get(name);
  host.getSourceFile = (path, ...rest) => {
    if (!known.has(path)) known.set(path, getSourceFile.call(host, path, ...rest));
    return known.get(path);
  };
  const program = ts.createProgram(parsed.fileNames, parsed.options, host);
  return [...program.getSyntacticDiagnostics(), ...program.getSemanticDiagnostics()].filter(({ file: source }) => source !== undefined);
}

function fail({ messageText }) {
  throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** Removes the smallest whole thing around each error, so that what stays is a program. */
function removeAt(source, errors) {
  const edits = errors.map(({ start, code, messageText }) => {
    const node = removable(nodeAt(source, start), code);
    if (node === undefined) {
      const { line } = source.getLineAndCharacterOfPosition(start);
      throw new Error(`${source.fileName}:${line + 1}: nothing to remove here: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
    }
    return editOf(source, node);
  });
  let text = source.text;
  const removed = [];
  let before = Infinity;
  for (const edit of edits.toSorted((a, b) => b.start - a.start || b.end - a.end)) {
    if (edit.end > before) continue; // within what has gone already
    removed.push(text.slice(edit.start, edit.end).trim());
    text = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
    before = edit.start;
  }
  writeFileSync(source.fileName, text);
  for (const known of sources.values()) known.delete(source.fileName);
  return removed;
}

function nodeAt(source, position) {
  const find = (node) =>
    ts.forEachChild(node, (child) => (position >= child.getStart() && position < child.end ? find(child) : undefined)) ?? node;
  return find(source);
}

function removable(from, code) {
  for (let node = from; node !== undefined && !ts.isSourceFile(node); node = node.parent) {
    const { parent } = node;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node;
    if (code === CANNOT_FIND_MODULE) continue;
    const isElement =
      ts.isImportSpecifier(node) ||
      ts.isExportSpecifier(node) ||
      ts.isPropertyAssignment(node) ||
      ts.isMethodSignature(node) ||
      ts.isMethodDeclaration(node) ||
      (ts.isArrayLiteralExpression(parent) && parent.elements.includes(node)) ||
      (ts.isIntersectionTypeNode(parent) && parent.types.length > 1);
    if (isElement) return node;
    if (ts.isStatement(node) && !ts.isReturnStatement(node)) return node;
  }
  return undefined;
}

/** An element goes with its comma, an operand with its operator, a statement or a member with its comment and its line. */
function editOf(source, node) {
  const { text } = source;
  const isListed =
    ts.isImportSpecifier(node) || ts.isExportSpecifier(node) || ts.isPropertyAssignment(node) || ts.isArrayLiteralExpression(node.parent);
  let { end } = node;
  let start = isListed || ts.isIntersectionTypeNode(node.parent) ? node.getStart() : node.getFullStart();
  if (isListed) {
    const comma = /^\s*,\s*/.exec(text.slice(end));
    if (comma !== null) end += comma[0].length;
    else start -= /,\s*$/.exec(text.slice(0, start))?.[0].length ?? 0;
  } else if (ts.isIntersectionTypeNode(node.parent)) {
    const operator = /^\s*&\s*/.exec(text.slice(end));
    if (operator !== null) end += operator[0].length;
    else start -= /\s*&\s*$/.exec(text.slice(0, start))?.[0].length ?? 0;
  }
  return { start, end, text: '' };
}

function run(target, command, ...args) {
  const { status } = spawnSync(command, args, { cwd: target, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed in ${target}`);
}

/** Builds and tests what is left. Tests that need the whole repository or its history stay out. */
export function checkCopy(target) {
  for (const name of PACKAGES) run(join(target, 'packages', name), join(root, 'node_modules/.bin/rollup'), '-c', '--silent');
  run(target, join(root, 'node_modules/.bin/vitest'), 'run', '--maxWorkers', '1', 'packages/core', 'packages/node', 'packages/browser');
}

if (process.argv[1] === import.meta.filename) {
  const given = process.argv[2];
  const target = given ?? mkdtempSync(join(tmpdir(), 'spanstream-without-static-'));
  try {
    copyRepository(target);
    const removed = removeStatic(target);
    console.log(`packages/core/src/static, and with it:\n${removed.map((text) => `  ${text}`).join('\n')}`);
    checkCopy(target);
    console.log(`without static: builds, and its tests pass; ${removed.length} other places`);
  } finally {
    if (given === undefined) rmSync(target, { recursive: true, force: true });
  }
}
