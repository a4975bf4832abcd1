import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';
import { expect, test } from 'vitest';

import { addon } from '../../src/core/addon.js';

test('the addon exports exactly the functions that addon.d.ts declares', () => {
  const path = fileURLToPath(new URL('../../bindings/addon.d.ts', import.meta.url));
  const file = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022);
  const declared = file.statements
    .filter(ts.isInterfaceDeclaration)
    .filter(declaration => declaration.name.text.endsWith('Addon'))
    .flatMap(declaration => declaration.members.map(member => (member.name as ts.Identifier).text));
  expect(Object.keys(addon()).sort()).toEqual(declared.sort());
});
